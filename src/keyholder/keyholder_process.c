/*
 * The process that holds the private keys and signs.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "base/descriptors.h"
#include "keyholder/keyholder_wire.h"
#include "tls/pem.h"

/* The key of a 16384-bit RSA certificate is 13 KiB of PEM. */
#define KEY_FILE_MAX 32768

struct keys {
	const struct keyholder_options *options;
	FILE *files[KEYHOLDER_KEYS_MAX]; /* opened, not read yet */
	char why[KEYHOLDER_WHY_MAX];     /* they cannot be used, or "" */
	bool loaded;
	gnutls_privkey_t private[KEYHOLDER_KEYS_MAX];
};

/*
 * Lets go of all that was inherited but the socket, standard descriptors
 * included: in inetd mode they are the peer.
 */
static void
let_go(int socket)
{
	descriptors_drop_standard();
	descriptors_keep(&socket, 1);
}

/* Opens every key file, with the privileges it was born with. */
static int
open_keys(struct keys *keys)
{
	for (size_t i = 0; i < keys->options->count; i++) {
		const char *file = keys->options->pairs[i].key_file;

		keys->files[i] = fopen(file, "re");
		if (keys->files[i] != NULL)
			continue;
		snprintf(keys->why, sizeof(keys->why), "cannot read key %s: %s",
		    file, strerror(errno));
		return -1;
	}
	return 0;
}

