/*
 * Finding the issuer that may not vouch for a certificate below it.
 */
#include <stdbool.h>

#include "client/verify_internal.h"
#include "tls/certificate_names.h"

/* True if the issuer's name constraints (RFC 5280, 4.2.1.10) exclude a name of
 * the certificate. */
static bool
excludes(gnutls_x509_crt_t issuer, gnutls_x509_crt_t certificate)
{
	static const gnutls_x509_subject_alt_name_t kinds[] = {
	    GNUTLS_SAN_DNSNAME,
	    GNUTLS_SAN_RFC822NAME,
	    GNUTLS_SAN_URI,
	    GNUTLS_SAN_IPADDRESS,
	    GNUTLS_SAN_DN,
	};
	gnutls_x509_name_constraints_t names;
	unsigned int critical;
	bool excluded = false;

	if (gnutls_x509_name_constraints_init(&names) < 0)
		return false;
	if (gnutls_x509_crt_get_name_constraints(issuer, names, 0, &critical) ==
	    0)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (gnutls_x509_name_constraints_check_crt(
				names, kinds[i], certificate) == 0)
				excluded = true;
	gnutls_x509_name_constraints_deinit(names);
	return excluded;
}

/* True if the issuer's key usage (4.2.1.3) does not allow it to sign
 * certificates. */
static bool
signs_none(gnutls_x509_crt_t issuer)
{
	unsigned int usage, critical;

	return gnutls_x509_crt_get_key_usage(issuer, &usage, &critical) == 0 &&
	       (usage & GNUTLS_KEY_KEY_CERT_SIGN) == 0;
}

/* True if the issuer may have fewer than `count` authorities below it
 * (4.2.1.9). */
static bool
is_too_high(gnutls_x509_crt_t issuer, unsigned int count)
{
	int most = -1;

	return gnutls_x509_crt_get_basic_constraints(
		   issuer, NULL, NULL, &most) >= 0 &&
	       most >= 0 && (unsigned int)most < count;
}

/* What keeps step `i` of the path from vouching for the steps below it; NULL:
 * nothing. */
static const char *
obstacle(const struct verify_path *p, unsigned int i)
{
	gnutls_x509_crt_t issuer = verify_path_at(p, i);

	if (signs_none(issuer))
		return "its key is not for signing certificates";
	if (is_too_high(issuer, i - 1))
		return "there are more authorities below it than its path "
		       "length allows";
	for (unsigned int below = 0; below < i; below++)
		if (excludes(issuer, verify_path_at(p, below)))
			return below == 0 ? "its name constraints exclude it"
			                  : "its name constraints exclude an "
			                    "authority below it";
	return NULL;
}

void
verify_explain_constraints(struct verifier *v, const struct verify_path *p)
{
	char subject[OUTCOME_NAME_MAX];
	gnutls_x509_crt_t issuer;
	const char *what;

	for (unsigned int i = 1; (issuer = verify_path_at(p, i)) != NULL; i++) {
		what = obstacle(p, i);
		if (what == NULL)
			continue;
		certificate_subject(issuer, subject, sizeof(subject));
		verify_add_problem(v,
		    "issuer %s may not vouch for this certificate: %s", subject,
		    what);
		return;
	}
	verify_add_problem(v, "an issuer may not vouch for this certificate");
}
