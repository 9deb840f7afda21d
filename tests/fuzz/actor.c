/*
 * The other end of a stream, which does what a script's letters say.
 */
#include "actor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

static void
add(struct octets *t, const void *octets, size_t size)
{
	FUZZ_REQUIRE(size <= sizeof(t->octets) - t->length);
	memcpy(t->octets + t->length, octets, size);
	t->length += size;
}

/* Sends what there is room for. */
static ssize_t
send_octets(struct actor *a, const void *octets, size_t size)
{
	ssize_t n = send(a->fd, octets, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		add(&a->sent, octets, (size_t)n);
	return n;
}

static ssize_t
push(gnutls_transport_ptr_t transport, const void *octets, size_t size)
{
	struct actor *a = transport;
	ssize_t n = -1;

	errno = EAGAIN;
	if (!a->drips || a->state != ACTOR_SHAKING)
		n = send_octets(a, octets, size);
	else if (!a->pushed)
		n = send_octets(a, octets, 1);
	a->pushed = true;
	if (n == -1)
		gnutls_transport_set_errno(a->tls, errno);
	return n;
}

static ssize_t
pull(gnutls_transport_ptr_t transport, void *octets, size_t size)
{
	struct actor *a = transport;
	ssize_t n = recv(a->fd, octets, size, MSG_DONTWAIT);

	if (n > 0)
		add(&a->heard, octets, (size_t)n);
	if (n == -1)
		gnutls_transport_set_errno(a->tls, errno);
	return n;
}

static bool
something_waits(const struct actor *a)
{
	struct pollfd in = {.fd = a->fd, .events = POLLIN};

	return poll(&in, 1, 0) == 1;
}

static int
pull_timeout(gnutls_transport_ptr_t transport, unsigned int ms)
{
	(void)ms;
	return something_waits(transport);
}

static void
shake_hands(struct actor *a)
{
	int ret;

	a->pushed = false;
	ret = gnutls_handshake(a->tls);
	if (ret == 0) {
		a->state = ACTOR_ENCRYPTED;
		a->shaken = true;
	} else if (gnutls_error_is_fatal(ret)) {
		gnutls_alert_send_appropriate(a->tls, ret);
		a->state = ACTOR_BROKEN;
	}
}

static void
begin_handshake(struct actor *a, const char *priority)
{
	if (a->state != ACTOR_CLEAR)
		return;
	FUZZ_REQUIRE(gnutls_init(&a->tls,
			 a->role | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) == 0);
	FUZZ_REQUIRE(gnutls_priority_set_direct(a->tls, priority, NULL) == 0);
	gnutls_credentials_set(a->tls, GNUTLS_CRD_CERTIFICATE, a->credentials);
	gnutls_handshake_set_timeout(a->tls, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls_transport_set_ptr(a->tls, a);
	gnutls_transport_set_push_function(a->tls, push);
	gnutls_transport_set_pull_function(a->tls, pull);
	gnutls_transport_set_pull_timeout_function(a->tls, pull_timeout);
	a->state = ACTOR_SHAKING;
	shake_hands(a);
}

static void
hear_tls(struct actor *a)
{
	uint8_t octets[16384];

	while (a->state == ACTOR_ENCRYPTED) {
		ssize_t n = gnutls_record_recv(a->tls, octets, sizeof(octets));

		if (n > 0)
			add(&a->told, octets, (size_t)n);
		else if (n == GNUTLS_E_AGAIN) {
			/* Also said behind a message that is not data. */
			if (!something_waits(a))
				return;
		} else if (n == 0 || gnutls_error_is_fatal((int)n))
			a->state = ACTOR_BROKEN;
	}
}

static void
hear_octets(struct actor *a)
{
	uint8_t octets[4096];
	ssize_t n;

	while ((n = recv(a->fd, octets, sizeof(octets), MSG_DONTWAIT)) > 0)
		add(&a->heard, octets, (size_t)n);
}

/* As a server that knows its business: up to where TLS begins, of which the
 * client's first record says as much (RFC 8446, 5.1). */
static void
hear_clear(struct actor *a)
{
	static const uint8_t hello[] = {22, 3, 1};
	uint8_t octets[4096];
	const uint8_t *tls;
	ssize_t n;

	while (!a->asked && (n = recv(a->fd, octets, sizeof(octets),
				 MSG_DONTWAIT | MSG_PEEK)) > 0) {
		tls = memmem(octets, (size_t)n, hello, sizeof(hello));
		a->asked = tls != NULL;
		if (a->asked)
			n = tls - octets;
		if (n > 0) {
			n = recv(a->fd, octets, (size_t)n, MSG_DONTWAIT);
			add(&a->heard, octets, (size_t)n);
		}
	}
}

void
actor_hear(struct actor *a)
{
	if (a->deaf || a->fd == -1)
		return;
	if (a->state == ACTOR_SHAKING)
		shake_hands(a);
	hear_tls(a);
	if (a->state == ACTOR_CLEAR && a->role == GNUTLS_SERVER)
		hear_clear(a);
	else if (a->state == ACTOR_CLEAR || a->state == ACTOR_BROKEN)
		hear_octets(a);
}

void
actor_hear_out(struct actor *a)
{
	actor_hear(a);
	if (!a->deaf && a->fd != -1)
		hear_octets(a);
}

size_t
actor_say(struct actor *a, const uint8_t *text, size_t size)
{
	ssize_t n;

	if (a->drips)
		size = 1;
	if (a->state == ACTOR_ENCRYPTED && !a->raw) {
		n = gnutls_record_send(a->tls, text, size);
		if (n > 0)
			add(&a->said, text, (size_t)n);
		/* A part of a record is on its way: that cannot go on. */
		if (n == GNUTLS_E_AGAIN) {
			a->tampered = true;
			a->state = ACTOR_BROKEN;
		}
		return size;
	}
	/* Who waits for us in a handshake has got all of it, so it hangs: what
	 * was to be said over TLS is not. */
	if (a->state == ACTOR_SHAKING && !a->raw)
		return size;
	if (a->state != ACTOR_CLEAR)
		a->tampered = true;
	(void)send_octets(a, text, size);
	return size;
}

/* Asks for another handshake as either side may. */
static void
renegotiate(struct actor *a)
{
	int ret;

	a->tampered = true;
	if (a->role == GNUTLS_SERVER)
		ret = gnutls_rehandshake(a->tls);
	else
		ret = gnutls_handshake(a->tls);
	if (ret < 0 && gnutls_error_is_fatal(ret))
		a->state = ACTOR_BROKEN;
}

static void
do_in_tls(struct actor *a, uint8_t letter)
{
	switch (letter) {
	case 'k':
		(void)gnutls_session_key_update(a->tls, GNUTLS_KU_PEER);
		break;
	case 'g':
		renegotiate(a);
		break;
	case 'n':
		a->tampered = true; /* GnuTLS ends TLS 1.3 by it */
		(void)gnutls_alert_send(
		    a->tls, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
		break;
	case 'b':
		if (gnutls_bye(a->tls, GNUTLS_SHUT_WR) == 0)
			a->parted = true;
		break;
	default:
		break;
	}
}

void
actor_do(struct actor *a, uint8_t letter)
{
	switch (letter) {
	case 'h':
		begin_handshake(a, "NORMAL:-VERS-ALL:+VERS-TLS1.3");
		break;
	case 'H':
		begin_handshake(a, "NORMAL:-VERS-ALL:+VERS-TLS1.2");
		break;
	case 'r':
		a->raw = true;
		break;
	case 't':
		a->raw = false;
		break;
	case 'o':
		a->drips = !a->drips;
		break;
	case 'd':
		a->deaf = !a->deaf;
		a->was_deaf = true;
		break;
	case 'e':
		shutdown(a->fd, SHUT_WR);
		break;
	case 'c':
		a->gone = true;
		actor_close(a);
		break;
	default:
		if (a->state == ACTOR_ENCRYPTED)
			do_in_tls(a, letter);
	}
}

void
actor_enter(struct actor *a, int fd, unsigned int role,
    gnutls_certificate_credentials_t credentials)
{
	a->fd = fd;
	a->role = role;
	a->credentials = credentials;
	a->tls = NULL;
	a->state = ACTOR_CLEAR;
	a->raw = a->drips = a->deaf = a->asked = a->pushed = false;
	a->sent.length = a->heard.length = 0;
	a->said.length = a->told.length = 0;
	a->shaken = a->tampered = a->was_deaf = false;
	a->parted = a->gone = false;
}

void
actor_close(struct actor *a)
{
	if (a->fd != -1)
		close(a->fd);
	a->fd = -1;
}

void
actor_leave(struct actor *a)
{
	if (a->tls != NULL)
		gnutls_deinit(a->tls);
	a->tls = NULL;
	actor_close(a);
}
