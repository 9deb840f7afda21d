#include "credentials/credentials.h"

#include <stdlib.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "credentials/chain.h"
#include "credentials/self_test.h"
#include "log/log.h"

struct credentials {
	struct keyholder *keyholder;
	struct signer *signer;
	gnutls_certificate_credentials_t certificates;
	gnutls_priority_t policy;
	struct client_auth *clients; /* NULL: no client authentication */
	struct tickets *tickets;     /* NULL: none */
	bool unable;                 /* to make any handshake succeed */
};

/* Adds a chain and its private key, for which the signer stands in. */
static int
add_pair(struct credentials *c, const struct bundle_pair *pair)
{
	gnutls_pcert_st chain[BUNDLE_CHAIN_MAX];
	gnutls_privkey_t key = NULL;
	unsigned int length = 0;
	int ret = 0;

	while (ret == 0 && length < pair->length) {
		ret = gnutls_pcert_import_x509_raw(&chain[length],
		    &pair->chain[length], GNUTLS_X509_FMT_DER, 0);
		length += ret == 0;
	}
	if (ret == 0)
		ret =
		    signer_import(c->signer, pair->key, chain[0].pubkey, &key);
	/* On success it owns the chain and the key. */
	if (ret == 0)
		ret = gnutls_certificate_set_key(
		    c->certificates, NULL, 0, chain, (int)length, key);
	if (ret >= 0) {
		/* Fails if it has expired since it was checked: then none is
		 * stapled. */
		if (pair->ocsp.size > 0)
			(void)gnutls_certificate_set_ocsp_status_request_mem(
			    c->certificates, &pair->ocsp, (unsigned int)ret,
			    GNUTLS_X509_FMT_DER);
		return 0;
	}
	if (key != NULL)
		gnutls_privkey_deinit(key);
	while (length > 0)
		gnutls_pcert_deinit(&chain[--length]);
	return ret;
}

static int
fill_credentials(struct credentials *c, const struct credentials_options *o,
    const struct bundle *b)
{
	int ret = gnutls_certificate_allocate_credentials(&c->certificates);

	if (ret < 0)
		return ret;
	/* GnuTLS would check the key by a signature; whoever made the bundle
	 * has compared the key ids. */
	gnutls_certificate_set_flags(c->certificates,
	    GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH | GNUTLS_CERTIFICATE_API_V2);
	for (size_t i = 0; i < b->count; i++)
		if ((ret = add_pair(c, &b->pairs[i])) < 0)
			return ret;
	ret = client_auth_new(&o->clients, b->authorities, b->authority_count,
	    c->certificates, &c->clients);
	if (ret == 0 && c->clients == NULL)
		ret = tickets_new(&o->tickets, &b->ticket_key, &c->tickets);
	return ret;
}

gnutls_priority_t
credentials_policy(const struct credentials_options *o)
{
	gnutls_priority_t policy;
	char why[POLICY_WHY_MAX];

	if (policy_init(&policy, o->priority, o->oldest, why) == 0)
		return policy;
	log_line(LOG_ERR, "%s", why);
	return NULL;
}

struct credentials *
credentials_new(const struct credentials_options *o, const struct bundle *b,
    struct keyholder *keyholder)
{
	struct credentials *c = calloc(1, sizeof(*c));
	int ret;

	if (c == NULL || (c->signer = signer_new()) == NULL) {
		log_line(LOG_ERR, "cannot load certificates: out of memory");
		keyholder_free(keyholder);
		free(c);
		return NULL;
	}
	c->keyholder = keyholder;
	c->policy = credentials_policy(o);
	if (c->policy == NULL)
		goto fail;
	ret = fill_credentials(c, o, b);
	if (ret == 0)
		return c;
	log_line(
	    LOG_ERR, "cannot use the certificates: %s", gnutls_strerror(ret));
fail:
	credentials_free(c);
	return NULL;
}

struct credentials *
credentials_new_unable(const struct credentials_options *o)
{
	static const struct bundle nothing;
	struct credentials *c = credentials_new(o, &nothing, NULL);

	if (c != NULL)
		c->unable = true;
	return c;
}

/* Called when the ClientHello has been read. */
static int
refuse(gnutls_session_t session)
{
	(void)session;
	return GNUTLS_E_PK_SIGN_FAILED;
}

