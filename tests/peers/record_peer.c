/*
 * A TLS client that after an honest handshake makes its records itself.
 */
#include "record_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

_Noreturn void
record_peer_fail(const char *what, const char *why)
{
	fprintf(stderr, "records: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static void
check(const char *what, int ret)
{
	if (ret < 0)
		record_peer_fail(what, gnutls_strerror(ret));
}

static int
dial(const char *port)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
	    send(fd, "STARTTLS\n", 9, MSG_NOSIGNAL) != 9)
		record_peer_fail("connect", strerror(errno));
	return fd;
}

void
record_peer_start(struct record_peer *p, const char *port, bool tls13)
{
	char priority[96];

	p->fd = dial(port);
	p->tls13 = tls13;
	p->cipher = NULL;
	p->sequence = 0;
	snprintf(priority, sizeof(priority),
	    "NORMAL:-VERS-ALL:+VERS-TLS1.%d:-CIPHER-ALL:+AES-128-GCM",
	    p->tls13 ? 3 : 2);
	check("credentials",
	    gnutls_certificate_allocate_credentials(&p->credentials));
	check("session", gnutls_init(&p->tls, GNUTLS_CLIENT));
	check("priority", gnutls_priority_set_direct(p->tls, priority, NULL));
	check("credentials", gnutls_credentials_set(p->tls,
				 GNUTLS_CRD_CERTIFICATE, p->credentials));
	gnutls_transport_set_int(p->tls, p->fd);
}

void
record_peer_end(struct record_peer *p)
{
	if (p->cipher != NULL)
		gnutls_aead_cipher_deinit(p->cipher);
	gnutls_deinit(p->tls);
	gnutls_certificate_free_credentials(p->credentials);
	close(p->fd);
}

static ssize_t
nothing_comes(gnutls_transport_ptr_t transport, void *data, size_t size)
{
	(void)transport;
	(void)data;
	(void)size;
	errno = EAGAIN;
	return -1;
}

void
record_peer_hello(struct record_peer *p)
{
	int ret;

	gnutls_transport_set_pull_function(p->tls, nothing_comes);
	ret = gnutls_handshake(p->tls);
	if (ret != GNUTLS_E_AGAIN)
		record_peer_fail("ClientHello", gnutls_strerror(ret));
}

void
record_peer_handshake(struct record_peer *p)
{
	gnutls_datum_t mac, iv, key;
	unsigned char sequence[8];

	check("handshake", gnutls_handshake(p->tls));
	check("state",
	    gnutls_record_get_state(p->tls, 0, &mac, &iv, &key, sequence));
	check("cipher", gnutls_aead_cipher_init(
			    &p->cipher, GNUTLS_CIPHER_AES_128_GCM, &key));
	if (iv.size > sizeof(p->iv))
		record_peer_fail("state", "unknown IV");
	memcpy(p->iv, iv.data, iv.size);
	for (int i = 0; i < 8; i++)
		p->sequence = p->sequence << 8 | sequence[i];
}

void
record_peer_put(unsigned char *at, uint64_t value, int octets)
{
	while (octets-- > 0) {
		at[octets] = (unsigned char)value;
		value >>= 8;
	}
}

size_t
record_peer_protect(struct record_peer *p, unsigned char type,
    const unsigned char *content, size_t size, unsigned char *record)
{
	unsigned char nonce[12], data[13], inner[RECORD_CONTENT_MAX + 2], *to;
	size_t sealed = sizeof(inner) + RECORD_TAG, known;

	memcpy(inner, content, size);
	memcpy(nonce, p->iv, sizeof(nonce));
	if (p->tls13) { /* RFC 8446, 5.2 and 5.3 */
		inner[size++] = type;
		for (int i = 0; i < 8; i++)
			nonce[4 + i] ^=
			    (unsigned char)(p->sequence >> (56 - 8 * i));
		record[0] = APPLICATION_DATA;
		to = record + RECORD_HEADER;
		record_peer_put(record + 3, size + RECORD_TAG, 2);
	} else { /* RFC 5246, 6.2.3.3, and RFC 5288, 3 */
		record_peer_put(nonce + 4, p->sequence, 8);
		record[0] = type;
		memcpy(record + RECORD_HEADER, nonce + 4, 8);
		to = record + RECORD_HEADER + 8;
		record_peer_put(record + 3, 8 + size + RECORD_TAG, 2);
		record_peer_put(data, p->sequence, 8);
		data[8] = type;
		record_peer_put(data + 9, 0x0303, 2);
		record_peer_put(data + 11, size, 2);
	}
	record_peer_put(record + 1, 0x0303, 2);
	known = p->tls13 ? RECORD_HEADER : sizeof(data);
	check("encrypt", gnutls_aead_cipher_encrypt(p->cipher, nonce,
			     sizeof(nonce), p->tls13 ? record : data, known,
			     RECORD_TAG, inner, size, to, &sealed));
	p->sequence++;
	return (size_t)(to - record) + sealed;
}
