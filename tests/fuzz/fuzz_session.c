/*
 * Fuzzes a whole session, before and after a real handshake.
 *
 * The input: an octet for the errors that are borne, then a script (stage.h)
 * for the client.  The replies are those that the model says, no more and no
 * fewer, and nothing that was sent in the clear is answered inside TLS.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "credentials/credentials.h"
#include "fuzz.h"
#include "log/log.h"
#include "model.h"
#include "session/session.h"
#include "stage.h"
#include "stream/protocol.h"

#define IDLE_MS 60000
#define HANDSHAKE_MS 10000
#define TOTAL_MS 86400000

/* The types of TLS records that can come first (RFC 8446, 5.1). */
enum { ALERT = 21, HANDSHAKE = 22 };

static struct credentials *server;
static gnutls_certificate_credentials_t client;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct fuzz_identity identity;
	static struct key_pair pair;
	static struct credentials_options options;

	(void)argc;
	(void)argv;
	fuzz_identity_make(&identity, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	pair.certificate_file = identity.certificate_file;
	pair.key_file = identity.key_file;
	options.keyholder.pairs = &pair;
	options.keyholder.count = 1;
	options.tickets.generate = true;
	log_open("fuzz_session", LOG_TARGET_STDERR, LOG_ERR);
	server = credentials_load(&options);
	FUZZ_REQUIRE(server != NULL);
	gnutls_certificate_allocate_credentials(&client);
	return 0;
}

/* What a server says that gives up; when it did so cannot be told where it was
 * not listened to, as it then stops in the midst of its replies. */
static const char last_words[] = "ERR timeout\n";

static bool
at_unknown_time(const struct stage *stage)
{
	return stage->late && stage->actor.was_deaf;
}

/* Octets of `heard` without a beginning of last words behind some replies. */
static size_t
before_last_words(const struct model *m, const struct octets *heard)
{
	size_t n = 0, rest;

	while (n < heard->length && n < m->replies_length &&
	       heard->octets[n] == (uint8_t)m->replies[n])
		n++;
	while (n > 0 && heard->octets[n - 1] != '\n')
		n--;
	rest = heard->length - n;
	return rest <= strlen(last_words) &&
	               memcmp(heard->octets + n, last_words, rest) == 0
	           ? n
	           : heard->length;
}

/* Feeds the model what was sent while there was time. */
static size_t
feed(struct model *m, const struct stage *stage, const struct octets *octets,
    size_t in_time)
{
	bool all = !stage->late || at_unknown_time(stage);
	size_t fed =
	    model_feed(m, octets->octets, all ? octets->length : in_time);

	if (!all)
		model_time_out(m);
	return fed;
}

/* `heard` begins with all the replies, or where not all can have been heard,
 * with as many of them as there are.  Returns how much of it there is. */
static size_t
check_replies(const struct model *m, const struct stage *stage,
    const struct octets *heard, bool all)
{
	size_t n = m->replies_length, length = at_unknown_time(stage)
	                                           ? before_last_words(m, heard)
	                                           : heard->length;

	if (!all && length < n)
		n = length;
	FUZZ_REQUIRE(length >= n);
	FUZZ_REQUIRE(memcmp(heard->octets, m->replies, n) == 0);
	return length;
}

/* In the clear, and whether TLS may begin. */
static void
check_clear(struct model *m, const struct stage *stage, bool all)
{
	const struct octets *sent = &stage->actor.sent;
	const struct octets *heard = &stage->actor.heard;
	size_t fed = feed(m, stage, sent, stage->sent_in_time),
	       n = m->replies_length;

	if (check_replies(m, stage, heard, all) > n) {
		/* Behind the replies there is TLS, and only if asked for. */
		FUZZ_REQUIRE(m->starttls);
		FUZZ_REQUIRE(
		    heard->octets[n] == ALERT || heard->octets[n] == HANDSHAKE);
	}
	/* What was sent between STARTTLS and the handshake ends the latter. */
	if (stage->actor.shaken) {
		FUZZ_REQUIRE(m->starttls && fed < sent->length);
		FUZZ_REQUIRE(sent->octets[fed] == ALERT ||
			     sent->octets[fed] == HANDSHAKE);
	}
}

/* Inside TLS: a longer answer is one to something else. */
static void
check_tls(struct model *m, const struct stage *stage, bool all)
{
	model_upgrade(m);
	(void)feed(m, stage, &stage->actor.said, stage->said_in_time);
	FUZZ_REQUIRE(check_replies(m, stage, &stage->actor.told, all) <=
		     m->replies_length);
}

static void
check_result(const struct model *m, const struct session_result *result,
    const struct stage *stage, bool all)
{
	struct session_result cleaned = *result;

	FUZZ_REQUIRE(result->end != SESSION_CRASHED);
	FUZZ_REQUIRE(strcmp(session_end_text(result->end), "unknown") != 0);
	session_result_clean(&cleaned);
	FUZZ_REQUIRE(fuzz_printable(result->why, sizeof(result->why)));
	FUZZ_REQUIRE(strpbrk(cleaned.why, "();") == NULL);
	FUZZ_REQUIRE(strcmp(cleaned.version, result->version) == 0);
	FUZZ_REQUIRE(strcmp(cleaned.cipher_suite, result->cipher_suite) == 0);
	FUZZ_REQUIRE(fuzz_printable(result->version, sizeof(result->version)));
	FUZZ_REQUIRE(result->client[0] == '\0');
	FUZZ_REQUIRE(result->pings_clear <= m->pings[0]);
	FUZZ_REQUIRE(result->pings_tls <= m->pings[1]);
	if (all && !stage->actor.tampered) {
		FUZZ_REQUIRE(result->pings_clear == m->pings[0]);
		FUZZ_REQUIRE(result->pings_tls == m->pings[1]);
		FUZZ_REQUIRE(result->upgraded == stage->actor.shaken);
	}
}

static void
check(const struct stage *stage, const struct session_result *result,
    unsigned long max_errors)
{
	static struct model m;
	/* Whether all that the server said must have been heard. */
	bool all = !stage->actor.gone && !stage->actor.was_deaf;

	memset(&m, 0, offsetof(struct model, replies));
	m.max_errors = max_errors;
	m.replies_length = 0;
	check_clear(&m, stage, all);
	if (stage->actor.shaken)
		check_tls(&m, stage, all && !stage->actor.tampered);
	check_result(&m, result, stage, all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_options options = {
	    .idle_ms = IDLE_MS,
	    .handshake_ms = HANDSHAKE_MS,
	    .total_ms = TOTAL_MS,
	};
	struct session_result result = {.end = SESSION_CRASHED};
	size_t descriptors = fuzz_descriptors();
	struct stream *s;
	int channel;

	if (size < 1)
		return 0;
	options.max_errors = 1U + data[0];
	s = stream_new(stage_open(data + 1, size - 1, GNUTLS_CLIENT, client),
	    PROTOCOL_LINE_MAX);
	FUZZ_REQUIRE(s != NULL);
	channel = keyholder_open_channel(credentials_keyholder(server));
	FUZZ_REQUIRE(channel != -1);
	signer_set_channel(credentials_signer(server), channel);
	session_serve(s, server, &options, &result);
	close(channel);
	stage_end();
	check(stage_look(), &result, options.max_errors);
	stream_free(s);
	stage_close();
	FUZZ_REQUIRE(fuzz_descriptors() == descriptors);
	return 0;
}