/* Runs the self test.  Returns 0 or a GnuTLS code. */
static int
test_handshake(const struct credentials *c)
{
	int ret, channel = c->keyholder == NULL
	                       ? -1
	                       : keyholder_open_channel(c->keyholder);
	gnutls_session_t server = credentials_session(c, &ret);

	if (server == NULL)
		goto out;
	/* The self test's client has no certificate. */
	gnutls_certificate_server_set_request(server, GNUTLS_CERT_IGNORE);
	signer_set_channel(c->signer, channel);
	ret = self_test_run(server, c->policy);
	signer_set_channel(c->signer, -1);
	gnutls_deinit(server);
out:
	if (channel != -1)
		close(channel);
	return ret;
}

bool
credentials_test(const struct credentials *c, const char *file, deadline when)
{
	const char *why;
	int ret;

	signer_set_deadline(c->signer, when);
	ret = test_handshake(c);
	if (ret == 0)
		return true;
	why = credentials_why(c);
	if (why[0] == '\0')
		why = gnutls_strerror(ret);
	if (file == NULL)
		log_line(LOG_ERR,
		    "no handshake works with these certificates and this TLS "
		    "priority: %s",
		    why);
	else
		log_line(LOG_WARNING,
		    "certificate %s: no handshake works with it and this TLS "
		    "priority: %s",
		    file, why);
	return false;
}

struct keyholder *
credentials_retire(struct credentials *c)
{
	struct keyholder *keyholder = c->keyholder;

	keyholder_retire(keyholder);
	c->keyholder = NULL;
	credentials_free(c);
	return keyholder;
}

void
credentials_free(struct credentials *c)
{
	if (c == NULL)
		return;
	if (c->certificates != NULL)
		gnutls_certificate_free_credentials(c->certificates);
	if (c->policy != NULL)
		gnutls_priority_deinit(c->policy);
	client_auth_free(c->clients);
	tickets_free(c->tickets);
	signer_free(c->signer);
	keyholder_free(c->keyholder);
	free(c);
}

/* Logs a certificate in DER if it expires soon. */
static void
warn_of_end(const char *file, const gnutls_datum_t *der, time_t now)
{
	gnutls_x509_crt_t certificate;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return;
	if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0)
		chain_warn_of_end(file, certificate, now);
	gnutls_x509_crt_deinit(certificate);
}

void
credentials_warn_of_end(const struct credentials *c,
    const struct credentials_options *o, time_t now)
{
	gnutls_datum_t der;

	for (unsigned int i = 0; i < o->keyholder.count; i++)
		for (unsigned int j = 0; gnutls_certificate_get_crt_raw(
					     c->certificates, i, j, &der) == 0;
		     j++)
			warn_of_end(
			    o->keyholder.pairs[i].certificate_file, &der, now);
}

struct keyholder *
credentials_keyholder(const struct credentials *c)
{
	return c->keyholder;
}

struct signer *
credentials_signer(const struct credentials *c)
{
	return c->signer;
}

bool
credentials_ask_clients(const struct credentials *c)
{
	return c->clients != NULL;
}

const char *
credentials_why(const struct credentials *c)
{
	return c->unable ? "no certificate and key could be loaded"
	                 : signer_why(c->signer);
}

const char *
credentials_client_why(const struct credentials *c)
{
	return client_auth_why(c->clients);
}

void
credentials_rotate(struct credentials *c)
{
	tickets_rotate(c->tickets, deadline_now());
}

gnutls_session_t
credentials_session(const struct credentials *c, int *error)
{
	gnutls_session_t session;

	/* Here, and not after the fork (session_fork.h): a session that is
	 * never upgraded then needs nothing of GnuTLS. */
	gnutls_rnd_refresh();
	/* A TLS 1.2 ticket contains the secret of the session that issued it,
	 * so whoever gets the ticket key could decrypt recorded sessions (RFC
	 * 9325, 4.3).  Resumption in TLS 1.3 makes a new key exchange. */
	*error =
	    policy_session(&session, GNUTLS_SERVER | GNUTLS_NO_TICKETS_TLS12,
		c->policy, c->certificates);
	if (*error < 0)
		return NULL;
	*error = tickets_enable(c->tickets, session);
	client_auth_ask(c->clients, session);
	if (c->unable)
		gnutls_handshake_set_post_client_hello_function(
		    session, refuse);
	if (*error == 0)
		return session;
	gnutls_deinit(session);
	return NULL;
}
