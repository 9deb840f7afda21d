/*
 * Checks what was read from the files, and makes a bundle of it.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <gnutls/x509.h>

#include "base/date.h"
#include "credentials/chain.h"
#include "credentials/credential_files_internal.h"
#include "log/log.h"
#include "tls/ocsp.h"
#include "tls/pem.h"

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

/* Returns 1 if the certificate is that of the key with `id`, 0 if it is not, or
 * a GnuTLS code. */
static int
is_of_key(gnutls_x509_crt_t certificate, const uint8_t *id)
{
	uint8_t its_id[KEYHOLDER_ID_SIZE];
	size_t size = sizeof(its_id);
	int ret = gnutls_x509_crt_get_key_id(
	    certificate, GNUTLS_KEYID_USE_SHA256, its_id, &size);

	return ret < 0 ? ret : memcmp(id, its_id, sizeof(its_id)) == 0;
}

/* Logs that the key with `id` is not that of the file's first certificate. */
static void
log_mismatch(const struct chain *chain, const char *key, const uint8_t *id)
{
	for (unsigned int i = 0; i < chain->count; i++)
		if (is_of_key(chain->all[i], id) == 1) {
			log_line(LOG_ERR,
			    "cannot use certificate %s: the one of key %s must "
			    "come first in it",
			    chain->file, key);
			return;
		}
	log_line(
	    LOG_ERR, "key %s does not match certificate %s", key, chain->file);
}

/* True if the server's certificate is valid now and matches the key with `id`
 * (NULL: not known yet); else false after logging. */
static bool
check_own(
    const struct chain *chain, const struct key_pair *pair, const uint8_t *id)
{
	gnutls_x509_crt_t own = chain->sent[0];
	time_t now = time(NULL);
	time_t from = gnutls_x509_crt_get_activation_time(own);
	time_t until = gnutls_x509_crt_get_expiration_time(own);
	int ret = id == NULL ? 1 : is_of_key(own, id);

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
	if (ret == 0) {
		log_mismatch(chain, pair->key_file, id);
		return false;
	}
	return true;
}

/* True if a certificate file contains a private key, which is forbidden. */
static bool
holds_key(const char *file, const struct contents *c)
{
	static const char key_mark[] = "PRIVATE KEY-----";

	if (memmem(c->octets, c->size, key_mark, strlen(key_mark)) == NULL)
		return false;
	log_failure(file, "it holds a private key, which must be in a file of "
			  "its own");
	return true;
}

/* Appends a record, or logs that the file is too large. */
static bool
append_record(struct bundle_buffer *b, enum bundle_kind kind,
    const gnutls_datum_t *octets, const char *file)
{
	if (bundle_append(b, kind, octets) == 0)
		return true;
	log_line(LOG_ERR, "cannot use %s: %s", file, strerror(errno));
	return false;
}

/* Appends the response if it can be stapled, and sets `*added`. */
static bool
bundle_response(struct bundle_buffer *b, const char *file,
    const struct contents *c, const gnutls_datum_t *own,
    const gnutls_datum_t *issuer, bool *added)
{
	const gnutls_datum_t data = {c->octets, (unsigned int)c->size};
	char why[OCSP_TEXT_MAX];
	gnutls_datum_t der;

	*added = false;
	if (c->octets == NULL)
		return true;
	if (ocsp_check(&data, own, issuer, &der, why) == -1) {
		log_line(LOG_WARNING,
		    "cannot use OCSP response %s, and staples none: %s", file,
		    why);
		return true;
	}
	*added = append_record(b, BUNDLE_OCSP, &der, file);
	gnutls_free(der.data);
	return *added;
}

