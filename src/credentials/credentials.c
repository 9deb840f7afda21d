/*
 * The server's credentials.
 */
#include "credentials/credentials.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/x509.h>

#include "base/date.h"
#include "credentials/self_test.h"
#include "log/log.h"
#include "tls/ocsp.h"

/* A chain longer than this no client would follow (GnuTLS's own limit). */
#define CHAIN_MAX 16

struct credentials {
	struct keyholder *keyholder;
	gnutls_certificate_credentials_t certificates;
	gnutls_priority_t policy;
	struct client_auth *clients; /* NULL: not asked who they are */
	struct tickets *tickets;     /* NULL: none */
};

static void
log_failure(const char *file, const char *why)
{
	log_line(LOG_ERR, "cannot use certificate %s: %s", file, why);
}

static void
log_time(const char *file, const char *what, time_t when)
{
	char date[DATE_TEXT_MAX];

	date_format(when, date);
	log_line(LOG_ERR, "certificate %s %s %s", file, what, date);
}

/* Whether the leaf may be shown now, and belongs to the key with `id`. */
static bool
check_leaf(
    gnutls_pcert_st *leaf, const struct key_pair *pair, const uint8_t *id)
{
	uint8_t own[KEYHOLDER_ID_SIZE];
	size_t size = sizeof(own);
	time_t now = time(NULL), from, until;
	gnutls_x509_crt_t certificate;
	int ret;

	ret = gnutls_pcert_export_x509(leaf, &certificate);
	if (ret < 0) {
		log_failure(pair->certificate_file, gnutls_strerror(ret));
		return false;
	}
	from = gnutls_x509_crt_get_activation_time(certificate);
	until = gnutls_x509_crt_get_expiration_time(certificate);
	ret = id == NULL ? 0
	                 : gnutls_x509_crt_get_key_id(certificate,
			       GNUTLS_KEYID_USE_SHA256, own, &size);
	gnutls_x509_crt_deinit(certificate);
	if (ret < 0) {
		log_failure(pair->certificate_file, gnutls_strerror(ret));
		return false;
	}
	if (now > until) {
		log_time(pair->certificate_file, "expired on", until);
		return false;
	}
	if (now < from) {
		log_time(pair->certificate_file, "is not valid before", from);
		return false;
	}
	if (id != NULL && memcmp(id, own, sizeof(own)) != 0) {
		log_line(LOG_ERR, "key %s does not match certificate %s",
		    pair->key_file, pair->certificate_file);
		return false;
	}
	return true;
}

/* Reads a certificate file's chain; returns its length, or 0 after logging. */
static unsigned int
load_chain(const char *file, gnutls_pcert_st *chain)
{
	static const char key_mark[] = "PRIVATE KEY-----";
	gnutls_datum_t pem = {NULL, 0};
	unsigned int length = CHAIN_MAX;
	int ret;

	errno = 0;
	ret = gnutls_load_file(file, &pem);
	if (ret < 0) {
		log_line(LOG_ERR, "cannot read certificate %s: %s", file,
		    errno != 0 ? strerror(errno) : gnutls_strerror(ret));
		return 0;
	}
	if (memmem(pem.data, pem.size, key_mark, strlen(key_mark)) != NULL) {
		log_failure(file, "it holds a private key, which must be in a "
				  "file of its own");
		length = 0;
	} else {
		ret = gnutls_pcert_list_import_x509_raw(chain, &length, &pem,
		    GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);
		if (ret < 0) {
			log_failure(file, gnutls_strerror(ret));
			length = 0;
		}
	}
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	return length;
}

/* A response is an extra: without it, clients can still come. */
static void
load_response(struct credentials *c, unsigned int index, const char *file)
{
	char why[OCSP_TEXT_MAX];

	if (file != NULL && ocsp_staple(c->certificates, index, file, why) != 0)
		log_line(LOG_WARNING,
		    "cannot use OCSP response %s, and staples none: %s", file,
		    why);
}

