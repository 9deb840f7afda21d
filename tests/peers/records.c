/*
 * A peer that floods a TLS session with records no library would send: after
 * STARTTLS and an honest handshake it takes the keys and makes its own.
 *
 *     records PORT VERSION KIND COUNT PAUSE
 *
 * VERSION is 1.2 or 1.3, KIND a name in the table at the end.  At most COUNT
 * records are sent with PAUSE milliseconds between them, or back to back with
 * 0; what the server says is read and dropped.  One line tells how it ended.
 */
#include "record_peer.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A program that hangs ends itself. */
#define HANG_SECONDS 120

/* When the flood begins; until the handshake is done it is in the clear. */
enum moment {
	FOR_HELLO,   /* where the ClientHello had to be */
	AFTER_HELLO, /* which is sent, and not followed up */
	AFTER_HANDSHAKE,
	REKEYING, /* after it, by the library, which changes keys with it */
};

struct kind {
	const char *name;
	unsigned char type;
	const void *content;
	size_t size;
	size_t repeated; /* the content, in one record */
	enum moment moment;
};

/* Makes the next record of this kind, or has the library send it. */
static size_t
make(struct record_peer *p, const struct kind *kind, unsigned char *record)
{
	unsigned char content[RECORD_CONTENT_MAX];
	size_t size = 0;

	for (size_t i = 0; i < kind->repeated; i++, size += kind->size)
		memcpy(content + size, kind->content, kind->size);
	if (kind->moment == AFTER_HANDSHAKE)
		return record_peer_protect(
		    p, kind->type, content, size, record);
	record[0] = kind->type;
	record_peer_put(record + 1, 0x0303, 2);
	record_peer_put(record + 3, size, 2);
	memcpy(record + RECORD_HEADER, content, size);
	return RECORD_HEADER + size;
}

/* Reads and drops; false once the server has ended the connection. */
static bool
drain(int fd, size_t *octets, const char **end)
{
	char dropped[65536];
	ssize_t n;

	while ((n = recv(fd, dropped, sizeof(dropped), MSG_DONTWAIT)) > 0)
		*octets += (size_t)n;
	if (n == -1 && errno == EAGAIN)
		return true;
	*end = n == 0 ? "closed" : "reset";
	return false;
}

/* Sends it all, reading meanwhile; false once the connection has ended. */
static bool
send_record(int fd, const unsigned char *record, size_t size, size_t *octets,
    const char **end)
{
	while (size > 0) {
		struct pollfd ready = {.fd = fd, .events = POLLIN | POLLOUT};
		ssize_t n;

		poll(&ready, 1, -1);
		if ((ready.revents & ~POLLOUT) != 0 && !drain(fd, octets, end))
			return false;
		n = send(fd, record, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN) {
			*end = "reset";
			return false;
		}
		if (n > 0) {
			record += n;
			size -= (size_t)n;
		}
	}
	return true;
}

/* The library's KeyUpdate, which asks for one in return. */
static bool
rekey(struct record_peer *p, size_t *octets, const char **end)
{
	int ret = gnutls_session_key_update(p->tls, GNUTLS_KU_PEER);

	if (ret < 0) {
		*end = "reset";
		return false;
	}
	return drain(p->fd, octets, end);
}

static void
flood(struct record_peer *p, const struct kind *kind, unsigned long count,
    unsigned int pause_ms)
{
	unsigned char record[RECORD_MAX];
	const char *end = "open";
	unsigned long sent = 0;
	size_t octets = 0;
	bool on = true;

	while (on && sent < count) {
		if (kind->moment == REKEYING)
			on = rekey(p, &octets, &end);
		else
			on = send_record(p->fd, record, make(p, kind, record),
			    &octets, &end);
		sent += on;
		if (pause_ms > 0)
			usleep(1000 * pause_ms);
	}
	/* All sent: the server may have its say until it closes. */
	shutdown(p->fd, SHUT_WR);
	while (on) {
		poll(&(struct pollfd){.fd = p->fd, .events = POLLIN}, 1, -1);
		on = drain(p->fd, &octets, &end);
	}
	printf("%s after %lu records, %zu octets back\n", end, sent, octets);
}

/* An update that asks for one in return, and one that does not. */
static const unsigned char key_update[] = {24, 0, 0, 1, 1};
static const unsigned char key_update_quiet[] = {24, 0, 0, 1, 0};
/* A warning: user_canceled. */
static const unsigned char warning[] = {1, 90};
static const unsigned char one[] = {1};
/* TLS 1.2, no extensions, one cipher suite. */
static const unsigned char client_hello[45] = {
    1, 0, 0, 41, 3, 3, [39] = 2, 0xc0, 0x2b, 1, 0};

static const struct kind kinds[] = {
    {"octets", APPLICATION_DATA, "\n", 1, 1, AFTER_HANDSHAKE},
    {"unfinished", APPLICATION_DATA, "x", 1, 1, AFTER_HANDSHAKE},
    {"pings", APPLICATION_DATA, "PING\n", 5, 3276, AFTER_HANDSHAKE},
    {"empty", APPLICATION_DATA, "", 0, 0, AFTER_HANDSHAKE},
    {"warnings", ALERT, warning, sizeof(warning), 1, AFTER_HANDSHAKE},
    {"hellos", HANDSHAKE, client_hello, sizeof(client_hello), 1,
	AFTER_HANDSHAKE},
    {"key-updates", HANDSHAKE, NULL, 0, 0, REKEYING},
    {"packed-key-updates", HANDSHAKE, key_update, sizeof(key_update), 3000,
	AFTER_HANDSHAKE},
    {"packed-quiet-key-updates", HANDSHAKE, key_update_quiet,
	sizeof(key_update_quiet), 3000, AFTER_HANDSHAKE},
    {"late-change-cipher-specs", CHANGE_CIPHER_SPEC, one, sizeof(one), 1,
	AFTER_HANDSHAKE},
    {"early-warnings", ALERT, warning, sizeof(warning), 1, FOR_HELLO},
    {"mid-warnings", ALERT, warning, sizeof(warning), 1, AFTER_HELLO},
    {"early-empty-handshakes", HANDSHAKE, "", 0, 0, FOR_HELLO},
    {"mid-empty-handshakes", HANDSHAKE, "", 0, 0, AFTER_HELLO},
    {"change-cipher-specs", CHANGE_CIPHER_SPEC, one, sizeof(one), 1,
	AFTER_HELLO},
};

int
main(int argc, char *argv[])
{
	struct record_peer peer;

	if (argc != 6)
		record_peer_fail(
		    "usage", "records PORT VERSION KIND COUNT PAUSE");
	alarm(HANG_SECONDS);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[3]) != 0)
			continue;
		record_peer_start(&peer, argv[1], strcmp(argv[2], "1.3") == 0);
		if (kinds[i].moment == AFTER_HELLO)
			record_peer_hello(&peer);
		else if (kinds[i].moment != FOR_HELLO)
			record_peer_handshake(&peer);
		flood(&peer, &kinds[i], strtoul(argv[4], NULL, 10),
		    (unsigned int)atoi(argv[5]));
		record_peer_end(&peer);
		return EXIT_SUCCESS;
	}
	record_peer_fail(argv[3], "no such kind");
}
