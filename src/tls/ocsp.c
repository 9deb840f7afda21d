#include "tls/ocsp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gnutls/ocsp.h>
#include <gnutls/x509.h>

#include "base/date.h"

/* How long a response without nextUpdate is valid, as in GnuTLS. */
#define WITHOUT_END_S (15 * 24 * 60 * 60)

/* Imports a response, DER or PEM.  Returns 0 or a GnuTLS code. */
static int
import(gnutls_ocsp_resp_t response, const gnutls_datum_t *data)
{
	static const char mark[] = "-----BEGIN OCSP RESPONSE";

	return gnutls_ocsp_resp_import2(response, data,
	    memmem(data->data, data->size, mark, strlen(mark)) != NULL
		? GNUTLS_X509_FMT_PEM
		: GNUTLS_X509_FMT_DER);
}

static gnutls_x509_crt_t
import_certificate(const gnutls_datum_t *der)
{
	gnutls_x509_crt_t certificate;

	if (der == NULL || gnutls_x509_crt_init(&certificate) < 0)
		return NULL;
	if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0)
		return certificate;
	gnutls_x509_crt_deinit(certificate);
	return NULL;
}

/* Checks subject and signer.  Returns what is wrong, or NULL. */
static const char *
check_parties(gnutls_ocsp_resp_t response, const gnutls_datum_t *subject_der,
    const gnutls_datum_t *issuer_der)
{
	gnutls_x509_crt_t subject = import_certificate(subject_der);
	gnutls_x509_crt_t issuer = import_certificate(issuer_der);
	const char *why = NULL;
	unsigned int verdict = 0;

	if (subject == NULL ||
	    gnutls_ocsp_resp_check_crt(response, 0, subject) != 0)
		why = "it is about another certificate";
	/* The signature of an issuer that is not in the chain cannot be
	 * checked here; the client does. */
	else if (issuer != NULL && (gnutls_ocsp_resp_verify_direct(
					response, issuer, &verdict, 0) != 0 ||
				       verdict != 0))
		why = "it is not signed by the certificate's issuer";
	if (subject != NULL)
		gnutls_x509_crt_deinit(subject);
	if (issuer != NULL)
		gnutls_x509_crt_deinit(issuer);
	return why;
}

/* Checks status and dates.  Returns what is wrong, which may be in `why`, or
 * NULL. */
static const char *
check_status(gnutls_ocsp_resp_t response, char *why)
{
	unsigned int status;
	time_t from, until, now = time(NULL);
	char date[DATE_TEXT_MAX];

	if (gnutls_ocsp_resp_get_status(response) !=
	    GNUTLS_OCSP_RESP_SUCCESSFUL)
		return "the responder had no answer";
	if (gnutls_ocsp_resp_get_single(response, 0, NULL, NULL, NULL, NULL,
		&status, &from, &until, NULL, NULL) < 0)
		return "it says nothing";
	if (status == GNUTLS_OCSP_CERT_REVOKED)
		return "it says that the certificate is revoked";
	if (status != GNUTLS_OCSP_CERT_GOOD)
		return "it says that the certificate is unknown";
	if (until == (time_t)-1)
		return now - from <= WITHOUT_END_S
		           ? NULL
		           : "it names no end and is too old";
	if (until > now)
		return NULL;
	date_format(until, date);
	snprintf(why, OCSP_TEXT_MAX, "it expired on %s", date);
	return why;
}

int
ocsp_check(const gnutls_datum_t *data, const gnutls_datum_t *subject,
    const gnutls_datum_t *issuer, gnutls_datum_t *der, char *why)
{
	gnutls_ocsp_resp_t response;
	const char *fault = NULL;
	int ret = gnutls_ocsp_resp_init(&response);

	if (ret < 0) {
		snprintf(why, OCSP_TEXT_MAX, "%s", gnutls_strerror(ret));
		return -1;
	}
	if (data->size == 0)
		fault = "it is empty";
	else if (import(response, data) < 0)
		fault = "it is no OCSP response, or a damaged one";
	else
		fault = check_status(response, why);
	if (fault == NULL)
		fault = check_parties(response, subject, issuer);
	if (fault == NULL)
		ret = gnutls_ocsp_resp_export2(
		    response, der, GNUTLS_X509_FMT_DER);
	gnutls_ocsp_resp_deinit(response);
	if (ret < 0)
		fault = gnutls_strerror(ret);
	if (fault == NULL)
		return 0;
	if (fault != why)
		snprintf(why, OCSP_TEXT_MAX, "%s", fault);
	return -1;
}

void
ocsp_describe(gnutls_session_t session, char *text)
{
	static const char *const statuses[] = {
	    [GNUTLS_OCSP_CERT_GOOD] = "good",
	    [GNUTLS_OCSP_CERT_REVOKED] = "revoked",
	    [GNUTLS_OCSP_CERT_UNKNOWN] = "unknown",
	};
	gnutls_ocsp_resp_t response;
	gnutls_datum_t der;
	unsigned int status;
	time_t until;
	char date[DATE_TEXT_MAX] = "";

	snprintf(text, OCSP_TEXT_MAX, "none stapled");
	if (gnutls_ocsp_status_request_get(session, &der) < 0 ||
	    gnutls_ocsp_resp_init(&response) < 0)
		return;
	if (gnutls_ocsp_resp_import(response, &der) < 0 ||
	    gnutls_ocsp_resp_get_single(response, 0, NULL, NULL, NULL, NULL,
		&status, NULL, &until, NULL, NULL) < 0 ||
	    status > GNUTLS_OCSP_CERT_UNKNOWN)
		snprintf(text, OCSP_TEXT_MAX, "stapled, but not readable");
	else {
		if (until != (time_t)-1)
			date_format(until, date);
		snprintf(text, OCSP_TEXT_MAX, "stapled, %s%s%s%s",
		    statuses[status], date[0] == '\0' ? "" : ", until ", date,
		    gnutls_ocsp_status_request_is_checked(session, 0)
			? ""
			: " (not verified)");
	}
	gnutls_ocsp_resp_deinit(response);
}
