#include "keyholder/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "base/file.h"
#include "base/printable.h"
#include "keyholder/signing.h"
#include "log/log.h"
#include "tls/pem.h"

/* An RSA key of 16384 bits has 13 KiB of PEM. */
#define KEY_FILE_MAX 32768

/* The size of what is shown of a file's name: behind it what is wrong with it
 * must fit. */
#define FILE_SHOWN_MAX (KEYHOLDER_WHY_MAX - 112)

struct keys {
	const struct keyholder_options *options;
	FILE *files[KEYHOLDER_KEYS_MAX];  /* opened, not read yet */
	mode_t modes[KEYHOLDER_KEYS_MAX]; /* access permissions */
	bool read;
	char why[KEYHOLDER_WHY_MAX]; /* they cannot be used, or "" */
	gnutls_privkey_t private[KEYHOLDER_KEYS_MAX];
	uint8_t ids[KEYHOLDER_KEYS_MAX][KEYHOLDER_ID_SIZE];
};

struct keys *
keys_new(const struct keyholder_options *options)
{
	struct keys *k = calloc(1, sizeof(*k));

	if (k != NULL)
		k->options = options;
	return k;
}

void
keys_free(struct keys *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->options->count; i++)
		if (k->private[i] != NULL)
			gnutls_privkey_deinit(k->private[i]);
	free(k);
}

/* The access permissions of a file, 0 where they are not known. */
static mode_t
permissions(FILE *file)
{
	struct stat status;

	return fstat(fileno(file), &status) == -1
	           ? 0
	           : status.st_mode & ACCESSPERMS;
}

/* Begins to open or read a key. */
static void
begin_file(const struct keys *k, const char *name)
{
	if (k->options->watched)
		log_line(LOG_DEBUG, "reading %s", name);
	else
		file_time_begin();
}

static void
end_file(const struct keys *k)
{
	if (!k->options->watched)
		file_time_end();
}

/* Notes that the key cannot be read or used.  Returns -1. */
static int
fail(struct keys *k, const char *use, const char *file, const char *why)
{
	char shown[FILE_SHOWN_MAX];
	int n = snprintf(shown, sizeof(shown), "%s", file);

	printable_mark_cut(shown, sizeof(shown), (size_t)n);
	snprintf(
	    k->why, sizeof(k->why), "cannot %s key %s: %s", use, shown, why);
	return -1;
}

int
keys_open(struct keys *k)
{
	char why[ACCOUNT_ERROR_MAX];

	for (size_t i = 0; i < k->options->count; i++) {
		const char *file = k->options->pairs[i].key_file;

		begin_file(k, file);
		k->files[i] = fopen(file, "re");
		end_file(k);
		if (k->files[i] != NULL) {
			k->modes[i] = permissions(k->files[i]);
			continue;
		}
		return fail(
		    k, "read", file, keyholder_open_error(k->options, why));
	}
	return 0;
}

void
keys_warn_of_readers(const struct keys *k)
{
	for (size_t i = 0; i < k->options->count; i++)
		if ((k->modes[i] & S_IROTH) != 0)
			log_line(LOG_WARNING,
			    "key %s: every user can read it (mode %03o)",
			    k->options->pairs[i].key_file, k->modes[i]);
}

