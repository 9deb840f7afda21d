/*
 * Explaining why a certificate is not verified.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/printable.h"
#include "client/verify_internal.h"
#include "tls/certificate_names.h"

#define NOT_NOW (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)

/* The size of a certificate's description. */
#define WHICH_MAX (OUTCOME_NAME_MAX + 48)

void
verify_add_problem(struct verifier *v, const char *format, ...)
{
	char *list = v->outcome->problems, *entry;
	size_t size = sizeof(v->outcome->problems), used = strlen(list);
	va_list arguments;

	if (used + 1 >= size)
		return;
	if (used > 0)
		strcpy(list + used++, "\n");
	entry = list + used;
	va_start(arguments, format);
	printable_vformat(entry, size - used, format, arguments);
	va_end(arguments);
	printable(entry);
}

/* Describes certificate `i` of the path. */
static void
name_step(const struct verify_path *p, unsigned int i, char *which)
{
	char subject[OUTCOME_NAME_MAX];

	certificate_subject(verify_path_at(p, i), subject, sizeof(subject));
	if (i == 0)
		snprintf(which, WHICH_MAX, "certificate");
	else
		snprintf(which, WHICH_MAX, "%s certificate (%s)",
		    i == p->count ? "trusted authority's" : "issuer's",
		    subject);
}

/* Formats a date, within a day of now with the time and our own clock. */
static void
format_date(time_t when, time_t now, char *text, size_t size)
{
	char then[DATE_TEXT_MAX], clock[DATE_TEXT_MAX];

	if (when - now >= DATE_SECONDS_A_DAY ||
	    now - when >= DATE_SECONDS_A_DAY) {
		date_format_day(when, then);
		snprintf(text, size, "%s", then);
		return;
	}
	date_format(when, then);
	date_format(now, clock);
	snprintf(text, size, "%s (the clock here says %s)", then, clock);
}

static void
explain_time(struct verifier *v, const struct verify_path *p)
{
	gnutls_x509_crt_t certificate;
	time_t now = time(NULL), from, until;
	char date[128], which[WHICH_MAX];
	long days;

	for (unsigned int i = 0; (certificate = verify_path_at(p, i)) != NULL;
	     i++) {
		from = gnutls_x509_crt_get_activation_time(certificate);
		until = gnutls_x509_crt_get_expiration_time(certificate);
		name_step(p, i, which);
		if (now > until) {
			days = (now - until) / DATE_SECONDS_A_DAY;
			format_date(until, now, date, sizeof(date));
			if (days == 0)
				verify_add_problem(
				    v, "%s expired on %s", which, date);
			else
				verify_add_problem(v,
				    "%s expired on %s (%ld day%s ago)", which,
				    date, days, days == 1 ? "" : "s");
		} else if (now < from) {
			format_date(from, now, date, sizeof(date));
			verify_add_problem(
			    v, "%s is not valid before %s", which, date);
		}
	}
}

static void
explain_name(struct verifier *v, const struct verify_path *p)
{
	char names[OUTCOME_NAME_MAX];

	certificate_names(p->steps[0], names, sizeof(names));
	verify_add_problem(v, "name mismatch: certificate is for %s, not %s%s",
	    names, v->server->name->is_address ? "the address " : "",
	    v->server->name->name);
}

static bool
is_authority(gnutls_x509_crt_t certificate)
{
	return gnutls_x509_crt_get_ca_status(certificate, NULL) > 0;
}

/* A matching issuer name is not enough: another key may have signed. */
static bool
is_self_signed(gnutls_x509_crt_t certificate)
{
	unsigned int status = 0;

	return gnutls_x509_crt_check_issuer(certificate, certificate) &&
	       gnutls_x509_crt_verify(certificate, &certificate, 1,
		   GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
		       GNUTLS_VERIFY_DISABLE_CA_SIGN |
		       GNUTLS_VERIFY_DO_NOT_ALLOW_SAME,
		   &status) == 0 &&
	       (status & GNUTLS_CERT_SIGNATURE_FAILURE) == 0;
}

/* Explains a path that leads to no trusted certificate. */
static void
explain_issuer(struct verifier *v, const struct verify_path *p)
{
	gnutls_x509_crt_t last = p->steps[p->count - 1], certificate;
	char subject[OUTCOME_NAME_MAX], issuer[OUTCOME_NAME_MAX];

	for (unsigned int i = 1; (certificate = verify_path_at(p, i)) != NULL;
	     i++)
		if (!is_authority(certificate)) {
			certificate_subject(
			    certificate, subject, sizeof(subject));
			verify_add_problem(v,
			    "issuer is no certificate authority: %s", subject);
			return;
		}
	certificate_subject(last, subject, sizeof(subject));
	certificate_issuer(last, issuer, sizeof(issuer));
	if (v->trusts_none)
		verify_add_problem(v, "no authority is trusted: the system's "
				      "trust store is missing or empty");
	else if (is_self_signed(last))
		verify_add_problem(v, "issuer unknown: %s%s%s",
		    p->count == 1 ? "self-signed by " : "the chain ends in ",
		    subject, p->count == 1 ? "" : ", which is not trusted");
	else if (p->count == 1)
		verify_add_problem(v,
		    "issuer unknown: %s, which is not trusted, nor did the "
		    "server send its certificate",
		    issuer);
	else
		verify_add_problem(v,
		    "issuer unknown: %s, which issued %s, is not trusted",
		    issuer, subject);
}

static gnutls_sec_param_t
key_strength(gnutls_x509_crt_t certificate, unsigned int *bits)
{
	int kind = gnutls_x509_crt_get_pk_algorithm(certificate, bits);

	if (kind < 0)
		return GNUTLS_SEC_PARAM_UNKNOWN;
	return gnutls_pk_bits_to_sec_param((gnutls_pk_algorithm_t)kind, *bits);
}

