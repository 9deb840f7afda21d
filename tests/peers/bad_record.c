/*
 * A peer that after STARTTLS and an honest handshake sends one record that no
 * library would, and says what comes back.
 *
 *     bad_record PORT VERSION KIND
 *
 * VERSION is 1.2 or 1.3, KIND a name in the table below.  Prints the alert that
 * answers it, and how many octets come behind that.
 */
#include "record_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A program that hangs ends itself. */
#define HANG_SECONDS 120

/* What is done to a good record, at which octet: from its begin, or before its
 * end if negative. */
struct change {
	int at;
	unsigned char flip; /* bits */
};

struct kind {
	const char *name;
	unsigned char type;
	const char *content;
	size_t size;
	struct change change;
};

static const char too_much[RECORD_CONTENT_MAX + 1];

static const struct kind kinds[] = {
    {"empty-alert", ALERT, "", 0, {0, 0}},
    {"half-alert", ALERT, "\2", 1, {0, 0}},
    {"long-alert", ALERT, "\2\12\0", 3, {0, 0}},
    {"unknown-type", 42, "PING\n", 5, {0, 0}},
    /* Of the header: the type, and the more significant octet of the length. */
    {"changed-type", APPLICATION_DATA, "PING\n", 5, {0, 0x40}},
    {"changed-length", APPLICATION_DATA, "PING\n", 5, {3, 0x80}},
    {"changed-content", APPLICATION_DATA, "PING\n", 5, {-RECORD_TAG - 3, 1}},
    {"changed-tag", APPLICATION_DATA, "PING\n", 5, {-1, 1}},
    {"too-much", APPLICATION_DATA, too_much, sizeof(too_much), {0, 0}},
    {"key-update-2", HANDSHAKE, "\30\0\0\1\2", 5, {0, 0}},
    {"key-update-empty", HANDSHAKE, "\30\0\0\0", 4, {0, 0}},
    {"key-update-long", HANDSHAKE, "\30\0\0\2\0\0", 6, {0, 0}},
    {"finished-again", HANDSHAKE, "\24\0\0\4\0\0\0\0", 8, {0, 0}},
};

static void
send_bad(struct record_peer *p, const struct kind *kind)
{
	unsigned char record[RECORD_MAX];
	size_t size = record_peer_protect(p, kind->type,
	    (const unsigned char *)kind->content, kind->size, record);
	int at = kind->change.at;

	record[at < 0 ? (int)size + at : at] ^= kind->change.flip;
	for (size_t sent = 0; sent < size;) {
		ssize_t n =
		    send(p->fd, record + sent, size - sent, MSG_NOSIGNAL);

		if (n == -1)
			return; /* the server has had enough of it */
		sent += (size_t)n;
	}
}

static void
report(struct record_peer *p)
{
	char octets[RECORD_MAX];
	size_t behind = 0;
	ssize_t n;

	/* Session tickets come first, of which it says so. */
	do
		n = gnutls_record_recv(p->tls, octets, sizeof(octets));
	while (n > 0 || n == GNUTLS_E_AGAIN);
	if (n == GNUTLS_E_FATAL_ALERT_RECEIVED)
		printf("alert %d", (int)gnutls_alert_get(p->tls));
	else
		printf("no alert (%s)",
		    n == 0 ? "close_notify" : gnutls_strerror((int)n));
	while ((n = recv(p->fd, octets, sizeof(octets), 0)) > 0)
		behind += (size_t)n;
	printf(", %zu octets behind it\n", behind);
}

int
main(int argc, char *argv[])
{
	struct record_peer peer;

	if (argc != 4)
		record_peer_fail("usage", "bad_record PORT VERSION KIND");
	alarm(HANG_SECONDS);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[3]) != 0)
			continue;
		record_peer_start(&peer, argv[1], strcmp(argv[2], "1.3") == 0);
		record_peer_handshake(&peer);
		send_bad(&peer, &kinds[i]);
		report(&peer);
		record_peer_end(&peer);
		return EXIT_SUCCESS;
	}
	record_peer_fail(argv[3], "no such kind");
}
