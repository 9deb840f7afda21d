#include "tls/peer_verify.h"

/* Replaces the trust list by one of `size` buckets, with the same authorities.
 * Returns 0 or a negative GnuTLS code. */
static int
rebuild_trust_list(
    gnutls_certificate_credentials_t credentials, unsigned int size)
{
	gnutls_x509_trust_list_t before, list;
	gnutls_x509_trust_list_iter_t at = NULL;
	gnutls_x509_crt_t authority;
	int ret = gnutls_x509_trust_list_init(&list, size);

	if (ret < 0)
		return ret;
	gnutls_certificate_get_trust_list(credentials, &before);
	while (gnutls_x509_trust_list_iter_get_ca(before, &at, &authority) == 0)
		if (gnutls_x509_trust_list_add_cas(
			list, &authority, 1, GNUTLS_TL_USE_IN_TLS) != 1)
			gnutls_x509_crt_deinit(authority);
	/* Frees the one before. */
	gnutls_certificate_set_trust_list(credentials, list, 0);
	return 0;
}

int
peer_verify(gnutls_session_t session, gnutls_typed_vdata_st *wanted,
    unsigned int count, unsigned int *status)
{
	gnutls_certificate_credentials_t credentials;
	unsigned int again = 0;
	int ret =
	    gnutls_certificate_verify_peers(session, wanted, count, status);

	/* First as it is: with one bucket, an authority that has expired would
	 * end the chain before one that is valid. */
	if (ret < 0 || *status == 0 ||
	    gnutls_credentials_get(
		session, GNUTLS_CRD_CERTIFICATE, (void **)&credentials) < 0 ||
	    rebuild_trust_list(credentials, PEER_VERIFY_BUCKETS) < 0)
		return ret;
	ret = gnutls_certificate_verify_peers(session, wanted, count, &again);
	/* Where both fail, the fault is with the authority that was found. */
	if (ret == 0 &&
	    (again == 0 || (*status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0))
		*status = again;
	(void)rebuild_trust_list(credentials, 0);
	return ret;
}
