#include "tls/policy.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

/* The size of what is shown of a string. */
#define SHOWN_MAX 84

/* Appended, and so overriding what comes before.  Without PSK as a key
 * exchange, TLS 1.3 can resume only by DHE-PSK. */
#define FLOOR \
	"-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL:-RSA:-PSK:" \
	"-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1"
static const char *const floors[] = {
    [POLICY_TLS_1_2] = FLOOR,
    [POLICY_TLS_1_3] = FLOOR ":-VERS-TLS1.2",
};

/* Says what is wrong with a string, at whose `position` GnuTLS stopped. */
static void
explain_priority(const char *string, int error, size_t position, char *why)
{
	bool known =
	    error == GNUTLS_E_INVALID_REQUEST && position <= strlen(string);
	size_t length = known ? strcspn(string + position, ":") : 0;
	char whole[SHOWN_MAX], part[SHOWN_MAX];

	printable_copy(whole, sizeof(whole), string, strlen(string));
	if (length > 0) {
		printable_copy(part, sizeof(part), string + position, length);
		snprintf(why, POLICY_WHY_MAX,
		    "cannot use TLS priority \"%s\": \"%s\" is not "
		    "understood",
		    whole, part);
	} else if (known)
		snprintf(why, POLICY_WHY_MAX,
		    "cannot use TLS priority \"%s\": it has an empty part "
		    "at character %zu",
		    whole, position + 1);
	else
		snprintf(why, POLICY_WHY_MAX,
		    "cannot use TLS priority \"%s\": %s", whole,
		    gnutls_strerror(error));
}

int
policy_init(gnutls_priority_t *policy, const char *string,
    enum policy_oldest oldest, char *why)
{
	const char *stopped = NULL;
	char *whole;
	int ret;

	if (string == NULL) {
		ret = gnutls_priority_init2(policy, floors[oldest], NULL,
		    GNUTLS_PRIORITY_INIT_DEF_APPEND);
		if (ret < 0)
			explain_priority("system default", ret, SIZE_MAX, why);
		return ret < 0 ? -1 : 0;
	}
	if (asprintf(&whole, "%s:%s", string, floors[oldest]) == -1) {
		snprintf(why, POLICY_WHY_MAX, "out of memory");
		return -1;
	}
	ret = gnutls_priority_init2(policy, whole, &stopped, 0);
	if (ret < 0)
		explain_priority(string, ret,
		    stopped == NULL ? SIZE_MAX : (size_t)(stopped - whole),
		    why);
	free(whole);
	return ret < 0 ? -1 : 0;
}

int
policy_session(gnutls_session_t *session, unsigned int flags,
    gnutls_priority_t policy, gnutls_certificate_credentials_t credentials)
{
	int ret =
	    gnutls_init(session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);

	if (ret < 0)
		return ret;
	ret = gnutls_priority_set(*session, policy);
	if (ret == 0)
		ret = gnutls_credentials_set(
		    *session, GNUTLS_CRD_CERTIFICATE, credentials);
	if (ret < 0)
		gnutls_deinit(*session);
	return ret;
}