/* Appends the chain and the response of a pair, and warns of them. */
static bool
bundle_chain(const struct credential_files *f, size_t index,
    const struct chain *chain, time_t now, struct bundle_buffer *b)
{
	const struct key_pair *pair = &f->options->keyholder.pairs[index];
	gnutls_datum_t der[BUNDLE_CHAIN_MAX];
	unsigned int exported = 0;
	bool good = true, stapled = false;
	int ret;

	while (good && exported < chain->length) {
		ret = gnutls_x509_crt_export2(
		    chain->sent[exported], GNUTLS_X509_FMT_DER, &der[exported]);
		if (ret < 0) {
			log_failure(
			    pair->certificate_file, gnutls_strerror(ret));
			good = false;
			break;
		}
		good = append_record(b,
		    exported == 0 ? BUNDLE_LEAF : BUNDLE_ISSUER, &der[exported],
		    pair->certificate_file);
		exported++;
	}
	good = good && bundle_response(b, pair->ocsp_file, &f->responses[index],
			   &der[0], exported > 1 ? &der[1] : NULL, &stapled);
	if (good)
		chain_warn(chain, stapled, now);
	while (exported > 0)
		gnutls_free(der[--exported].data);
	return good;
}

static bool
bundle_pair(const struct credential_files *f, size_t index, const uint8_t *id,
    struct bundle_buffer *b)
{
	const struct key_pair *pair = &f->options->keyholder.pairs[index];
	const struct contents *c = &f->certificates[index];
	const gnutls_datum_t pem = {c->octets, (unsigned int)c->size};
	time_t now = time(NULL);
	struct chain chain;
	bool good;

	if (holds_key(pair->certificate_file, c))
		return false;
	good = chain_parse(&chain, pair->certificate_file, &pem, now) == 0 &&
	       check_own(&chain, pair, id) && chain_check(&chain) &&
	       bundle_chain(f, index, &chain, now, b);
	for (unsigned int i = 0; good && i < chain.length; i++)
		chain_warn_of_end(chain.file, chain.sent[i], now);
	chain_free(&chain);
	return good;
}

/* Appends the authorities.  Returns what is wrong with them, or NULL. */
static const char *
append_list(
    struct bundle_buffer *b, gnutls_x509_crt_t *list, unsigned int count)
{
	if (count > BUNDLE_AUTHORITIES_MAX)
		return "it holds too many certificates";
	for (unsigned int i = 0; i < count; i++) {
		gnutls_datum_t der;
		int ret =
		    gnutls_x509_crt_export2(list[i], GNUTLS_X509_FMT_DER, &der);

		if (ret < 0)
			return gnutls_strerror(ret);
		ret = bundle_append(b, BUNDLE_AUTHORITY, &der);
		gnutls_free(der.data);
		if (ret == -1)
			return strerror(errno);
	}
	return NULL;
}

static bool
bundle_authorities(const struct credential_files *f, struct bundle_buffer *b)
{
	const gnutls_datum_t pem = {
	    f->authorities.octets, (unsigned int)f->authorities.size};
	gnutls_x509_crt_t *list = NULL;
	unsigned int count = 0;
	const char *why;
	int ret = gnutls_x509_crt_list_import2(
	    &list, &count, &pem, GNUTLS_X509_FMT_PEM, 0);

	why = ret < 0 ? pem_fault(&pem, PEM_CERTIFICATES, ret)
	              : append_list(b, list, count);
	while (ret >= 0 && count > 0)
		gnutls_x509_crt_deinit(list[--count]);
	gnutls_free(list);
	if (why == NULL)
		return true;
	log_line(LOG_ERR, "cannot use client CA %s: %s",
	    f->options->clients.ca_file, why);
	return false;
}

int
credential_files_bundle(const struct credential_files *f, const uint8_t *ids,
    struct bundle_buffer *b)
{
	const struct credentials_options *o = f->options;
	const gnutls_datum_t key = {
	    (unsigned char *)(uintptr_t)f->ticket_key, TICKETS_KEY_SIZE};

	for (size_t i = 0; i < o->keyholder.count; i++)
		if (!bundle_pair(f, i,
			ids == NULL ? NULL : ids + i * KEYHOLDER_ID_SIZE, b))
			return -1;
	if (o->clients.ca_file != NULL)
		return bundle_authorities(f, b) ? 0 : -1;
	if (o->tickets.key_file != NULL &&
	    !append_record(b, BUNDLE_TICKET_KEY, &key, o->tickets.key_file))
		return -1;
	return 0;
}
