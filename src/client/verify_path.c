/*
 * Finding the path from the server's certificate to a trusted authority.
 */
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "client/verify_internal.h"

static bool
is_step(const struct verify_path *p, gnutls_x509_crt_t certificate)
{
	for (unsigned int i = 0; i < p->count; i++)
		if (p->steps[i] == certificate)
			return true;
	return false;
}

/* The issuer of the last step among the certificates sent, or NULL. */
static gnutls_x509_crt_t
find_sent_issuer(const struct verify_path *p)
{
	for (unsigned int i = 1; i < p->sent_count; i++)
		if (!is_step(p, p->sent[i]) &&
		    gnutls_x509_crt_check_issuer(
			p->steps[p->count - 1], p->sent[i]))
			return p->sent[i];
	return NULL;
}

/* True if the certificate itself is one of the authorities. */
static bool
is_trusted(const struct verifier *v, gnutls_x509_crt_t certificate)
{
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t namesake;
	gnutls_datum_t name;
	bool is = false;

	gnutls_certificate_get_trust_list(v->credentials, &list);
	if (gnutls_x509_crt_get_raw_dn(certificate, &name) < 0)
		return false;
	if (gnutls_x509_trust_list_get_issuer_by_dn(
		list, &name, &namesake, 0) == 0) {
		is = gnutls_x509_crt_equals(certificate, namesake);
		gnutls_x509_crt_deinit(namesake);
	}
	gnutls_free(name.data);
	return is;
}

static bool
is_valid_now(gnutls_x509_crt_t certificate)
{
	time_t now = time(NULL);

	return gnutls_x509_crt_get_activation_time(certificate) <= now &&
	       now <= gnutls_x509_crt_get_expiration_time(certificate);
}

/* Stops at the first authority that is trusted; one that is not valid now does
 * not stand in the way of another, as in peer_verify(). */
static void
find_steps(struct verify_path *p, const struct verifier *v)
{
	gnutls_x509_crt_t next, anchor, stale = NULL;
	unsigned int stale_count = 0;

	for (next = p->sent[0]; next != NULL; next = find_sent_issuer(p)) {
		p->steps[p->count++] = next;
		if (gnutls_certificate_get_issuer(
			v->credentials, next, &anchor, 0) == 0) {
			if (is_valid_now(anchor)) {
				p->anchor = anchor;
				return;
			}
			if (stale == NULL) {
				stale = anchor;
				stale_count = p->count;
			}
		}
		if (p->count == 1 && is_trusted(v, next))
			break;
	}
	if (stale != NULL) {
		p->anchor = stale;
		p->count = stale_count;
	}
}

int
verify_path_find(
    struct verify_path *p, gnutls_session_t session, const struct verifier *v)
{
	unsigned int size;
	const gnutls_datum_t *chain =
	    gnutls_certificate_get_peers(session, &size);
	int ret = 0;

	memset(p, 0, sizeof(*p));
	if (chain == NULL || size == 0)
		return GNUTLS_E_NO_CERTIFICATE_FOUND;
	for (; ret == 0 && p->sent_count < size &&
	       p->sent_count < VERIFY_CHAIN_MAX;
	     p->sent_count++) {
		ret = gnutls_x509_crt_init(&p->sent[p->sent_count]);
		if (ret < 0)
			break;
		ret = gnutls_x509_crt_import(p->sent[p->sent_count],
		    &chain[p->sent_count], GNUTLS_X509_FMT_DER);
	}
	if (ret < 0) {
		verify_path_clear(p);
		return ret;
	}
	find_steps(p, v);
	return 0;
}

void
verify_path_clear(struct verify_path *p)
{
	for (unsigned int i = 0; i < p->sent_count; i++)
		gnutls_x509_crt_deinit(p->sent[i]);
	p->sent_count = 0;
}

gnutls_x509_crt_t
verify_path_at(const struct verify_path *p, unsigned int i)
{
	if (i < p->count)
		return p->steps[i];
	return i == p->count ? p->anchor : NULL;
}
