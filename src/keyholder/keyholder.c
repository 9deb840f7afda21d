/*
 * The asking side of the keyholder: starts it, and the private key whose every
 * signature is a message to it.
 */
#include "keyholder/keyholder.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "keyholder/keyholder_wire.h"

/* Reading keys is a matter of milliseconds; a file system that hangs is not
 * waited for without end. */
#define START_MS 10000

/* A pause while too many descriptors are on their way to the keyholder, which
 * takes some 10,000 requests a second. */
#define CROWD_US 10000

/* What a private key of ours knows: whom to ask for which key. */
struct reference {
	struct keyholder *keyholder;
	uint32_t key;
	gnutls_pk_algorithm_t algorithm;
	unsigned int bits;
};

struct keyholder {
	int socket;
	pid_t pid;
	deadline when;
	int reply[2]; /* ours, and the one that goes with the request */
	size_t count;
	bool introduced;
	struct keyholder_hello hello;
	char why[KEYHOLDER_WHY_MAX];
	struct reference references[KEYHOLDER_KEYS_MAX];
};

/* Takes the keyholder's first message. */
static int
meet(struct keyholder *k, char *why)
{
	ssize_t n = -1;

	if (deadline_wait(k->socket, POLLIN, deadline_in(START_MS), -1) == 1)
		n = recv(k->socket, &k->hello, sizeof(k->hello), 0);
	if (n != sizeof(k->hello)) {
		snprintf(why, KEYHOLDER_WHY_MAX,
		    "the keyholder did not start: %s",
		    n == -1 ? strerror(errno) : "it ended");
		return -1;
	}
	if (k->hello.status != 0) {
		snprintf(why, KEYHOLDER_WHY_MAX, "%s", k->hello.why);
		return -1;
	}
	k->introduced = true;
	return 0;
}

struct keyholder *
keyholder_start(const struct keyholder_options *options, char *why)
{
	struct keyholder *k = calloc(1, sizeof(*k));
	int pair[2];

	if (k == NULL ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1) {
		snprintf(why, KEYHOLDER_WHY_MAX,
		    "cannot start the keyholder: %s", strerror(errno));
		free(k);
		return NULL;
	}
	k->socket = pair[0];
	k->when = DEADLINE_NEVER;
	k->reply[0] = k->reply[1] = -1;
	k->count = options->count;
	k->pid = fork();
	if (k->pid == 0)
		keyholder_process(pair[1], options);
	close(pair[1]);
	if (k->pid == -1)
		snprintf(why, KEYHOLDER_WHY_MAX,
		    "cannot fork the keyholder: %s", strerror(errno));
	if (k->pid == -1 || (options->wait && meet(k, why) == -1)) {
		keyholder_free(k);
		return NULL;
	}
	return k;
}

static void
close_reply(struct keyholder *k)
{
	for (int i = 0; i < 2; i++) {
		if (k->reply[i] != -1)
			close(k->reply[i]);
		k->reply[i] = -1;
	}
}

void
keyholder_free(struct keyholder *k)
{
	if (k == NULL)
		return;
	close_reply(k);
	close(k->socket);
	free(k);
}

pid_t
keyholder_pid(const struct keyholder *k)
{
	return k->pid;
}

int
keyholder_socket(const struct keyholder *k)
{
	return k->socket;
}

const uint8_t *
keyholder_id(const struct keyholder *k, size_t index)
{
	return k->introduced && index < k->count ? k->hello.ids[index] : NULL;
}

bool
keyholder_readable(const struct keyholder *k, char *why)
{
	snprintf(why, KEYHOLDER_WHY_MAX, "%s", k->hello.unreadable);
	return why[0] == '\0';
}

void
keyholder_set_deadline(struct keyholder *k, deadline when)
{
	k->when = when;
}

void
keyholder_wake(const struct keyholder *k)
{
	if (!k->introduced)
		(void)send(k->socket, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL);
}

const char *
keyholder_why(const struct keyholder *k)
{
	return k->why;
}

