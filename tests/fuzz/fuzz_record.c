/*
 * Fuzzes the parser of records, which the parent of a conversation runs on what
 * a process sent that may have been taken over: whatever it takes, both reports
 * can show.
 *
 * The input changes octets of a record in good order: an offset of two octets,
 * a length of one, and so many octets, as often as there are any.
 */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/record.h"
#include "fuzz.h"
#include "report/json.h"
#include "report/text.h"

#define DAY INT64_C(86400)
#define PINGS 5

static struct record before, good;
static struct ping_options options = {
    .verbose = true, .timestamps = true, .target_count = 2};
static struct control control;
static struct output nowhere;
static struct text_report text = {
    .options = &options, .out = &nowhere, .errors = &nowhere};

/* Two pings sent, one answered. */
static void
ping(struct outcome_pings *p)
{
	p->sent = 2;
	times_add(&p->answers, 1000000);
	p->began = 1;
	p->ended = 2000000;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct outcome *o = &good.outcome;

	(void)argc;
	(void)argv;
	outcome_init(o);
	o->sequence = 1;
	strcpy(o->target, "localhost");
	strcpy(o->service, "pingtls");
	strcpy(o->address, "127.0.0.1:10001");
	before = good;
	before.event = RECORD_CONNECTED;
	good.event = RECORD_UPGRADED;
	good.sequence = 2;
	good.ns = 1000;
	o->phase_ns[OUTCOME_TLS] = 5000000;
	strcpy(o->tls.version, "TLS1.3");
	o->certificate.seen = true;
	strcpy(o->certificate.names, "a.example\nb.example");
	o->certificate.not_after = 20000 * DAY;
	ping(&o->pings[OUTCOME_CLEAR]);
	ping(&o->pings[OUTCOME_OVER_TLS]);
	FUZZ_REQUIRE(control_begin(&control, 0) == 0);
	nowhere.control = &control;
	nowhere.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	FUZZ_REQUIRE(nowhere.fd != -1);
	return 0;
}

static void
change(unsigned char *record, const uint8_t *data, size_t size)
{
	while (size > 3) {
		size_t at =
		    (size_t)(data[0] << 8 | data[1]) % sizeof(struct record);
		size_t length = data[2];

		data += 3;
		size -= 3;
		if (length > size)
			length = size;
		if (length > sizeof(struct record) - at)
			length = sizeof(struct record) - at;
		memcpy(record + at, data, length);
		data += length;
		size -= length;
	}
}

static void
show_json(char *line)
{
	FUZZ_REQUIRE(line != NULL);
	FUZZ_REQUIRE(strchr(line, '\n') == line + strlen(line) - 1);
	free(line);
}

/* Has both reports show it. */
static void
show(const struct record *r)
{
	struct reporter reporter = text_reporter(&text);
	const struct outcome *o = &r->outcome;
	struct samples none = {.kept = NULL};
	struct target_summary summary = {
	    .target = o->target,
	    .connections = 1,
	    .total = &none,
	    .tls = &none,
	    .last = o,
	};

	reporter.connected(&text, o);
	reporter.answered(&text, o, r->stage, r->sequence, r->ns);
	reporter.unanswered(&text, o, r->stage, r->sequence);
	reporter.upgraded(&text, o);
	reporter.ended(&text, o);
	reporter.asked(&text, &summary, o);
	reporter.asked(&text, &summary, NULL);
	reporter.summary(&text, &summary);
	show_json(json_connection(o));
	show_json(json_summary(&summary));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* With nothing behind it, so that reading on is seen. */
	struct record *got = malloc(sizeof(*got));

	FUZZ_REQUIRE(got != NULL);
	*got = good;
	change((unsigned char *)got, data, size);
	if (record_parse(got, sizeof(*got), &before, PINGS) == 0) {
		const struct outcome_pings *p = got->outcome.pings;

		FUZZ_REQUIRE(strcmp(got->outcome.target, "localhost") == 0);
		FUZZ_REQUIRE(got->outcome.reason < REASONS);
		FUZZ_REQUIRE(fuzz_printable(
		    got->outcome.message, sizeof(got->outcome.message)));
		for (int i = 0; i < OUTCOME_STAGES; i++) {
			FUZZ_REQUIRE(p[i].sent <= PINGS);
			FUZZ_REQUIRE(p[i].answers.count <= p[i].sent);
			FUZZ_REQUIRE(isfinite(p[i].answers.sum));
		}
		show(got);
	}
	free(got);
	return 0;
}
