/*
 * An exchange on the stage.
 */
#include "exchange_stage.h"

#include <sys/ioctl.h>

#include "fuzz.h"
#include "services/exchange_internal.h"
#include "stage.h"

#define GREETING_MS 30000
#define STEP_MS 10000
#define ALL_MS 60000

static int end; /* of the connection, which the stream has */

struct exchange *
exchange_stage_open(const char *service, const uint8_t *script, size_t size)
{
	static struct exchange e;

	end = stage_open(script, size, 0, NULL);
	e = (struct exchange){.service = service_find(service),
	    .stream = stream_new(end, EXCHANGE_LINE_MAX),
	    .address = "192.0.2.7",
	    .domain = "example.net",
	    .greeting_ms = GREETING_MS,
	    .step_ms = STEP_MS,
	    .end = deadline_in(ALL_MS)};
	FUZZ_REQUIRE(e.service != NULL && e.stream != NULL);
	exchange_begin(&e, "server", service, GREETING_MS);
	return &e;
}

size_t
exchange_stage_check(const struct exchange *e, bool failed)
{
	const struct octets *sent = &stage_look()->actor.sent;
	size_t read = stream_octets_in(e->stream);
	int waiting;

	FUZZ_REQUIRE(failed == (e->reason != REASON_NONE));
	FUZZ_REQUIRE(failed == (e->message[0] != '\0'));
	FUZZ_REQUIRE(e->reason < REASONS);
	FUZZ_REQUIRE(fuzz_printable(e->message, sizeof(e->message)));
	FUZZ_REQUIRE(fuzz_printable(e->said, sizeof(e->said)));
	FUZZ_REQUIRE(read <= EXCHANGE_OCTETS_MAX + EXCHANGE_LINE_MAX);
	FUZZ_REQUIRE(e->lines <= EXCHANGE_LINES_MAX + 1);
	if (!failed) {
		FUZZ_REQUIRE(ioctl(end, FIONREAD, &waiting) == 0);
		FUZZ_REQUIRE((size_t)waiting == sent->length - read);
	}
	return read;
}

void
exchange_stage_close(struct exchange *e)
{
	stream_free(e->stream);
	stage_close();
}
