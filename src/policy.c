/*
 * The TLS policy of both programs.
 */
#include "policy.h"

#include <stdio.h>
#include <stdlib.h>

/* Comes last, so it has the last word. */
#define FLOOR "-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL:-RSA"

int
policy_init(gnutls_priority_t *policy, const char *string)
{
	char *whole;
	int ret;

	if (string == NULL)
		return gnutls_priority_init2(
		    policy, FLOOR, NULL, GNUTLS_PRIORITY_INIT_DEF_APPEND);
	if (asprintf(&whole, "%s:" FLOOR, string) == -1)
		return GNUTLS_E_MEMORY_ERROR;
	ret = gnutls_priority_init2(policy, whole, NULL, 0);
	free(whole);
	return ret;
}
