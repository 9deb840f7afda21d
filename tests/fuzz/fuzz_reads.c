/*
 * Fuzzes the reads that are not lines: up to an octet, and so many octets.
 *
 * The input: how many reads there are (at most 16), three octets for each, then
 * a script (stage.h).  Whatever comes, in whatever segments: what was asked for
 * is read, and what is behind it is still in the kernel.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "fuzz.h"
#include "stage.h"
#include "stream/stream.h"

#define READS_MOST 16
#define SIZE_MOST 8192
/* Long enough that only the script makes it pass. */
#define READ_MS 1000

/* A read: the first octet says which, and the others how much. */
#define UNTIL(read) ((read)[0] & 1)
#define SIZE(read) (1 + ((read)[1] * 256U + (read)[2]) % SIZE_MOST)

/* Octets of what was sent from `at` on, up to and including `end`; 0: none. */
static size_t
up_to(const struct octets *sent, size_t at, uint8_t end)
{
	const uint8_t *start = sent->octets + at;
	const uint8_t *found = memchr(start, end, sent->length - at);

	return found == NULL ? 0 : (size_t)(found + 1 - start);
}

/* Reads once; returns how many octets, or an enum stream_error. */
static ssize_t
read_once(struct stream *s, const uint8_t *read, char data[SIZE_MOST])
{
	char end = (char)(read[0] >> 1);
	size_t size = SIZE(read);
	ssize_t n;

	if (!UNTIL(read)) {
		int e;

		stream_set_deadline(s, deadline_in(READ_MS));
		e = stream_read_exact(s, data, size);
		return e == 0 ? (ssize_t)size : e;
	}
	do {
		stream_set_deadline(s, deadline_in(READ_MS));
		n = stream_read_until(s, end, data, size);
	} while (n == STREAM_TIMEOUT);
	return n;
}

static void
check(const struct octets *sent, size_t at, const uint8_t *read,
    const char *data, ssize_t n)
{
	size_t whole = up_to(sent, at, read[0] >> 1);

	FUZZ_REQUIRE((size_t)n <= sent->length - at);
	FUZZ_REQUIRE(memcmp(data, sent->octets + at, (size_t)n) == 0);
	if (UNTIL(read))
		FUZZ_REQUIRE((size_t)n == whole);
}

static void
check_error(
    const struct octets *sent, size_t at, const uint8_t *read, ssize_t error)
{
	size_t left = sent->length - at;
	size_t whole = up_to(sent, at, read[0] >> 1);

	if (error == STREAM_EOF)
		FUZZ_REQUIRE(left == 0);
	else if (error == STREAM_TOO_LONG)
		FUZZ_REQUIRE(UNTIL(read) && left >= SIZE(read) &&
			     (whole == 0 || whole > SIZE(read)));
	else if (error == STREAM_EARLY_TLS)
		FUZZ_REQUIRE(
		    UNTIL(read) && left >= 2 &&
		    (sent->octets[at] == 21 || sent->octets[at] == 22) &&
		    sent->octets[at + 1] == 3);
	else if (error == STREAM_TRUNCATED)
		FUZZ_REQUIRE(
		    left > 0 && (UNTIL(read) ? whole == 0 : left < SIZE(read)));
	else
		FUZZ_REQUIRE(error == STREAM_TIMEOUT && !UNTIL(read));
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const struct octets *sent = &stage_look()->actor.sent;
	static char data[SIZE_MOST];
	size_t reads, at = 0;
	struct stream *s;
	int fd, waiting;

	if (size < 1)
		return 0;
	reads = 1 + input[0] % READS_MOST;
	if (size < 1 + 3 * reads)
		return 0;
	fd = stage_open(input + 1 + 3 * reads, size - 1 - 3 * reads, 0, NULL);
	s = stream_new(fd, SIZE_MOST);
	FUZZ_REQUIRE(s != NULL);
	for (size_t i = 0; i < reads; i++) {
		const uint8_t *read = input + 1 + 3 * i;
		ssize_t n = read_once(s, read, data);

		if (n < 0) {
			check_error(sent, at, read, n);
			break;
		}
		check(sent, at, read, data, n);
		at += (size_t)n;
		FUZZ_REQUIRE(stream_octets_in(s) == at);
		/* Not one octet behind it is taken. */
		FUZZ_REQUIRE(ioctl(fd, FIONREAD, &waiting) == 0);
		FUZZ_REQUIRE((size_t)waiting == sent->length - at);
	}
	stream_free(s);
	stage_close();
	return 0;
}
