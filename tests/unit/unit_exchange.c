/*
 * An exchange with a service, played against a script.
 */
#include "unit_exchange.h"

#include <string.h>
#include <sys/socket.h>

#include "unit.h"
#include "unit_peer.h"

/* Long enough that only what hangs is ended by it. */
#define STEP_MS 10000
#define LINGER_MS 1000

static const struct unit_said *script;
static size_t at;

static bool
over(void)
{
	return at == UNIT_SCRIPT_MOST || script[at].who == '\0';
}

static void
say(struct unit_peer *p, const struct unit_said *said)
{
	if (p->tls != NULL)
		gnutls_record_send(p->tls, said->octets, said->size);
	else
		send(p->fd, said->octets, said->size, MSG_NOSIGNAL);
}

/* Plays up to the handshake or the end. */
static void
play(struct unit_peer *p)
{
	for (; !over(); at++) {
		if (script[at].who == 'T') {
			at++;
			return;
		}
		if (script[at].who == 'S')
			say(p, &script[at]);
		else if (unit_peer_hear(p, script[at].size) != 1)
			break;
	}
	if (p->tls != NULL)
		gnutls_bye(p->tls, GNUTLS_SHUT_WR);
	shutdown(p->fd, SHUT_WR);
	/* What else the client says. */
	unit_peer_hear(p, UNIT_PEER_MOST);
}

static bool
has_handshake(void)
{
	for (at = 0; !over(); at++)
		if (script[at].who == 'T')
			return true;
	return false;
}

/* The client said what it had to, and nothing else. */
static void
check_heard(const struct unit_peer *p)
{
	size_t heard = 0;

	for (at = 0; !over(); at++) {
		if (script[at].who != 'C')
			continue;
		ck_assert_uint_ge(p->heard_length, heard + script[at].size);
		ck_assert_mem_eq(
		    p->heard + heard, script[at].octets, script[at].size);
		heard += script[at].size;
	}
	ck_assert_uint_eq(p->heard_length, heard);
}

const struct exchange *
unit_exchange(
    const char *service, const struct unit_said said[UNIT_SCRIPT_MOST])
{
	return unit_exchange_between(UNIT_ADDRESS, UNIT_DOMAIN, service, said);
}

const struct exchange *
unit_exchange_between(const char *address, const char *domain,
    const char *service, const struct unit_said said[UNIT_SCRIPT_MOST])
{
	static struct exchange e;
	static struct unit_peer peer;
	int fds[2];

	script = said;
	unit_pair(fds);
	peer = (struct unit_peer){.fd = fds[1],
	    .role = GNUTLS_SERVER,
	    .priority = has_handshake() ? UNIT_TLS_1_3 : NULL,
	    .before = play,
	    .talk = play};
	at = 0;
	e = (struct exchange){.service = service_find(service),
	    .stream = stream_new(fds[0], EXCHANGE_LINE_MAX),
	    .address = address,
	    .domain = domain,
	    .greeting_ms = STEP_MS,
	    .step_ms = STEP_MS,
	    .end = DEADLINE_NEVER};
	ck_assert_ptr_nonnull(e.service);
	ck_assert_ptr_nonnull(e.stream);
	if (peer.priority == NULL)
		peer.talk = NULL;
	unit_peer_start(&peer);
	if (exchange_upgrade(&e) == 0) {
		ck_assert_int_eq(e.reason, REASON_NONE);
		ck_assert_int_eq(
		    stream_upgrade(e.stream,
			unit_tls_session(
			    GNUTLS_CLIENT | GNUTLS_NONBLOCK, UNIT_TLS_1_3)),
		    0);
		ck_assert_int_eq(
		    exchange_farewell(&e), e.reason == REASON_NONE ? 0 : -1);
	} else
		ck_assert_int_ne(e.reason, REASON_NONE);
	stream_close(e.stream, LINGER_MS);
	stream_free(e.stream);
	e.stream = NULL;
	unit_peer_join(&peer);
	check_heard(&peer);
	return &e;
}

const struct exchange *
unit_exchange_succeeds(const char *service, enum exchange_offered offered,
    const struct unit_said said[UNIT_SCRIPT_MOST])
{
	const struct exchange *e = unit_exchange(service, said);

	ck_assert_str_eq(e->message, "");
	ck_assert_int_eq(e->offered, offered);
	return e;
}

void
unit_exchange_cases(
    const char *service, const struct unit_exchange_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct exchange *e =
		    unit_exchange(service, cases[i].script);

		ck_assert_msg(e->reason == cases[i].reason, "case %zu: \"%s\"",
		    i, e->message);
		ck_assert_str_eq(e->message, cases[i].message);
		ck_assert_msg(e->offered == cases[i].offered,
		    "case %zu: offered %d", i, (int)e->offered);
	}
}
