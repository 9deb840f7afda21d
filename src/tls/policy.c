/*
 * The TLS policy of both programs.
 */
#include "tls/policy.h"

#include <stdio.h>
#include <stdlib.h>

/* Come last, so they have the last word.  PSK is that of resumption, too: a key
 * exchange of its own (DHE) goes with it as long as PSK alone is not on. */
#define FLOOR "-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL:-RSA:-PSK"
static const char *const floors[] = {
    [POLICY_TLS_1_2] = FLOOR,
    [POLICY_TLS_1_3] = FLOOR ":-VERS-TLS1.2",
};

int
policy_init(
    gnutls_priority_t *policy, const char *string, enum policy_oldest oldest)
{
	char *whole;
	int ret;

	if (string == NULL)
		return gnutls_priority_init2(policy, floors[oldest], NULL,
		    GNUTLS_PRIORITY_INIT_DEF_APPEND);
	if (asprintf(&whole, "%s:%s", string, floors[oldest]) == -1)
		return GNUTLS_E_MEMORY_ERROR;
	ret = gnutls_priority_init2(policy, whole, NULL, 0);
	free(whole);
	return ret;
}
