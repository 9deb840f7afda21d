/*
 * Fuzzes the client against a server that says what it likes, before and after
 * a real handshake.
 *
 * The input: a letter for the options, then a script (stage.h) for the server.
 * What the client says is what it has to say; it believes no answer that it did
 * not get; and what it tells the user is fit for a terminal.
 */
#include <stdlib.h>
#include <string.h>

#include "client/conversation.h"
#include "fuzz.h"
#include "services/exchange.h"
#include "stage.h"
#include "stream/protocol.h"

/* The bits of the first octet; the lowest two count pings. */
enum {
	COUNT = 3,
	PLAIN = 4,
	INSECURE = 8,
	FLOOD = 16,
	DELAY = 32,
	WRONG_NAME = 64,
};

/* The types of TLS records that can come first (RFC 8446, 5.1). */
enum { ALERT = 21, HANDSHAKE = 22 };

#define INTERVAL_MS 1000
#define TIMEOUT_MS 10000
#define DEADLINE_MS 3600000

static const uint8_t *script;
static size_t script_size;
static struct fuzz_identity identity;
static gnutls_certificate_credentials_t server;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_identity_make(&identity, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	gnutls_certificate_allocate_credentials(&server);
	FUZZ_REQUIRE(gnutls_certificate_set_x509_key(
			 server, &identity.certificate, 1, identity.key) >= 0);
	return 0;
}

static int
connected(void *context, const struct outcome *outcome)
{
	(void)context;
	FUZZ_REQUIRE(outcome->pings[OUTCOME_CLEAR].sent == 0);
	return 0;
}

static int
answered(void *context, const struct outcome *outcome, enum outcome_stage stage,
    uint64_t sequence, int64_t ns)
{
	(void)context;
	FUZZ_REQUIRE(sequence > 0 && sequence <= outcome->pings[stage].sent);
	FUZZ_REQUIRE(ns >= 0);
	return 0;
}

static int
unanswered(void *context, const struct outcome *outcome,
    enum outcome_stage stage, uint64_t sequence)
{
	(void)context;
	FUZZ_REQUIRE(sequence > 0 && sequence <= outcome->pings[stage].sent);
	return 0;
}

static int
upgraded(void *context, const struct outcome *outcome)
{
	const struct outcome_certificate *c = &outcome->certificate;

	(void)context;
	FUZZ_REQUIRE(outcome->phase_ns[OUTCOME_TLS] >= 0);
	FUZZ_REQUIRE(c->seen && outcome->verified != OUTCOME_UNKNOWN);
	FUZZ_REQUIRE(fuzz_printable(c->subject, sizeof(c->subject)));
	FUZZ_REQUIRE(fuzz_printable(outcome->ocsp, sizeof(outcome->ocsp)));
	return 0;
}

/* The lines "PONG" among the octets. */
static unsigned long
pongs(const struct octets *t)
{
	const char *at = (const char *)t->octets;
	const char *end = at + t->length, *lf;
	unsigned long count = 0;

	for (; (lf = memchr(at, '\n', (size_t)(end - at))) != NULL; at = lf + 1)
		count += lf - at >= 4 && memcmp(at, "PONG", 4) == 0;
	return count;
}

/* Takes `word` off the front as often as it is there; returns how often. */
static unsigned long
take(const uint8_t **at, const uint8_t *end, const char *word)
{
	size_t size = strlen(word);
	unsigned long count = 0;

	for (; (size_t)(end - *at) >= size && memcmp(*at, word, size) == 0;
	     *at += size)
		count++;
	return count;
}

/* PINGs, then QUIT or STARTTLS and TLS, or nothing more. */
static void
check_heard(const struct octets *heard, unsigned long sent, bool all)
{
	const uint8_t *at = heard->octets, *end = at + heard->length;
	unsigned long pings = take(&at, end, "PING\n");

	FUZZ_REQUIRE(pings <= sent && (!all || pings == sent));
	if (take(&at, end, "STARTTLS\n") == 1)
		FUZZ_REQUIRE(at == end || at[0] == HANDSHAKE || at[0] == ALERT);
	else {
		(void)take(&at, end, "QUIT\n");
		/* Not read to the end, it may stop anywhere. */
		FUZZ_REQUIRE(at == end || !all);
	}
}