static bool
load_pair(struct credentials *c, size_t index, const struct key_pair *pair)
{
	gnutls_pcert_st chain[CHAIN_MAX];
	gnutls_privkey_t key;
	unsigned int length;
	int ret;

	length = load_chain(pair->certificate_file, chain);
	if (length == 0)
		return false;
	if (!check_leaf(chain, pair, keyholder_id(c->keyholder, index)))
		goto fail;
	ret = keyholder_import(c->keyholder, index, chain[0].pubkey, &key);
	if (ret == 0) {
		/* Takes the chain and the key over, if it succeeds. */
		ret = gnutls_certificate_set_key(
		    c->certificates, NULL, 0, chain, (int)length, key);
		if (ret >= 0) {
			load_response(c, (unsigned int)ret, pair->ocsp_file);
			return true;
		}
		gnutls_privkey_deinit(key);
	}
	log_failure(pair->certificate_file, gnutls_strerror(ret));
fail:
	while (length > 0)
		gnutls_pcert_deinit(&chain[--length]);
	return false;
}

static bool
load_certificates(struct credentials *c, const struct credentials_options *o)
{
	int ret = gnutls_certificate_allocate_credentials(&c->certificates);

	if (ret < 0) {
		log_line(LOG_ERR, "cannot load certificates: %s",
		    gnutls_strerror(ret));
		return false;
	}
	/* The check by GnuTLS is to sign and verify; the key ids tell as well,
	 * and say so where signing fails too. */
	gnutls_certificate_set_flags(c->certificates,
	    GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH | GNUTLS_CERTIFICATE_API_V2);
	for (size_t i = 0; i < o->keyholder.count; i++)
		if (!load_pair(c, i, &o->keyholder.pairs[i]))
			return false;
	if (!client_auth_load(&o->clients, c->certificates, &c->clients))
		return false;
	return c->clients != NULL || tickets_load(&o->tickets, &c->tickets);
}

/* Shows that a handshake works with all that was loaded. */
static bool
rehearse(const struct credentials *c)
{
	const char *why;
	int ret;
	gnutls_session_t server = credentials_session(c, &ret);

	if (server != NULL) {
		/* There is no client's certificate in this one. */
		gnutls_certificate_server_set_request(
		    server, GNUTLS_CERT_IGNORE);
		ret = self_test_run(server, c->policy);
		gnutls_deinit(server);
	}
	if (ret == 0)
		return true;
	why = keyholder_why(c->keyholder);
	log_line(LOG_ERR,
	    "no handshake works with these certificates and this TLS "
	    "priority: %s",
	    why[0] != '\0' ? why : gnutls_strerror(ret));
	return false;
}

struct credentials *
credentials_load(const struct credentials_options *o)
{
	struct credentials *c = calloc(1, sizeof(*c));
	char why[KEYHOLDER_WHY_MAX];
	int ret;

	if (c == NULL) {
		log_line(LOG_ERR, "cannot load certificates: out of memory");
		return NULL;
	}
	ret = policy_init(&c->policy, o->priority, o->oldest);
	if (ret < 0) {
		log_line(LOG_ERR, "cannot use TLS priority \"%s\": %s",
		    o->priority == NULL ? "system default" : o->priority,
		    gnutls_strerror(ret));
		goto fail;
	}
	c->keyholder = keyholder_start(&o->keyholder, why);
	if (c->keyholder == NULL) {
		log_line(LOG_ERR, "%s", why);
		goto fail;
	}
	if (!load_certificates(c, o))
		goto fail;
	if (o->keyholder.account != NULL &&
	    !keyholder_readable(c->keyholder, why))
		log_line(LOG_WARNING, "%s; reloading will fail", why);
	if (o->keyholder.wait && !rehearse(c))
		goto fail;
	return c;
fail:
	credentials_free(c);
	return NULL;
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
	keyholder_free(c->keyholder);
	free(c);
}

struct keyholder *
credentials_keyholder(const struct credentials *c)
{
	return c->keyholder;
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

	/* A ticket of TLS 1.2 holds the secret of the very session that it came
	 * in: who finds the key would read what was recorded (RFC 9325, 4.3).
	 * That of TLS 1.3 begins a new key exchange. */
	*error = gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK |
					   GNUTLS_NO_SIGNAL |
					   GNUTLS_NO_TICKETS_TLS12);
	if (*error < 0)
		return NULL;
	*error = gnutls_priority_set(session, c->policy);
	if (*error == 0)
		*error = gnutls_credentials_set(
		    session, GNUTLS_CRD_CERTIFICATE, c->certificates);
	if (*error == 0)
		*error = tickets_enable(c->tickets, session);
	client_auth_ask(c->clients, session);
	if (*error == 0)
		return session;
	gnutls_deinit(session);
	return NULL;
}
