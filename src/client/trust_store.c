#include "client/trust_store.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/der.h"
#include "base/file.h"

/* Debian's has 0.2 MiB. */
#define FILE_MAX ((size_t)16 << 20)
/* Each certificate of a chain has two names; GnuTLS accepts no longer chains.
 */
#define NAMES_MAX (2 * 16)

/* The tag of a certificate's version (RFC 5280, 4.1). */
#define VERSION_TAG 0xa0

/* A certificate, and its subject in it. */
struct authority {
	gnutls_datum_t der;
	struct der subject;
};

struct trust_store {
	struct authority *authorities;
	unsigned int count;
};

struct names {
	struct der names[NAMES_MAX];
	unsigned int count;
};

/* Finds the names in a certificate (RFC 5280, 4.1).  Returns 0 or -1. */
static int
find_names(
    const gnutls_datum_t *certificate, struct der *issuer, struct der *subject)
{
	struct der all = {certificate->data, (int)certificate->size};
	struct der outer, body;

	if (der_take(&all, DER_SEQUENCE, &outer) == -1 ||
	    der_take(&outer, DER_SEQUENCE, &body) == -1)
		return -1;
	(void)der_take(&body, VERSION_TAG, NULL); /* optional */
	if (der_take(&body, DER_INTEGER, NULL) == -1 ||
	    der_take(&body, DER_SEQUENCE, NULL) == -1 || /* signature */
	    der_take_whole(&body, DER_SEQUENCE, issuer) == -1 ||
	    der_take(&body, DER_SEQUENCE, NULL) == -1 || /* validity */
	    der_take_whole(&body, DER_SEQUENCE, subject) == -1)
		return -1;
	return 0;
}

static void
collect_names(struct names *n, const gnutls_datum_t *chain, unsigned int size)
{
	n->count = 0;
	for (unsigned int i = 0; i < size && n->count + 2 <= NAMES_MAX; i++)
		if (find_names(&chain[i], &n->names[n->count],
			&n->names[n->count + 1]) == 0)
			n->count += 2;
}

/* As GnuTLS compares them: octet by octet. */
static bool
is_among(const struct names *n, const struct der *name)
{
	for (unsigned int i = 0; i < n->count; i++)
		if (n->names[i].size == name->size &&
		    memcmp(n->names[i].at, name->at, (size_t)name->size) == 0)
			return true;
	return false;
}

/* Adds a certificate to those that are trusted, unless it is among them. */
static void
trust(gnutls_x509_trust_list_t list, const gnutls_datum_t *der)
{
	gnutls_x509_crt_t certificate;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return;
	if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) < 0 ||
	    gnutls_x509_trust_list_add_cas(
		list, &certificate, 1, GNUTLS_TL_NO_DUPLICATES) != 1)
		gnutls_x509_crt_deinit(certificate);
}

/* Finds the next PEM block at or after `at`.  Returns where it ends, or NULL:
 * there is none. */
static unsigned char *
find_block(unsigned char *at, const unsigned char *end, gnutls_datum_t *block)
{
	static const char begin_mark[] = "-----BEGIN ",
			  end_mark[] = "-----END ";
	unsigned char *begin, *last;

	begin =
	    memmem(at, (size_t)(end - at), begin_mark, sizeof(begin_mark) - 1);
	if (begin == NULL)
		return NULL;
	last = memmem(
	    begin, (size_t)(end - begin), end_mark, sizeof(end_mark) - 1);
	if (last == NULL)
		return NULL;
	last += sizeof(end_mark) - 1;
	block->data = begin;
	block->size = (unsigned int)(last - begin);
	return last;
}

/* Decodes a PEM block if it is a certificate by one of the labels that GnuTLS
 * knows for it. */
static bool
decode(const gnutls_datum_t *block, gnutls_datum_t *der)
{
	return gnutls_pem_base64_decode2("CERTIFICATE", block, der) == 0 ||
	       gnutls_pem_base64_decode2("X509 CERTIFICATE", block, der) == 0;
}

/* Adds a certificate to the store, which takes ownership of `der`; ignores one
 * without names.  Returns 0, or -1 with errno. */
static int
keep_certificate(struct trust_store *t, const gnutls_datum_t *der)
{
	struct der issuer, subject;
	struct authority *more;

	if (find_names(der, &issuer, &subject) == -1) {
		gnutls_free(der->data);
		return 0;
	}
	more =
	    reallocarray(t->authorities, t->count + 1, sizeof(*t->authorities));
	if (more == NULL) {
		gnutls_free(der->data);
		return -1;
	}
	t->authorities = more;
	more[t->count++] = (struct authority){*der, subject};
	return 0;
}

struct trust_store *
trust_store_read(const char *file)
{
	struct trust_store *t = calloc(1, sizeof(*t));
	size_t octets;
	unsigned char *text = file_read(file, FILE_MAX, &octets), *at = text;
	gnutls_datum_t block, der;
	bool failed = t == NULL || text == NULL;

	while (!failed && (at = find_block(at, text + octets, &block)) != NULL)
		if (decode(&block, &der))
			failed = keep_certificate(t, &der) == -1;
	free(text);
	if (!failed)
		return t;
	trust_store_free(t);
	return NULL;
}

void
trust_store_free(struct trust_store *t)
{
	if (t == NULL)
		return;
	for (unsigned int i = 0; i < t->count; i++)
		gnutls_free(t->authorities[i].der.data);
	free(t->authorities);
	free(t);
}

unsigned int
trust_store_size(const struct trust_store *t)
{
	return t == NULL ? 0 : t->count;
}

void
trust_store_add(const struct trust_store *t, gnutls_x509_trust_list_t list,
    const gnutls_datum_t *chain, unsigned int size)
{
	struct names names;

	collect_names(&names, chain, size);
	for (unsigned int i = 0; i < t->count; i++)
		if (is_among(&names, &t->authorities[i].subject))
			trust(list, &t->authorities[i].der);
}
