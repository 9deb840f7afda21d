/*
 * PostgreSQL: one octet, or an error that is shown and not believed.
 */
#include "unit.h"
#include "unit_exchange.h"

#define SSL_REQUEST CLIENT("\0\0\0\x08\x04\xd2\x16\x2f")

START_TEST(upgrades_and_says_nothing)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SSL_REQUEST, SERVER("S"), TLS};
	const struct exchange *e =
	    unit_exchange_succeeds("postgres", EXCHANGE_UNKNOWN, script);

	ck_assert_str_eq(e->reply, "S");
	ck_assert_int_eq(e->greeted, 0);
	ck_assert_int_eq(e->ending, EXCHANGE_CLOSE_NOTIFY);
}
END_TEST

static const struct unit_exchange_case failures[] = {
    {{SSL_REQUEST, SERVER("N")}, EXCHANGE_UNKNOWN,
	REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not support SSLRequest, and refused it: \"N\""},
    {{SSL_REQUEST,
	 SERVER("E\0\0\0\x25SFATAL\0C53300\0Mtoo many\033clients\0\0")},
	EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"too many.clients\""},
    {{SSL_REQUEST, SERVER("E\0\0\0\x04")}, EXCHANGE_UNKNOWN,
	REASON_SERVICE_REFUSED, "the server refused service: \"E\""},
    {{SSL_REQUEST, SERVER("E\0\0\0\x08Mabc")}, EXCHANGE_UNKNOWN,
	REASON_SERVICE_REFUSED, "the server refused service: \"E\""},
    {{SSL_REQUEST, SERVER("E\0\0\0\x03")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to SSLRequest is broken: \"E\""},
    {{SSL_REQUEST, SERVER("E\0\xff\xff\xff")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL, "the server's reply to SSLRequest is broken: \"E\""},
    /* A server that cannot fork has no time for version 3 of the protocol. */
    {{SSL_REQUEST, SERVER("Ecould not fork new process for connection: Cannot "
			  "allocate memory\n\0")},
	EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"could not fork new process for "
	"connection: Cannot allocate memory\""},
    {{SSL_REQUEST, SERVER("Ecould not")}, EXCHANGE_UNKNOWN, REASON_CLOSED,
	"the server closed the connection before the whole of its reply to "
	"SSLRequest"},
    {{SSL_REQUEST, SERVER("s")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to SSLRequest is neither S nor N nor E: \"s\""},
    {{SSL_REQUEST, SERVER("\026")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server speaks TLS from the start, not postgres in the clear"},
    {{SSL_REQUEST}, EXCHANGE_UNKNOWN, REASON_CLOSED,
	"the server closed the connection before its reply to SSLRequest"},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "postgres", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("postgres");
	TCase *c = unit_case(suite, "postgres");

	tcase_add_test(c, upgrades_and_says_nothing);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