/* Reads one key and closes its file; the key's id goes to `id`. */
static int
load_key(struct keys *keys, size_t index, uint8_t *id)
{
	const char *name = keys->options->pairs[index].key_file;
	FILE *file = keys->files[index];
	gnutls_x509_privkey_t x509 = NULL;
	unsigned char octets[KEY_FILE_MAX];
	gnutls_datum_t pem = {octets, 0};
	size_t size = KEYHOLDER_ID_SIZE;
	const char *what;
	int ret;

	setbuf(file, NULL); /* which would be one more copy of the key */
	pem.size = (unsigned int)fread(octets, 1, sizeof(octets), file);
	if (ferror(file)) {
		snprintf(keys->why, sizeof(keys->why), "cannot read key %s: %s",
		    name, strerror(errno));
		fclose(file);
		return -1;
	}
	fclose(file);
	what = pem.size == sizeof(octets)
	           ? "it is larger than 32 KiB"
	           : pem_missing(octets, pem.size, "PRIVATE KEY");
	if (what != NULL) {
		gnutls_memset(octets, 0, sizeof(octets));
		snprintf(keys->why, sizeof(keys->why), "cannot use key %s: %s",
		    name, what);
		return -1;
	}
	ret = gnutls_x509_privkey_init(&x509);
	if (ret == 0)
		ret = gnutls_x509_privkey_import2(
		    x509, &pem, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
	gnutls_memset(octets, 0, sizeof(octets));
	if (ret == 0)
		ret = gnutls_x509_privkey_get_key_id(
		    x509, GNUTLS_KEYID_USE_SHA256, id, &size);
	if (ret == 0)
		ret = gnutls_privkey_init(&keys->private[index]);
	if (ret == 0)
		ret = gnutls_privkey_import_x509(keys->private[index], x509,
		    GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE);
	if (ret == 0)
		return 0;
	if (x509 != NULL)
		gnutls_x509_privkey_deinit(x509);
	snprintf(keys->why, sizeof(keys->why), "cannot use key %s: %s", name,
	    ret == GNUTLS_E_DECRYPTION_FAILED ? "it is encrypted"
					      : gnutls_strerror(ret));
	return -1;
}

/* Reads every key, and confines the process: it needs no file any more. */
static int
load_keys(struct keys *keys, uint8_t (*ids)[KEYHOLDER_ID_SIZE])
{
	struct sandbox *sandbox;

	for (size_t i = 0; i < keys->options->count; i++)
		if (load_key(keys, i, ids[i]) == -1)
			return -1;
	keys->loaded = true;
	if (!keys->options->sandboxed)
		return 0;
	/* Never freed: it is in force until the end. */
	sandbox = sandbox_new(SANDBOX_KEYHOLDER);
	if (sandbox != NULL && sandbox_enter(sandbox) == 0)
		return 0;
	snprintf(keys->why, sizeof(keys->why),
	    "cannot confine the keyholder: %s", strerror(errno));
	return -1;
}

/* Whether the keys are there to sign with; reads them the first time. */
static bool
ready(struct keys *keys, uint8_t (*ids)[KEYHOLDER_ID_SIZE])
{
	return keys->why[0] == '\0' &&
	       (keys->loaded || load_keys(keys, ids) == 0);
}

/* Says why a key could not be opened again, or leaves `why` empty. */
static void
check_readable(const struct keyholder_options *options, char *why)
{
	for (size_t i = 0; i < options->count; i++) {
		const char *file = options->pairs[i].key_file;

		if (eaccess(file, R_OK) == 0)
			continue;
		snprintf(why, KEYHOLDER_WHY_MAX,
		    "key %s cannot be read by user %s: %s", file,
		    options->account->name, strerror(errno));
		return;
	}
}

/* Reads the keys while the one who started us waits. */
static void
introduce(int socket, struct keys *keys)
{
	struct keyholder_hello hello;

	memset(&hello, 0, sizeof(hello));
	if (keys->options->account != NULL)
		check_readable(keys->options, hello.unreadable);
	hello.status = ready(keys, hello.ids) ? 0 : -1;
	memcpy(hello.why, keys->why, sizeof(hello.why));
	if (send(socket, &hello, sizeof(hello), MSG_NOSIGNAL) == -1 ||
	    hello.status != 0)
		_exit(1);
}

/*
 * Whether the key is one for this algorithm, and that fit for use. GnuTLS 3.7.9
 * knows names of algorithms that it cannot do: asked to sign with MD2, it
 * writes past the end of its buffer.
 */
static bool
fits(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm)
{
	int kind = gnutls_privkey_get_pk_algorithm(key, NULL);

	return gnutls_sign_is_secure(algorithm) &&
	       gnutls_sign_supports_pk_algorithm(
		   algorithm, (gnutls_pk_algorithm_t)kind);
}

/* Whether an algorithm signs the data itself; for any other it is hashed by who
 * asks. */
static bool
is_eddsa(gnutls_sign_algorithm_t algorithm)
{
	return algorithm == GNUTLS_SIGN_EDDSA_ED25519 ||
	       algorithm == GNUTLS_SIGN_EDDSA_ED448;
}

/* Signs what the request has, if it is what its algorithm signs. */
static int
sign_octets(gnutls_privkey_t key, const struct keyholder_request *request,
    gnutls_datum_t *signature)
{
	gnutls_sign_algorithm_t algorithm =
	    (gnutls_sign_algorithm_t)request->algorithm;
	gnutls_datum_t octets = {
	    (unsigned char *)(uintptr_t)request->octets, request->size};

	if (!fits(key, algorithm))
		return GNUTLS_E_INVALID_REQUEST;
	if (request->kind == KEYHOLDER_DATA && is_eddsa(algorithm))
		return gnutls_privkey_sign_data2(
		    key, algorithm, 0, &octets, signature);
	if (request->kind != KEYHOLDER_HASH)
		return GNUTLS_E_INVALID_REQUEST;
	/* Raw RSA has its hash within a DigestInfo (RFC 8017, 9.2), which
	 * GnuTLS pads. */
	if (algorithm != GNUTLS_SIGN_RSA_RAW &&
	    request->size !=
		gnutls_hash_get_len(gnutls_sign_get_hash_algorithm(algorithm)))
		return GNUTLS_E_INVALID_REQUEST;
	return gnutls_privkey_sign_hash2(key, algorithm, 0, &octets, signature);
}

static void
sign(struct keys *keys, const struct keyholder_request *request,
    struct keyholder_reply *reply)
{
	gnutls_datum_t signature = {NULL, 0};
	int ret;

	if (request->key >= keys->options->count) {
		reply->status = GNUTLS_E_INVALID_REQUEST;
		return;
	}
	if (keys->why[0] != '\0') {
		memcpy(reply->u.why, keys->why, sizeof(reply->u.why));
		reply->status = GNUTLS_E_FILE_ERROR;
		reply->size = (uint32_t)strlen(reply->u.why);
		return;
	}
	ret = sign_octets(keys->private[request->key], request, &signature);
	if (ret == 0 && signature.size > sizeof(reply->u.signature))
		ret = GNUTLS_E_SHORT_MEMORY_BUFFER;
	if (ret == 0) {
		reply->size = signature.size;
		memcpy(reply->u.signature, signature.data, signature.size);
	}
	reply->status = ret;
	gnutls_free(signature.data);
}

/*
 * Takes one request; closes every descriptor of it but the first, which goes to
 * `reply_to`.  Returns the request's size, 0 at the end, or -1: not a request.
 */
static ssize_t
receive(int socket, struct keyholder_request *request, int *reply_to)
{
	/* Room for more than is right, so that more is seen and closed; what
	 * would not fit the kernel closes itself (unix(7), MSG_CTRUNC). */
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(8 * sizeof(int))];
	} control;
	/* cppcheck-suppress ctuuninitvar ; it is received into */
	struct iovec iov = {request, sizeof(*request)};
	struct msghdr message = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.octets,
	    .msg_controllen = sizeof(control.octets),
	};
	ssize_t n;

	*reply_to = -1;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == ENOBUFS || errno == ENOMEM ? -1 : 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL;
	     c = CMSG_NXTHDR(&message, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (*reply_to == -1)
				*reply_to = fd;
			else
				close(fd);
		}
	}
	/* Both the end and an empty packet are 0; only the end hangs up. */
	if (n == 0) {
		struct pollfd end = {.fd = socket};

		return poll(&end, 1, 0) == 1 && (end.revents & POLLHUP) != 0
		           ? 0
		           : -1;
	}
	if (*reply_to == -1 || (message.msg_flags & MSG_TRUNC) != 0 ||
	    (size_t)n < offsetof(struct keyholder_request, octets) ||
	    request->size !=
		(size_t)n - offsetof(struct keyholder_request, octets))
		return -1;
	return n;
}

