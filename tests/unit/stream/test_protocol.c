/*
 * The protocol as data: which line is which command.
 */
#include <string.h>

#include "stream/protocol.h"
#include "unit.h"

#define LINE(text, command) \
	{ \
		text, sizeof(text) - 1, command \
	}

START_TEST(knows_the_commands)
{
	static const struct {
		const char *line;
		size_t length;
		enum protocol_command command;
	} cases[] = {
	    LINE("", PROTOCOL_EMPTY),
	    LINE("PING", PROTOCOL_PING),
	    LINE("ping", PROTOCOL_PING),
	    LINE("PiNg", PROTOCOL_PING),
	    LINE("STARTTLS", PROTOCOL_STARTTLS),
	    LINE("StartTLS", PROTOCOL_STARTTLS),
	    LINE("QUIT", PROTOCOL_QUIT),
	    LINE("quit", PROTOCOL_QUIT),
	    LINE("PIN", PROTOCOL_UNKNOWN),
	    LINE("PINGS", PROTOCOL_UNKNOWN),
	    LINE("PING PING", PROTOCOL_UNKNOWN),
	    LINE(" PING", PROTOCOL_UNKNOWN),
	    LINE("PING\0", PROTOCOL_UNKNOWN),
	    LINE("\0", PROTOCOL_UNKNOWN),
	    LINE("\0\0\0\0", PROTOCOL_UNKNOWN),
	    LINE("PI\0G", PROTOCOL_UNKNOWN),
	    LINE("PONG", PROTOCOL_UNKNOWN),
	    LINE("HELP", PROTOCOL_UNKNOWN),
	    LINE("QUIT.", PROTOCOL_UNKNOWN),
	    LINE("STARTTL", PROTOCOL_UNKNOWN),
	    LINE("GET / HTTP/1.1", PROTOCOL_UNKNOWN),
	    LINE("\xd0\xe9\xee\xe7", PROTOCOL_UNKNOWN),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(protocol_parse(cases[i].line, cases[i].length) ==
				  cases[i].command,
		    "%s", cases[i].line);
}
END_TEST

/* A line is what its length says, not what a NUL ends. */
START_TEST(looks_at_no_octet_behind_the_line)
{
	ck_assert_int_eq(protocol_parse("PINGPONG", 4), PROTOCOL_PING);
	ck_assert_int_eq(protocol_parse("PING", 0), PROTOCOL_EMPTY);
	ck_assert_int_eq(protocol_parse("QUITTER", 3), PROTOCOL_UNKNOWN);
}
END_TEST

START_TEST(replies_are_lines)
{
	static const char *const replies[] = {PROTOCOL_PONG, PROTOCOL_ENCRYPTED,
	    PROTOCOL_NO_COMMAND, PROTOCOL_TOO_LONG, PROTOCOL_TIMEOUT,
	    PROTOCOL_ERRORS, PROTOCOL_BUSY, PROTOCOL_BUSY_SOURCE};

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		ck_assert_uint_eq(unit_lines(replies[i]), 1);
		ck_assert_ptr_eq(strchr(replies[i], '\n'),
		    replies[i] + strlen(replies[i]) - 1);
		ck_assert_uint_le(strlen(replies[i]), PROTOCOL_LINE_MAX);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("protocol");
	TCase *c = unit_case(suite, "protocol");

	tcase_add_test(c, knows_the_commands);
	tcase_add_test(c, looks_at_no_octet_behind_the_line);
	tcase_add_test(c, replies_are_lines);
	return unit_main(suite);
}