/* Sends the request with the descriptor for its reply. */
static int
send_request(struct keyholder *k, const struct keyholder_request *head,
    const gnutls_datum_t *octets)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov[2] = {
	    {(void *)(uintptr_t)head,
		offsetof(struct keyholder_request, octets)},
	    {octets->data, octets->size},
	};
	struct msghdr message = {
	    .msg_iov = iov,
	    .msg_iovlen = 2,
	    .msg_control = control.octets,
	    .msg_controllen = sizeof(control.octets),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	memset(&control, 0, sizeof(control));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &k->reply[1], sizeof(int));
	while (
	    sendmsg(k->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == -1) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN) {
			if (deadline_wait(k->socket, POLLOUT, k->when, -1) == 1)
				continue;
		} else if (errno == ETOOMANYREFS) {
			/* As many descriptors as RLIMIT_NOFILE are already on
			 * their way (unix(7)): look again in a moment. */
			if (deadline_now() < k->when) {
				usleep(CROWD_US);
				continue;
			}
			errno = ETIMEDOUT;
		}
		return -1;
	}
	return 0;
}

static int
receive_reply(struct keyholder *k, gnutls_datum_t *signature)
{
	struct keyholder_reply reply;
	size_t head = offsetof(struct keyholder_reply, u), size;
	ssize_t n;

	if (deadline_wait(k->reply[0], POLLIN, k->when, -1) == -1 ||
	    (n = recv(k->reply[0], &reply, sizeof(reply), 0)) == -1) {
		snprintf(
		    k->why, sizeof(k->why), "no answer: %s", strerror(errno));
		return GNUTLS_E_PK_SIGN_FAILED;
	}
	if ((size_t)n < head) {
		snprintf(k->why, sizeof(k->why), "the keyholder is gone");
		return GNUTLS_E_PK_SIGN_FAILED;
	}
	size = (size_t)n - head;
	if (reply.status != 0) {
		if (size > 0 && size < sizeof(reply.u.why))
			snprintf(k->why, sizeof(k->why), "%.*s", (int)size,
			    reply.u.why);
		else
			snprintf(k->why, sizeof(k->why), "cannot sign: %s",
			    gnutls_strerror(reply.status));
		return GNUTLS_E_PK_SIGN_FAILED;
	}
	signature->data = gnutls_malloc(size);
	if (signature->data == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(signature->data, reply.u.signature, size);
	signature->size = (unsigned int)size;
	return 0;
}

static int
ask(const struct reference *r, enum keyholder_kind kind,
    gnutls_sign_algorithm_t algorithm, const gnutls_datum_t *octets,
    gnutls_datum_t *signature)
{
	struct keyholder *k = r->keyholder;
	struct keyholder_request head; /* its octets stay unused */
	int ret;

	head.key = r->key;
	head.kind = kind;
	head.algorithm = (uint32_t)algorithm;
	head.size = octets->size;

	k->why[0] = '\0';
	if (octets->size > KEYHOLDER_DATA_MAX)
		return GNUTLS_E_INVALID_REQUEST;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, k->reply) ==
		-1 ||
	    send_request(k, &head, octets) == -1) {
		snprintf(k->why, sizeof(k->why), "cannot ask the keyholder: %s",
		    strerror(errno));
		close_reply(k);
		return GNUTLS_E_PK_SIGN_FAILED;
	}
	/* With our copy gone, a keyholder that dies ends the wait. */
	close(k->reply[1]);
	k->reply[1] = -1;
	ret = receive_reply(k, signature);
	close_reply(k);
	return ret;
}

static int
sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm,
    void *reference, unsigned int flags, const gnutls_datum_t *hash,
    gnutls_datum_t *signature)
{
	(void)key;
	(void)flags;
	return ask(reference, KEYHOLDER_HASH, algorithm, hash, signature);
}

/* For EdDSA, which has no hash to sign. */
static int
sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm,
    void *reference, unsigned int flags, const gnutls_datum_t *data,
    gnutls_datum_t *signature)
{
	(void)key;
	(void)flags;
	return ask(reference, KEYHOLDER_DATA, algorithm, data, signature);
}

/* gnutls_privkey_import_ext4(3): -1 where the question is not known. */
static int
describe(gnutls_privkey_t key, unsigned int flags, void *reference)
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
keyholder_import(struct keyholder *k, size_t index, gnutls_pubkey_t public,
    gnutls_privkey_t *key)
{
	struct reference *r = &k->references[index];
	int ret;

	ret = gnutls_pubkey_get_pk_algorithm(public, &r->bits);
	if (ret < 0)
		return ret;
	r->algorithm = (gnutls_pk_algorithm_t)ret;
	r->keyholder = k;
	r->key = (uint32_t)index;
	ret = gnutls_privkey_init(key);
	if (ret < 0)
		return ret;
	ret = gnutls_privkey_import_ext4(
	    *key, r, sign_data, sign_hash, NULL, NULL, describe, 0);
	if (ret < 0)
		gnutls_privkey_deinit(*key);
	return ret;
}