/* Nothing but the answers in the clear stands before the server's handshake. */
static void
check_upgrade(const struct octets *sent, unsigned long received)
{
	const uint8_t *at = sent->octets, *end = at + sent->length;

	for (; received > 0; received--) {
		at = memchr(at, '\n', (size_t)(end - at));
		FUZZ_REQUIRE(at != NULL);
		at++;
	}
	FUZZ_REQUIRE(at < end && (at[0] == HANDSHAKE || at[0] == ALERT));
}

static void
check(const struct outcome *outcome, int ret, const struct actor *a)
{
	const struct outcome_pings *clear = &outcome->pings[OUTCOME_CLEAR];
	const struct outcome_pings *tls = &outcome->pings[OUTCOME_OVER_TLS];

	FUZZ_REQUIRE(
	    fuzz_printable(outcome->message, sizeof(outcome->message)));
	FUZZ_REQUIRE((ret == 0) == (outcome->message[0] == '\0'));
	FUZZ_REQUIRE((ret == 0) == (outcome->reason == REASON_NONE));
	FUZZ_REQUIRE(clear->answers.count <= clear->sent);
	FUZZ_REQUIRE(tls->answers.count <= tls->sent);
	/* An answer is believed where it was given, and nowhere else. */
	FUZZ_REQUIRE(clear->answers.count <= pongs(&a->sent));
	FUZZ_REQUIRE(tls->answers.count <= pongs(&a->said));
	if (outcome->phase_ns[OUTCOME_TLS] != OUTCOME_NOT_REACHED)
		check_upgrade(&a->sent, clear->answers.count);
	check_heard(&a->heard, clear->sent, !a->was_deaf && !a->gone);
}

static void
converse(const struct ping_options *options, struct control *control)
{
	static const struct reporter reporter = {
	    .connected = connected,
	    .answered = answered,
	    .unanswered = unanswered,
	    .upgraded = upgraded,
	};
	static struct outcome outcome;
	char why[VERIFY_TEXT_MAX];
	struct verifier *verifier = verify_new(&options->verify, why);
	struct conversation_setup setup = {
	    .options = options,
	    .target = options->targets,
	    .count = options->count,
	    .verifier = options->plain ? NULL : verifier,
	    .reporter = &reporter,
	    .control = control,
	    .end = control->end,
	};
	int ret, fd = stage_open(script, script_size, GNUTLS_SERVER, server);
	struct stream *stream = stream_new(fd, EXCHANGE_LINE_MAX);

	FUZZ_REQUIRE(verifier != NULL && stream != NULL);
	outcome_init(&outcome);
	ret = conversation_hold(&setup, stream, &outcome);
	stream_free(stream);
	stage_end();
	check(&outcome, ret, &stage_look()->actor);
	stage_close();
	verify_free(verifier);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct control control = {.signals = -1};
	static const struct target_defaults none = {.port = 0};
	struct target target;
	struct ping_options options = {
	    .targets = &target,
	    .target_count = 1,
	    .interval_ms = INTERVAL_MS,
	    .timeout_ms = TIMEOUT_MS,
	    .deadline_ms = DEADLINE_MS,
	    .has_verify_name = true,
	    .verify = {.ca_file = identity.certificate_file},
	};
	size_t descriptors;

	if (size < 1)
		return 0;
	if (control.signals == -1)
		FUZZ_REQUIRE(control_begin(&control, DEADLINE_MS) == 0);
	descriptors = fuzz_descriptors();
	control.end = deadline_in(DEADLINE_MS);
	FUZZ_REQUIRE(target_parse("127.0.0.1", &none, &target) == NULL);
	script = data + 1;
	script_size = size - 1;
	options.count = data[0] & COUNT;
	options.plain = (data[0] & PLAIN) != 0;
	options.verify.insecure = (data[0] & INSECURE) != 0;
	host_name_parse((data[0] & WRONG_NAME) != 0 ? "192.0.2.1" : "localhost",
	    &options.verify_name);
	if ((data[0] & FLOOD) != 0)
		options.interval_ms = 0;
	if ((data[0] & DELAY) != 0)
		options.starttls_delay_ms = INTERVAL_MS;
	converse(&options, &control);
	FUZZ_REQUIRE(fuzz_descriptors() == descriptors);
	return 0;
}
