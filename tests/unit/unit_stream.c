/*
 * What the tests of the stream share.
 */
#include "unit_stream.h"
#include "stream/protocol.h"

#include <string.h>

#include "unit.h"

void
unit_expect_octets(struct stream *s, const char *want, size_t length)
{
	char line[PROTOCOL_LINE_MAX];
	ssize_t n = stream_read_line(s, line, sizeof(line));

	ck_assert_int_eq(n, (ssize_t)length);
	ck_assert_mem_eq(line, want, length);
	ck_assert_int_eq(line[length], '\0');
}

void
unit_expect(struct stream *s, const char *want)
{
	unit_expect_octets(s, want, strlen(want));
}

void
unit_expect_error(struct stream *s, enum stream_error error)
{
	char line[PROTOCOL_LINE_MAX];

	ck_assert_int_eq(stream_read_line(s, line, sizeof(line)), error);
}
