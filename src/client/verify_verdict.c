/*
 * The verdict on a server's certificate, in a person's words.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/printable.h"
#include "client/verify_internal.h"
#include "tls/certificate_names.h"

static void __attribute__((format(printf, 2, 3)))
add_cause(struct verifier *t, const char *format, ...)
{
	size_t used = strlen(t->why);
	va_list arguments;

	if (used > 0)
		used += (size_t)snprintf(
		    t->why + used, sizeof(t->why) - used, "; ");
	if (used >= sizeof(t->why))
		return;
	va_start(arguments, format);
	vsnprintf(t->why + used, sizeof(t->why) - used, format, arguments);
	va_end(arguments);
}

int
verify_peer_certificate(gnutls_session_t session, unsigned int index,
    gnutls_x509_crt_t *certificate)
{
	unsigned int count;
	const gnutls_datum_t *chain =
	    gnutls_certificate_get_peers(session, &count);
	int ret;

	if (chain == NULL || index >= count)
		return GNUTLS_E_NO_CERTIFICATE_FOUND;
	ret = gnutls_x509_crt_init(certificate);
	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_import(
	    *certificate, &chain[index], GNUTLS_X509_FMT_DER);
	if (ret < 0)
		gnutls_x509_crt_deinit(*certificate);
	return ret;
}

/* Names each certificate of the chain whose time is not now; returns how many.
 */
static int
explain_time(struct verifier *t, gnutls_session_t session)
{
	gnutls_x509_crt_t certificate;
	time_t now = time(NULL), from, until;
	char date[DATE_TEXT_MAX], subject[VERIFY_NAME_MAX],
	    which[VERIFY_NAME_MAX + 32];
	int found = 0;

	for (unsigned int i = 0;
	     verify_peer_certificate(session, i, &certificate) == 0; i++) {
		from = gnutls_x509_crt_get_activation_time(certificate);
		until = gnutls_x509_crt_get_expiration_time(certificate);
		certificate_subject(certificate, subject, sizeof(subject));
		gnutls_x509_crt_deinit(certificate);
		if (i == 0)
			snprintf(which, sizeof(which), "certificate");
		else
			snprintf(which, sizeof(which),
			    "issuer's certificate (%s)", subject);
		if (now > until) {
			long days = (now - until) / VERIFY_SECONDS_A_DAY;

			date_format_day(until, date);
			add_cause(t, "%s expired on %s (%ld day%s ago)", which,
			    date, days, days == 1 ? "" : "s");
		} else if (now < from) {
			date_format_day(from, date);
			add_cause(t, "%s is not valid before %s", which, date);
		} else
			continue;
		found++;
	}
	return found;
}

#define NOT_NOW (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)

/* Explains what needs no more than a sentence.  Returns the bits of `status`
 * that are left. */
static unsigned int
explain_plainly(struct verifier *t, unsigned int status)
{
	static const struct {
		gnutls_certificate_status_t bit;
		const char *cause;
	} causes[] = {
	    {GNUTLS_CERT_REVOKED, "certificate is revoked"},
	    {GNUTLS_CERT_INSECURE_ALGORITHM,
		"certificate is signed with a weak algorithm"},
	    {GNUTLS_CERT_PURPOSE_MISMATCH,
		"certificate is not for a TLS server"},
	    {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
		"an issuer may not vouch for this certificate"},
	    {GNUTLS_CERT_SIGNATURE_FAILURE,
		"a signature in the chain is wrong"},
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (status & causes[i].bit) {
			add_cause(t, "%s", causes[i].cause);
			status &= ~causes[i].bit;
		}
	return status;
}

/* Says what each bit of a gnutls_certificate_status_t means here. */
static void
explain(struct verifier *t, gnutls_session_t session, unsigned int status)
{
	char names[VERIFY_NAME_MAX] = "", issuer[VERIFY_NAME_MAX] = "";
	char subject[VERIFY_NAME_MAX] = "";
	gnutls_x509_crt_t certificate;
	gnutls_datum_t text = {NULL, 0};

	if (verify_peer_certificate(session, 0, &certificate) == 0) {
		certificate_names(certificate, names, sizeof(names));
		certificate_issuer(certificate, issuer, sizeof(issuer));
		certificate_subject(certificate, subject, sizeof(subject));
		gnutls_x509_crt_deinit(certificate);
	}
	/* If it is none that the server sent, it is one of ours. */
	if (status & NOT_NOW && explain_time(t, session) == 0)
		add_cause(t, "a trusted authority's certificate has expired or "
			     "is not valid yet");
	if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
		add_cause(t, "name mismatch: certificate is for %s, not %s",
		    names, t->name);
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		add_cause(t, "issuer unknown: %s%s",
		    strcmp(issuer, subject) == 0 ? "self-signed by " : "",
		    issuer);
	if (status & GNUTLS_CERT_SIGNER_NOT_CA)
		add_cause(t, "issuer is no certificate authority: %s", issuer);
	status = explain_plainly(
	    t, status & ~(unsigned int)(NOT_NOW | GNUTLS_CERT_UNEXPECTED_OWNER |
					GNUTLS_CERT_SIGNER_NOT_FOUND |
					GNUTLS_CERT_SIGNER_NOT_CA));
	/* Rarer ones in GnuTLS's own words.  INVALID alone says nothing that
	 * the others have not. */
	if (status == 0 || (status == GNUTLS_CERT_INVALID && *t->why != '\0'))
		return;
	if (gnutls_certificate_verification_status_print(
		status, GNUTLS_CRT_X509, &text, 0) == 0) {
		add_cause(t, "%s", (const char *)text.data);
		gnutls_free(text.data);
	}
	printable(t->why);
}

int
verify_certificate(gnutls_session_t session)
{
	struct verifier *t = gnutls_session_get_ptr(session);
	gnutls_typed_vdata_st about[2] = {
	    {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)t->name},
	    {.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
	};
	unsigned int status;
	int ret;

	if (t->is_address) {
		about[0].type = GNUTLS_DT_IP_ADDRESS;
		about[0].data = t->address;
		about[0].size = t->address_size;
	}
	t->why[0] = '\0';
	ret = gnutls_certificate_verify_peers(session, about, 2, &status);
	if (ret < 0)
		add_cause(t, "certificate cannot be verified: %s",
		    gnutls_strerror(ret));
	else
		explain(t, session, status);
	if (t->why[0] == '\0' || t->options->insecure)
		return 0;
	return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}
