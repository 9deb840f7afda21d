/*
 * The other end of a stream: a thread that talks over a blocking socket, in the
 * clear and then, if it is to, over GnuTLS as server or as client.
 */
#include "unit_peer.h"

#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <check.h>
#include <gnutls/x509.h>

/* Between two octets of a peer that drips. */
#define DRIP_MS 2

/* A self-signed certificate for "localhost". */
static void
make_certificate(gnutls_certificate_credentials_t into)
{
	time_t now = time(NULL);
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&certificate);
	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, "\001", 1);
	gnutls_x509_crt_set_activation_time(certificate, now - 3600);
	gnutls_x509_crt_set_expiration_time(certificate, now + 3600);
	gnutls_x509_crt_set_dn(certificate, "CN=localhost", NULL);
	gnutls_x509_crt_set_key(certificate, key);
	ck_assert_int_eq(gnutls_x509_crt_sign2(certificate, certificate, key,
			     GNUTLS_DIG_SHA256, 0),
	    0);
	ck_assert_int_eq(
	    gnutls_certificate_set_x509_key(into, &certificate, 1, key), 0);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
}

/* Made once, for as long as the process runs. */
static gnutls_certificate_credentials_t credentials;

static void
make_credentials(void)
{
	if (credentials != NULL)
		return;
	gnutls_certificate_allocate_credentials(&credentials);
	make_certificate(credentials);
}

gnutls_session_t
unit_tls_session(unsigned int flags, const char *priority)
{
	gnutls_session_t session;

	make_credentials();
	ck_assert_int_eq(gnutls_init(&session, flags | GNUTLS_NO_SIGNAL), 0);
	ck_assert_int_eq(
	    gnutls_priority_set_direct(session, priority, NULL), 0);
	ck_assert_int_eq(gnutls_credentials_set(
			     session, GNUTLS_CRD_CERTIFICATE, credentials),
	    0);
	return session;
}

static ssize_t
send_all(int fd, const char *data, size_t size)
{
	size_t sent = 0;

	while (sent < size) {
		ssize_t n = send(fd, data + sent, size - sent, MSG_NOSIGNAL);

		if (n == -1)
			return -1;
		sent += (size_t)n;
	}
	return (ssize_t)sent;
}

/* GnuTLS's writes: with the prefix before the first, or drop by drop. */
static ssize_t
push(gnutls_transport_ptr_t transport, const void *data, size_t size)
{
	struct unit_peer *p = transport;
	struct pollfd gap = {.fd = p->fd, .events = POLLRDHUP};
	char whole[4096];
	size_t length;

	if (p->prefix != NULL) {
		length = strlen(p->prefix);
		if (length + size > sizeof(whole))
			return -1;
		memcpy(whole, p->prefix, length);
		memcpy(whole + length, data, size);
		p->prefix = NULL;
		return send_all(p->fd, whole, length + size) == -1
		           ? -1
		           : (ssize_t)size;
	}
	if (!p->drips)
		return send_all(p->fd, data, size);
	poll(&gap, 1, DRIP_MS);
	return send_all(p->fd, data, 1);
}

static int
shake_hands(struct unit_peer *p)
{
	int ret;

	gnutls_transport_set_ptr2(
	    p->tls, (gnutls_transport_ptr_t)(intptr_t)p->fd, p);
	gnutls_transport_set_push_function(p->tls, push);
	do
		ret = gnutls_handshake(p->tls);
	while (ret < 0 && !gnutls_error_is_fatal(ret));
	if (ret < 0)
		gnutls_alert_send_appropriate(p->tls, ret);
	return ret;
}

static void *
run(void *argument)
{
	struct unit_peer *p = argument;

	if (p->before != NULL)
		p->before(p);
	if (p->priority != NULL) {
		p->tls = unit_tls_session(p->role, p->priority);
		if (p->name != NULL)
			gnutls_server_name_set(
			    p->tls, GNUTLS_NAME_DNS, p->name, strlen(p->name));
		p->handshake = shake_hands(p);
	}
	p->drips = p->drips || p->drips_talk;
	if (p->handshake == 0 && p->talk != NULL)
		p->talk(p);
	if (p->tls != NULL)
		gnutls_deinit(p->tls);
	p->tls = NULL;
	close(p->fd);
	return NULL;
}

void
unit_peer_start(struct unit_peer *p)
{
	p->handshake = 0;
	p->result = 0;
	p->heard_length = 0;
	p->tls = NULL;
	make_credentials(); /* before two threads do */
	ck_assert_int_eq(pthread_create(&p->thread, NULL, run, p), 0);
}

void
unit_peer_join(struct unit_peer *p)
{
	ck_assert_int_eq(pthread_join(p->thread, NULL), 0);
}

int
unit_peer_say(struct unit_peer *p, const char *text)
{
	size_t size = strlen(text);
	ssize_t n;

	if (p->tls == NULL)
		return send_all(p->fd, text, size) == -1 ? -1 : 0;
	while (size > 0) {
		n = gnutls_record_send(p->tls, text, size);
		if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
			continue;
		if (n < 0)
			return (int)n;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

int
unit_peer_hear(struct unit_peer *p, size_t size)
{
	while (size > 0) {
		size_t room = sizeof(p->heard) - 1 - p->heard_length;
		char *at = p->heard + p->heard_length;
		ssize_t n;

		if (room > size)
			room = size;
		if (room == 0)
			return -1;
		n = p->tls == NULL ? recv(p->fd, at, room, 0)
		                   : gnutls_record_recv(p->tls, at, room);
		if (p->tls != NULL && n < 0 && !gnutls_error_is_fatal((int)n))
			continue;
		if (n <= 0)
			return (int)n;
		p->heard_length += (size_t)n;
		p->heard[p->heard_length] = '\0';
		size -= (size_t)n;
	}
	return 1;
}

void
unit_peer_linger(struct unit_peer *p)
{
	char dropped[4096];

	while (recv(p->fd, dropped, sizeof(dropped), 0) > 0)
		;
}