/* Serves one request, if it is one.  Returns false at the end. */
static bool
serve_one(int socket, struct keys *keys)
{
	struct keyholder_request request;
	struct keyholder_reply reply;
	uint8_t ids[KEYHOLDER_KEYS_MAX][KEYHOLDER_ID_SIZE];
	int reply_to;
	ssize_t n = receive(socket, &request, &reply_to);

	/* The first time; what is no request may be keyholder_wake(). */
	if (n != 0)
		(void)ready(keys, ids);
	if (n > 0) {
		memset(&reply, 0, sizeof(reply));
		sign(keys, &request, &reply);
		/* Never waits: a session that does not take its reply is the
		 * only one to lose it. */
		send(reply_to, &reply,
		    offsetof(struct keyholder_reply, u) + reply.size,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	if (reply_to != -1)
		close(reply_to);
	return n != 0;
}

_Noreturn void
keyholder_process(int socket, const struct keyholder_options *options)
{
	struct keys keys = {.options = options};
	sigset_t all;

	/* It ends when no one can ask any more, not when a terminal or a
	 * service manager signals the whole group. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "pingtlsd-keys");
	let_go(socket);
	if (open_keys(&keys) == 0)
		(void)sandbox_give_up_privileges(options->account, keys.why);
	if (options->wait)
		introduce(socket, &keys);

	while (serve_one(socket, &keys))
		;
	for (size_t i = 0; i < keys.options->count; i++)
		gnutls_privkey_deinit(keys.private[i]);
	_exit(0);
}
