/*
 * Fuzzes the exchange with every service against a server that says what it
 * likes, before and after a real handshake.
 *
 * The input: an octet that names the service by its row, and whether a proxy is
 * before it, then a script (stage.h) for them.  Whatever it says: of what may
 * be TLS's nothing is taken, what is read is bounded, a failure has its reason,
 * and what is told is fit for a terminal.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "fuzz.h"
#include "services/exchange.h"
#include "stage.h"

/* The bits of the first octet. */
enum {
	SERVICE = 63,
	PROXY = 64,
	IPV6 = 128,
};

#define GREETING_MS 30000
#define STEP_MS 10000
#define ALL_MS 60000
#define LINGER_MS 1000

/* The type of the first TLS record (RFC 8446, 5.1). */
#define HANDSHAKE 22

static struct fuzz_identity identity;
static gnutls_certificate_credentials_t server, client;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_identity_make(&identity, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	gnutls_certificate_allocate_credentials(&client);
	gnutls_certificate_allocate_credentials(&server);
	FUZZ_REQUIRE(gnutls_certificate_set_x509_key(
			 server, &identity.certificate, 1, identity.key) >= 0);
	return 0;
}

static gnutls_session_t
new_session(void)
{
	gnutls_session_t session;

	FUZZ_REQUIRE(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK |
					       GNUTLS_NO_SIGNAL) == 0);
	FUZZ_REQUIRE(gnutls_set_default_priority(session) == 0);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, client);
	return session;
}

/* What is told of the exchange so far. */
static void
check_told(const struct exchange *e, int returned)
{
	FUZZ_REQUIRE((returned == 0) == (e->reason == REASON_NONE));
	FUZZ_REQUIRE((returned == 0) == (e->message[0] == '\0'));
	FUZZ_REQUIRE(e->reason < REASONS);
	FUZZ_REQUIRE(fuzz_printable(e->message, sizeof(e->message)));
	FUZZ_REQUIRE(fuzz_printable(e->reply, sizeof(e->reply)));
}

/* The exchange in the clear is over. */
static void
check_clear(const struct exchange *e, int fd, int returned)
{
	const struct actor *a = &stage_look()->actor;
	size_t read = stream_octets_in(e->stream);
	int waiting;

	check_told(e, returned);
	/* The proxy's, and the server's. */
	FUZZ_REQUIRE(read <= 2 * (EXCHANGE_OCTETS_MAX + EXCHANGE_LINE_MAX));
	FUZZ_REQUIRE(e->lines <= EXCHANGE_LINES_MAX + 1);
	if (returned != 0)
		return;
	/* What is behind the reply is all there still. */
	FUZZ_REQUIRE(ioctl(fd, FIONREAD, &waiting) == 0);
	FUZZ_REQUIRE((size_t)waiting == a->sent.length - read);
	FUZZ_REQUIRE(e->service->implicit == (e->ready == 0));
	FUZZ_REQUIRE(e->ready >= e->greeted);
}

/* What the server heard of us in the clear, with which TLS did not begin. */
static void
check_heard(const struct exchange *e, bool tls)
{
	const struct actor *a = &stage_look()->actor;

	if (!tls)
		FUZZ_REQUIRE(memchr(a->heard.octets, HANDSHAKE,
				 a->heard.length) == NULL ||
			     strcmp(e->service->name, "ldap") == 0 ||
			     strcmp(e->service->name, "postgres") == 0);
}

/* The proxy takes nothing of the server's either. */
static int
pass_proxy(struct exchange *e, int fd)
{
	const struct actor *a = &stage_look()->actor;
	int waiting, ret = exchange_connect(e, "mx.example.net", "25");

	check_told(e, ret);
	if (ret == 0) {
		FUZZ_REQUIRE(ioctl(fd, FIONREAD, &waiting) == 0);
		FUZZ_REQUIRE((size_t)waiting ==
			     a->sent.length - stream_octets_in(e->stream));
	}
	return ret;
}

static void
converse(struct exchange *e, int fd, bool proxy)
{
	bool tls = false;
	int ret = proxy ? pass_proxy(e, fd) : 0;

	if (ret == 0) {
		ret = exchange_upgrade(e);
		check_clear(e, fd, ret);
	}
	if (ret == 0) {
		tls = true;
		stream_set_deadline(e->stream, deadline_in(STEP_MS));
		ret = stream_upgrade(e->stream, new_session());
		if (ret == 0)
			check_told(e, exchange_farewell(e));
	}
	stream_close(e->stream, LINGER_MS);
	stage_end();
	check_heard(e, tls);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exchange e;
	size_t services = 0, descriptors = fuzz_descriptors();
	int fd;

	while (service_at(services) != NULL)
		services++;
	if (size < 1)
		return 0;
	fd = stage_open(data + 1, size - 1, GNUTLS_SERVER, server);
	e = (struct exchange){
	    .service = service_at((data[0] & SERVICE) % services),
	    .stream = stream_new(fd, EXCHANGE_LINE_MAX),
	    .address = data[0] & IPV6 ? "2001:db8::7%eth0" : "192.0.2.7",
	    .domain = "example.net",
	    .greeting_ms = GREETING_MS,
	    .step_ms = STEP_MS,
	    .end = deadline_in(ALL_MS)};
	FUZZ_REQUIRE(e.stream != NULL);
	converse(&e, fd, (data[0] & PROXY) != 0);
	stream_free(e.stream);
	stage_close();
	FUZZ_REQUIRE(fuzz_descriptors() == descriptors);
	return 0;
}