/* Names the certificate whose key or signature is weak. */
static void
explain_weakness(struct verifier *v, const struct verify_path *p)
{
	gnutls_sec_param_t weakest = GNUTLS_SEC_PARAM_FUTURE, strength;
	gnutls_x509_crt_t certificate;
	unsigned int which_one = 0, bits = 0, least_bits = 0;
	char which[WHICH_MAX];

	for (unsigned int i = 0; i < p->count; i++) {
		gnutls_sign_algorithm_t how = (gnutls_sign_algorithm_t)
		    gnutls_x509_crt_get_signature_algorithm(p->steps[i]);

		if (gnutls_sign_is_secure2(
			how, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS))
			continue;
		name_step(p, i, which);
		verify_add_problem(v, "%s is signed with a weak algorithm, %s",
		    which, gnutls_sign_get_name(how));
		return;
	}
	for (unsigned int i = 0; (certificate = verify_path_at(p, i)) != NULL;
	     i++) {
		strength = key_strength(certificate, &bits);
		if (strength >= weakest)
			continue;
		weakest = strength;
		which_one = i;
		least_bits = bits;
	}
	name_step(p, which_one, which);
	verify_add_problem(
	    v, "%s has a key that is too short, %u bits", which, least_bits);
}

/* Names the certificate whose signature is invalid. */
static void
explain_signature(struct verifier *v, const struct verify_path *p)
{
	gnutls_x509_crt_t issuer;
	char which[WHICH_MAX];

	for (unsigned int i = 0; (issuer = verify_path_at(p, i + 1)) != NULL;
	     i++) {
		unsigned int status = 0;

		if (gnutls_x509_crt_verify(verify_path_at(p, i), &issuer, 1,
			GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) < 0 ||
		    (status & GNUTLS_CERT_SIGNATURE_FAILURE) == 0)
			continue;
		name_step(p, i, which);
		verify_add_problem(
		    v, "the signature of the %s is wrong", which);
		return;
	}
	verify_add_problem(v, "a signature in the chain is wrong");
}

/* In order of importance: the first that applies sets the reason. */
static const struct cause {
	unsigned int bits;
	enum reason reason;
	const char *problem; /* NULL: `explain` says it */
	void (*explain)(struct verifier *, const struct verify_path *);
} causes[] = {
    {GNUTLS_CERT_REVOKED, REASON_CERTIFICATE_REVOKED, "certificate is revoked",
	NULL},
    {GNUTLS_CERT_EXPIRED, REASON_CERTIFICATE_EXPIRED, NULL, explain_time},
    {GNUTLS_CERT_NOT_ACTIVATED, REASON_CERTIFICATE_NOT_YET_VALID, NULL,
	explain_time},
    {GNUTLS_CERT_UNEXPECTED_OWNER, REASON_CERTIFICATE_HOST_MISMATCH, NULL,
	explain_name},
    {GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA,
	REASON_CERTIFICATE_NOT_TRUSTED, NULL, explain_issuer},
    {GNUTLS_CERT_INSECURE_ALGORITHM, REASON_VALIDATION_FAILURE, NULL,
	explain_weakness},
    {GNUTLS_CERT_PURPOSE_MISMATCH, REASON_VALIDATION_FAILURE,
	"certificate is not for a TLS server", NULL},
    {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, REASON_CERTIFICATE_NOT_TRUSTED,
	NULL, verify_explain_constraints},
    {GNUTLS_CERT_SIGNATURE_FAILURE, REASON_VALIDATION_FAILURE, NULL,
	explain_signature},
    {GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, REASON_VALIDATION_FAILURE,
	"certificate has a critical extension that is not known here", NULL},
    /* RFC 7633, "must staple". */
    {GNUTLS_CERT_MISSING_OCSP_STATUS, REASON_VALIDATION_FAILURE,
	"certificate requires an OCSP response, and the server stapled none",
	NULL},
    {GNUTLS_CERT_INVALID_OCSP_STATUS, REASON_VALIDATION_FAILURE,
	"the stapled OCSP response is not valid", NULL},
    {GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED, REASON_VALIDATION_FAILURE,
	"the stapled OCSP response is out of date", NULL},
    {GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE, REASON_VALIDATION_FAILURE,
	"the stapled OCSP response is from the future", NULL},
};

/* Describes the remaining bits by GnuTLS's text. */
static void
explain_rest(struct verifier *v, unsigned int status)
{
	gnutls_datum_t text = {NULL, 0};

	if (gnutls_certificate_verification_status_print(
		status, GNUTLS_CRT_X509, &text, 0) == 0) {
		verify_add_problem(v, "%s", (const char *)text.data);
		gnutls_free(text.data);
	} else
		verify_add_problem(v, "cannot be verified");
}

void
verify_explain(
    struct verifier *v, const struct verify_path *p, unsigned int status)
{
	unsigned int left = status & ~(unsigned int)GNUTLS_CERT_INVALID;

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		const struct cause *c = &causes[i];

		if ((left & c->bits) == 0)
			continue;
		if (v->reason == REASON_NONE)
			v->reason = c->reason;
		if (c->problem != NULL)
			verify_add_problem(v, "%s", c->problem);
		else
			c->explain(v, p);
		left &= ~c->bits;
		/* Both bits are explained at once. */
		if (c->explain == explain_time)
			left &= ~(unsigned int)NOT_NOW;
	}
	if (left != 0 || v->outcome->problems[0] == '\0')
		explain_rest(v, left == 0 ? status : left);
	if (v->reason == REASON_NONE)
		v->reason = REASON_VALIDATION_FAILURE;
}
