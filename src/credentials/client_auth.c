#include "credentials/client_auth.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <gnutls/x509.h>

#include "tls/certificate_names.h"
#include "tls/peer_verify.h"

struct client_auth {
	gnutls_certificate_request_t request;
	/* Of the current session; a process has one at a time. */
	gnutls_alert_description_t alert;
	char why[96];
};

static const char none[] = "the client sent no certificate";

/* The first that applies is used; alerts as in RFC 8446, 6.2. */
static const struct {
	gnutls_certificate_status_t bit;
	gnutls_alert_description_t alert;
	const char *why;
} faults[] = {
    {GNUTLS_CERT_SIGNER_NOT_FOUND, GNUTLS_A_UNKNOWN_CA,
	"its issuer is unknown"},
    {GNUTLS_CERT_SIGNER_NOT_CA, GNUTLS_A_UNKNOWN_CA,
	"its issuer is no certificate authority"},
    {GNUTLS_CERT_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED, "it has expired"},
    {GNUTLS_CERT_NOT_ACTIVATED, GNUTLS_A_CERTIFICATE_EXPIRED,
	"it is not valid yet"},
    {GNUTLS_CERT_PURPOSE_MISMATCH, GNUTLS_A_UNSUPPORTED_CERTIFICATE,
	"it is not for a TLS client"},
    {GNUTLS_CERT_INSECURE_ALGORITHM, GNUTLS_A_BAD_CERTIFICATE,
	"it is signed with a weak algorithm"},
    {GNUTLS_CERT_SIGNATURE_FAILURE, GNUTLS_A_BAD_CERTIFICATE,
	"a signature in its chain is wrong"},
    {0, GNUTLS_A_BAD_CERTIFICATE, "it cannot be verified"},
};

static void
judge_certificate(struct client_auth *c, unsigned int status)
{
	size_t i = 0;

	while (faults[i].bit != 0 && (status & faults[i].bit) == 0)
		i++;
	c->alert = faults[i].alert;
	snprintf(c->why, sizeof(c->why),
	    "the client's certificate is refused: %s", faults[i].why);
}

/* Called within the handshake (gnutls_certificate_set_verify_function(3)). */
static int
verify(gnutls_session_t session)
{
	struct client_auth *c = gnutls_session_get_ptr(session);
	gnutls_typed_vdata_st purpose = {
	    .type = GNUTLS_DT_KEY_PURPOSE_OID,
	    .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	unsigned int status = 0, count;

	/* If one is required, GnuTLS has checked that. */
	if (gnutls_certificate_get_peers(session, &count) == NULL)
		return 0;
	if (peer_verify(session, &purpose, 1, &status) == 0 && status == 0)
		return 0;
	judge_certificate(c, status);
	return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

int
client_auth_new(const struct client_auth_options *o,
    const gnutls_datum_t *authorities, size_t count,
    gnutls_certificate_credentials_t credentials, struct client_auth **clients)
{
	int ret;

	*clients = NULL;
	if (o->ca_file == NULL)
		return 0;
	for (size_t i = 0; i < count; i++) {
		ret = gnutls_certificate_set_x509_trust_mem(
		    credentials, &authorities[i], GNUTLS_X509_FMT_DER);
		if (ret < 0)
			return ret;
	}
	*clients = calloc(1, sizeof(**clients));
	if (*clients == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	(*clients)->request =
	    o->optional ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_REQUIRE;
	gnutls_certificate_set_verify_function(credentials, verify);
	return 0;
}

void
client_auth_free(struct client_auth *c)
{
	free(c);
}

void
client_auth_ask(struct client_auth *c, gnutls_session_t session)
{
	if (c == NULL)
		return;
	c->why[0] = '\0';
	gnutls_session_set_ptr(session, c);
	gnutls_certificate_server_set_request(session, c->request);
}

const char *
client_auth_why(const struct client_auth *c)
{
	return c == NULL ? "" : c->why;
}

void
client_auth_name(gnutls_session_t session, char *text, size_t size)
{
	unsigned int count;
	const gnutls_datum_t *chain =
	    gnutls_certificate_get_peers(session, &count);
	gnutls_x509_crt_t certificate;
	gnutls_datum_t name = {NULL, 0};

	text[0] = '\0';
	/* A certificate stored in a ticket proves nothing. */
	if (gnutls_session_get_ptr(session) == NULL || chain == NULL ||
	    gnutls_x509_crt_init(&certificate) < 0)
		return;
	if (gnutls_x509_crt_import(certificate, chain, GNUTLS_X509_FMT_DER) < 0)
		goto out;
	if (gnutls_x509_crt_get_dn3(certificate, &name, 0) == 0 &&
	    name.size > 0)
		certificate_subject(certificate, text, size);
	else
		certificate_names(certificate, text, size);
	gnutls_free(name.data);
out:
	gnutls_x509_crt_deinit(certificate);
}

int
client_auth_alert(gnutls_session_t session, int error)
{
	struct client_auth *c = gnutls_session_get_ptr(session);

	if (c == NULL)
		return -1;
	switch (error) {
	case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR:
		return (int)c->alert;
	case GNUTLS_E_CERTIFICATE_REQUIRED:
		snprintf(c->why, sizeof(c->why), "%s", none);
		return GNUTLS_A_CERTIFICATE_REQUIRED;
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
		/* TLS 1.2 has no specific alert for it (RFC 5246, 7.4.6),
		 * and GnuTLS would send decode_error. */
		snprintf(c->why, sizeof(c->why), "%s", none);
		return GNUTLS_A_HANDSHAKE_FAILURE;
	default:
		return -1;
	}
}
