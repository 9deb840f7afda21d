/*
 * What is asked of the keyholder, and done to it, by one session's channel.
 */
#include "takeover.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <gnutls/gnutls.h>

#include "keyholder/keyholder_wire.h"

static int
result(long returned)
{
	return returned == -1 ? errno : 0;
}

/* Asks for a signature.  Returns 0 if it came, or an errno. */
static int
ask(const struct loot *loot, enum keyholder_kind kind,
    gnutls_sign_algorithm_t scheme, const void *octets, uint32_t size)
{
	struct keyholder_request request = {
	    .kind = kind, .algorithm = (uint32_t)scheme, .size = size};
	struct keyholder_reply reply;
	struct pollfd reading = {.fd = loot->channel, .events = POLLIN};
	size_t head = offsetof(struct keyholder_request, octets);

	memcpy(request.octets, octets, size);
	if (raw(SYS_sendto, loot->channel, &request, head + size, MSG_NOSIGNAL,
		NULL, 0) == -1)
		return errno;
	raw(SYS_ppoll, &reading, 1, NULL, NULL, 0);
	if (raw(SYS_recvfrom, loot->channel, &reply, sizeof(reply), 0, NULL,
		NULL) <= 0)
		return EPIPE;
	return reply.status == 0 ? 0 : EPERM;
}

/* Row 12: more than the one signature of a handshake. */
static int
sign_twice(const struct loot *loot)
{
	static const uint8_t digest[32] = {1};
	int error = 0;

	for (int i = 0; i < 2 && error == 0; i++)
		error = ask(loot, KEYHOLDER_HASH,
		    GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, digest, 32);
	return error;
}

/* Row 12: raw RSA over what is no DigestInfo. */
static int
sign_raw(const struct loot *loot)
{
	return ask(loot, KEYHOLDER_HASH, GNUTLS_SIGN_RSA_RAW, "anything", 8);
}

/* Row 12: RSA over a hash that no policy has. */
static int
sign_old(const struct loot *loot)
{
	static const uint8_t digest[20] = {1};

	return ask(loot, KEYHOLDER_HASH, GNUTLS_SIGN_RSA_SHA1, digest, 20);
}

/* Row 12: Ed25519 over a text. */
static int
sign_text(const struct loot *loot)
{
	static const char text[] = "I, the server, owe the bearer a beer.";

	return ask(loot, KEYHOLDER_DATA, GNUTLS_SIGN_EDDSA_ED25519, text,
	    sizeof(text) - 1);
}

/*
 * Row 3: a connection whose close waits for a peer that does not read, for the
 * keyholder to close: if the session is the first to close its own.
 */
static int
linger(const struct loot *loot)
{
	/* Its first line is the answer that the client reads. */
	static char octets[65536] = "\n";
	struct linger on = {1, 60};
	char command[256];

	if (raw(SYS_setsockopt, loot->stream, SOL_SOCKET, SO_LINGER, &on,
		sizeof(on)) == -1)
		return errno;
	/* What is left unread would make the close a reset. */
	raw(SYS_recvfrom, loot->stream, command, sizeof(command), 0, NULL,
	    NULL);
	while (raw(SYS_sendto, loot->stream, octets, sizeof(octets),
		   MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0) > 0)
		;
	if (pass_descriptor(loot->channel, loot->stream) == -1)
		return errno;
	raw(SYS_close, loot->stream);
	raw(SYS_exit_group, 0);
	return 0;
}

/* Row 6: no more requests, or no more replies. */
static int
shut_channel(const struct loot *loot)
{
	return result(raw(SYS_shutdown, loot->channel, SHUT_RDWR));
}

/* Row 6: no room for a request. */
static int
shrink_channel(const struct loot *loot)
{
	int size = 1;

	return result(raw(SYS_setsockopt, loot->channel, SOL_SOCKET, SO_SNDBUF,
	    &size, sizeof(size)));
}

/* What is no request, until nothing more is taken. */
static int
babble(const struct loot *loot)
{
	static char octets[4096];

	memset(octets, 0xff, sizeof(octets));
	for (size_t i = 0; i < 100000; i++)
		if (raw(SYS_sendto, loot->channel, octets, i % sizeof(octets),
			MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0) == -1)
			break;
	return 0;
}

/* The attempt that the argument names, in the keyholder, where this library is,
 * too. */
static int
in_keyholder(const struct loot *loot)
{
	struct pollfd reading = {.fd = loot->channel, .events = POLLIN};
	char line[256], answer[128] = "";

	snprintf(line, sizeof(line), TAKEOVER_COMMAND "%s\n", loot->argument);
	if (raw(SYS_sendto, loot->channel, line, strlen(line), MSG_NOSIGNAL,
		NULL, 0) == -1)
		return errno;
	raw(SYS_ppoll, &reading, 1, NULL, NULL, 0);
	if (raw(SYS_recvfrom, loot->channel, answer, sizeof(answer) - 1, 0,
		NULL, NULL) <= 0)
		return EPIPE;
	return strcmp(answer, "made\n") == 0 ? 0 : EPERM;
}

const struct attempt attempts_on_channel[] = {
    {"in_keyholder", in_keyholder},
    {"sign_twice", sign_twice},
    {"sign_raw", sign_raw},
    {"sign_old", sign_old},
    {"sign_text", sign_text},
    {"linger", linger},
    {"shut_channel", shut_channel},
    {"shrink_channel", shrink_channel},
    {"babble", babble},
    {NULL, NULL},
};
