/*
 * Fuzzes the reading of lines in the clear, and what a line means.
 *
 * The input: two octets for the size of a line, then a script (stage.h).
 * Whatever comes, in whatever segments: a line is what was sent up to its LF,
 * and what is behind the LF is still in the kernel.
 */
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>

#include "fuzz.h"
#include "stage.h"
#include "stream/protocol.h"
#include "stream/stream.h"

/* Long enough that only the script makes it pass. */
#define LINE_MS 1000

/* Octets of what was sent up to and including the LF, or 0: none. */
static size_t
to_lf(const struct octets *sent, size_t from)
{
	const uint8_t *start = sent->octets + from;
	const uint8_t *lf = memchr(start, '\n', sent->length - from);

	return lf == NULL ? 0 : (size_t)(lf + 1 - start);
}

static size_t
trimmed(const uint8_t *line, size_t length)
{
	while (length > 0 &&
	       (line[length - 1] == ' ' ||
		   (line[length - 1] >= '\t' && line[length - 1] <= '\r')))
		length--;
	return length;
}

static void
check_command(const char *line, size_t length)
{
	enum protocol_command command = PROTOCOL_UNKNOWN;

	/* As C strings they are the same only where there is no NUL. */
	if (length == 0)
		command = PROTOCOL_EMPTY;
	else if (strlen(line) != length)
		command = PROTOCOL_UNKNOWN;
	else if (strcasecmp(line, "PING") == 0)
		command = PROTOCOL_PING;
	else if (strcasecmp(line, "STARTTLS") == 0)
		command = PROTOCOL_STARTTLS;
	else if (strcasecmp(line, "QUIT") == 0)
		command = PROTOCOL_QUIT;
	FUZZ_REQUIRE(protocol_parse(line, length) == command);
}

/* Reads to the end.  Returns the octets that were lines; the error to `*e`. */
static size_t
read_lines(
    struct stream *s, int fd, size_t size, const struct octets *sent, int *e)
{
	char line[PROTOCOL_LINE_MAX];
	size_t at = 0, whole;
	int waiting;
	ssize_t n;

	for (;;) {
		stream_set_deadline(s, deadline_in(LINE_MS));
		memset(line, 'x', sizeof(line));
		n = stream_read_line(s, line, size);
		if (n == STREAM_TIMEOUT || n == STREAM_CANCELLED)
			continue;
		if (n < 0) {
			*e = (int)n;
			return at;
		}
		whole = to_lf(sent, at);
		FUZZ_REQUIRE(whole > 0 && whole <= size);
		FUZZ_REQUIRE(
		    (size_t)n == trimmed(sent->octets + at, whole - 1));
		FUZZ_REQUIRE(memcmp(line, sent->octets + at, (size_t)n) == 0);
		FUZZ_REQUIRE(line[n] == '\0');
		at += whole;
		FUZZ_REQUIRE(stream_octets_in(s) == at);
		/* Not one octet behind the LF is taken. */
		FUZZ_REQUIRE(ioctl(fd, FIONREAD, &waiting) == 0);
		FUZZ_REQUIRE((size_t)waiting == sent->length - at);
		check_command(line, (size_t)n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct octets *sent = &stage_look()->actor.sent;
	struct stream *s;
	size_t most, at, whole;
	int fd, e = 0;

	if (size < 2)
		return 0;
	most = 1 + (data[0] * 256U + data[1]) % PROTOCOL_LINE_MAX;
	fd = stage_open(data + 2, size - 2, 0, NULL);
	s = stream_new(fd, PROTOCOL_LINE_MAX);
	FUZZ_REQUIRE(s != NULL);
	at = read_lines(s, fd, most, sent, &e);
	whole = to_lf(sent, at);
	switch (e) {
	case STREAM_TRUNCATED:
		FUZZ_REQUIRE(at < sent->length && whole == 0);
		break;
	case STREAM_TOO_LONG:
		FUZZ_REQUIRE(sent->length - at >= most);
		FUZZ_REQUIRE(whole == 0 || whole > most);
		break;
	case STREAM_EARLY_TLS:
		FUZZ_REQUIRE(sent->length - at >= 2);
		FUZZ_REQUIRE(
		    (sent->octets[at] == 21 || sent->octets[at] == 22) &&
		    sent->octets[at + 1] == 3);
		break;
	default:
		FUZZ_REQUIRE(e == STREAM_EOF);
		FUZZ_REQUIRE(at == sent->length);
	}
	stream_free(s);
	stage_close();
	return 0;
}
