#include "keyholder/signer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/direct_calls.h"
#include "keyholder/keys.h"

/* The context of a private key. */
struct reference {
	struct signer *signer;
	uint32_t key;
	gnutls_pk_algorithm_t algorithm;
	unsigned int bits;
};

struct signer {
	int channel;
	struct keys *keys; /* the keys of this process; NULL: none */
	deadline when;
	char why[KEYHOLDER_WHY_MAX];
	struct reference references[KEYHOLDER_KEYS_MAX];
};

struct signer *
signer_new(void)
{
	struct signer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->channel = -1;
	s->when = DEADLINE_NEVER;
	return s;
}

void
signer_free(struct signer *s)
{
	free(s);
}

void
signer_set_channel(struct signer *s, int channel)
{
	s->channel = channel;
}

void
signer_set_keys(struct signer *s, struct keys *keys)
{
	s->keys = keys;
}

void
signer_set_deadline(struct signer *s, deadline when)
{
	s->when = when;
}

const char *
signer_why(const struct signer *s)
{
	return s->why;
}

/* Sends a request with the first octets of `data`. */
static int
send_request(const struct signer *s, struct keyholder_request *request,
    const void *data, size_t size)
{
	if (s->channel == -1) {
		errno = EPIPE;
		return -1;
	}
	request->size = (uint32_t)size;
	if (size > 0)
		memcpy(request->octets, data, size);
	/* It cannot block: it is the first on this channel. */
	return direct_send(s->channel, request,
		   offsetof(struct keyholder_request, octets) + size,
		   MSG_NOSIGNAL) == -1
	           ? -1
	           : 0;
}

void
signer_prepare(const struct signer *s)
{
	struct keyholder_request request = {.kind = KEYHOLDER_PREPARE};

	/* If that fails, so will the signature, with a reason. */
	(void)send_request(s, &request, NULL, 0);
}

static int
fail_to_sign(struct signer *s, const char *what, const char *why)
{
	snprintf(s->why, sizeof(s->why), "%s%s", what, why);
	return GNUTLS_E_PK_SIGN_FAILED;
}

/* Takes the signature from a reply of `size` octets after its head. */
static int
take_signature(struct signer *s, struct keyholder_reply *reply, size_t size,
    gnutls_datum_t *signature)
{
	if (reply->status != 0 && (size == 0 || size >= sizeof(reply->u.why)))
		return fail_to_sign(
		    s, "cannot sign: ", gnutls_strerror(reply->status));
	if (reply->status != 0) {
		reply->u.why[size] = '\0';
		return fail_to_sign(s, reply->u.why, "");
	}
	signature->data = gnutls_malloc(size);
	if (signature->data == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(signature->data, reply->u.signature, size);
	signature->size = (unsigned int)size;
	return 0;
}

static int
receive_reply(struct signer *s, gnutls_datum_t *signature)
{
	struct keyholder_reply reply;
	size_t head = offsetof(struct keyholder_reply, u);
	ssize_t n;

	if (deadline_wait(s->channel, POLLIN, s->when, -1) == -1 ||
	    ((n = direct_recv(s->channel, &reply, sizeof(reply), 0)) == -1 &&
		errno != ECONNRESET))
		return fail_to_sign(s, "no answer: ", strerror(errno));
	if (n < (ssize_t)head)
		return fail_to_sign(s, "the keyholder is gone", "");
	return take_signature(s, &reply, (size_t)n - head, signature);
}

/* Signs with the keys of this process. */
static int
sign_here(struct signer *s, struct keyholder_request *request,
    const gnutls_datum_t *octets, gnutls_datum_t *signature)
{
	struct keyholder_reply reply;

	request->size = octets->size;
	memcpy(request->octets, octets->data, octets->size);
	memset(&reply, 0, offsetof(struct keyholder_reply, u));
	keys_sign(s->keys, request, &reply);
	return take_signature(s, &reply, reply.size, signature);
}

static int
ask_for_signature(const struct reference *r, enum keyholder_kind kind,
    gnutls_sign_algorithm_t algorithm, const gnutls_datum_t *octets,
    gnutls_datum_t *signature)
{
	struct signer *s = r->signer;
	struct keyholder_request request; /* most octets stay unused */

	s->why[0] = '\0';
	if (octets->size > sizeof(request.octets))
		return fail_to_sign(s, "cannot sign: too much to sign", "");
	request.key = r->key;
	request.kind = kind;
	request.algorithm = (uint32_t)algorithm;
	if (s->keys != NULL)
		return sign_here(s, &request, octets, signature);
	if (send_request(s, &request, octets->data, octets->size) == 0)
		return receive_reply(s, signature);
	if (errno == EPIPE || errno == ECONNRESET)
		return fail_to_sign(s, "the keyholder is gone", "");
	return fail_to_sign(s, "cannot ask the keyholder: ", strerror(errno));
}

static int
sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm,
    void *reference, unsigned int flags, const gnutls_datum_t *hash,
    gnutls_datum_t *signature)
{
	(void)key;
	(void)flags;
	return ask_for_signature(
	    reference, KEYHOLDER_HASH, algorithm, hash, signature);
}

/* For EdDSA, which signs the message itself. */
static int
sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm,
    void *reference, unsigned int flags, const gnutls_datum_t *data,
    gnutls_datum_t *signature)
{
	(void)key;
	(void)flags;
	return ask_for_signature(
	    reference, KEYHOLDER_DATA, algorithm, data, signature);
}

/* For gnutls_privkey_import_ext4(3): -1 if the flag is not known. */
static int
describe_key(gnutls_privkey_t key, unsigned int flags, void *reference)
{
	const struct reference *r = reference;

	(void)key;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
		return (int)r->algorithm;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
		return (int)r->bits;
	if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
		return (int)gnutls_sign_supports_pk_algorithm(
		    GNUTLS_FLAGS_TO_SIGN_ALGO(flags), r->algorithm);
	return -1;
}

int
signer_import(struct signer *s, size_t index, gnutls_pubkey_t public,
    gnutls_privkey_t *key)
{
	struct reference *r = &s->references[index];
	int ret;

	ret = gnutls_pubkey_get_pk_algorithm(public, &r->bits);
	if (ret < 0)
		return ret;
	r->algorithm = (gnutls_pk_algorithm_t)ret;
	r->signer = s;
	r->key = (uint32_t)index;
	ret = gnutls_privkey_init(key);
	if (ret < 0)
		return ret;
	ret = gnutls_privkey_import_ext4(
	    *key, r, sign_data, sign_hash, NULL, NULL, describe_key, 0);
	if (ret < 0)
		gnutls_privkey_deinit(*key);
	return ret;
}