/* Imports a key.  Returns NULL, or why it cannot be used. */
static const char *
import_key(struct keys *k, size_t index, const gnutls_datum_t *pem)
{
	gnutls_x509_privkey_t x509;
	size_t size = KEYHOLDER_ID_SIZE;
	int ret;

	ret = gnutls_x509_privkey_init(&x509);
	if (ret < 0)
		return gnutls_strerror(ret);
	ret = gnutls_x509_privkey_import2(
	    x509, pem, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
	if (ret == 0)
		ret = gnutls_x509_privkey_get_key_id(
		    x509, GNUTLS_KEYID_USE_SHA256, k->ids[index], &size);
	if (ret == 0)
		ret = gnutls_privkey_init(&k->private[index]);
	if (ret == 0)
		ret = gnutls_privkey_import_x509(k->private[index], x509,
		    GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE);
	if (ret == 0)
		return NULL;
	gnutls_x509_privkey_deinit(x509);
	return pem_fault(pem, PEM_PRIVATE_KEY, ret);
}

/* Reads one key and closes its file. */
static int
read_key(struct keys *k, size_t index)
{
	const char *name = k->options->pairs[index].key_file;
	FILE *file = k->files[index];
	unsigned char octets[KEY_FILE_MAX];
	gnutls_datum_t pem = {octets, 0};
	char why[ACCOUNT_ERROR_MAX];
	const char *what;

	setbuf(file, NULL); /* the buffer would be another copy of the key */
	begin_file(k, name);
	pem.size = (unsigned int)fread(octets, 1, sizeof(octets), file);
	end_file(k);
	if (ferror(file)) {
		fail(k, "read", name, keyholder_open_error(k->options, why));
		fclose(file);
		return -1;
	}
	fclose(file);
	what = pem.size == sizeof(octets) ? "it is larger than 32 KiB"
	                                  : import_key(k, index, &pem);
	gnutls_memset(octets, 0, sizeof(octets));
	if (what == NULL)
		return 0;
	return fail(k, "use", name, what);
}

int
keys_confine(struct keys *k)
{
	/* Not freed: it stays in force. */
	struct sandbox *sandbox = sandbox_new(SANDBOX_KEYHOLDER);

	if (sandbox != NULL &&
	    sandbox_enter(sandbox, sandbox_descriptor(sandbox)) == 0)
		return 0;
	snprintf(k->why, sizeof(k->why), "cannot confine the keyholder: %s",
	    strerror(errno));
	return -1;
}

int
keys_read(struct keys *k)
{
	k->read = true;
	if (k->why[0] != '\0')
		return -1;
	for (size_t i = 0; i < k->options->count; i++)
		if (read_key(k, i) == -1)
			return -1;
	return k->options->sandboxed ? keys_confine(k) : 0;
}

bool
keys_are_read(const struct keys *k)
{
	return k->read;
}

const uint8_t *
keys_id(const struct keys *k, size_t index)
{
	return k->ids[index];
}

void
keys_give_up(struct keys *k, const char *why)
{
	snprintf(k->why, sizeof(k->why), "%s", why);
}

const char *
keys_why(const struct keys *k)
{
	return k->why;
}

/* Signs a request that was found to be allowed. */
static int
sign(gnutls_privkey_t key, const struct keyholder_request *request,
    gnutls_datum_t *signature)
{
	gnutls_sign_algorithm_t algorithm =
	    (gnutls_sign_algorithm_t)request->algorithm;
	gnutls_datum_t octets = {
	    (unsigned char *)(uintptr_t)request->octets, request->size};

	return request->kind == KEYHOLDER_DATA
	           ? gnutls_privkey_sign_data2(
			 key, algorithm, 0, &octets, signature)
	           : gnutls_privkey_sign_hash2(
			 key, algorithm, 0, &octets, signature);
}

void
keys_sign(struct keys *k, const struct keyholder_request *request,
    struct keyholder_reply *reply)
{
	gnutls_datum_t signature = {NULL, 0};

	if (!k->read)
		(void)keys_read(k);
	if (k->why[0] != '\0') {
		reply->status = GNUTLS_E_FILE_ERROR;
		reply->size = (uint32_t)strlen(k->why);
		memcpy(reply->u.why, k->why, reply->size);
		return;
	}
	if (request->key >= k->options->count ||
	    !signing_allowed(
		request, k->private[request->key], k -> options -> policy)) {
		reply->status = GNUTLS_E_INVALID_REQUEST;
		return;
	}
	reply->status = sign(k->private[request->key], request, &signature);
	if (reply->status == 0 && signature.size > sizeof(reply->u.signature))
		reply->status = GNUTLS_E_SHORT_MEMORY_BUFFER;
	if (reply->status == 0) {
		reply->size = signature.size;
		memcpy(reply->u.signature, signature.data, signature.size);
	}
	gnutls_free(signature.data);
}
