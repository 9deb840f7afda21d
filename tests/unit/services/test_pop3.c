/*
 * POP3: the list of capabilities, or none.
 */
#include "unit.h"
#include "unit_exchange.h"

#define CAPA SERVER("+OK pop\r\n"), CLIENT("CAPA\r\n")
#define STLS CLIENT("STLS\r\n")
#define QUIT CLIENT("QUIT\r\n"), SERVER("+OK bye\r\n")

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {CAPA,
	    SERVER("+OK\r\nTOP\r\nstls\r\n..x\r\n.\r\n"), STLS,
	    SERVER("+OK begin\r\n"), TLS, QUIT};
	const struct exchange *e =
	    unit_exchange_succeeds("pop3", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(e->reply, "+OK begin");
}
END_TEST

START_TEST(bears_a_server_without_capabilities)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    CAPA, SERVER("-ERR what?\r\n"), STLS, SERVER("+ok\r\n"), TLS, QUIT};

	unit_exchange_succeeds("pop3", EXCHANGE_UNKNOWN, script);
}
END_TEST

START_TEST(asks_once_for_what_is_not_offered)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {CAPA,
	    SERVER("+OK\r\nUSER\r\nSTLS not\r\n.\r\n"), STLS, SERVER("+OK\r\n"),
	    TLS, QUIT};

	unit_exchange_succeeds("pop3", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

START_TEST(greets_over_tls_where_that_is_implicit)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    TLS, SERVER("+OK pop\r\n"), QUIT};

	unit_exchange_succeeds("pop3s", EXCHANGE_UNKNOWN, script);
}
END_TEST

static const struct unit_exchange_case failures[] = {
    {{SERVER("-ERR [SYS/TEMP] busy\r\n")}, EXCHANGE_UNKNOWN,
	REASON_SERVICE_REFUSED,
	"the server refused service: \"-ERR [SYS/TEMP] busy\""},
    {{SERVER("+OKAY\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is neither +OK nor -ERR: \"+OKAY\""},
    {{CAPA, SERVER("+OK\r\nSTLS\r\n")}, EXCHANGE_OFFERED, REASON_CLOSED,
	"the server closed the connection before the whole of its reply to "
	"CAPA"},
    {{CAPA, SERVER("+OK\r\nSTLS\r\n.\r\n"), STLS, SERVER("-ERR no\r\n")},
	EXCHANGE_OFFERED, REASON_STARTTLS_REFUSED,
	"the server offers STLS, but refused it: \"-ERR no\""},
    {{CAPA, SERVER("-ERR\r\n"), STLS, SERVER("-ERR what?\r\n")},
	EXCHANGE_UNKNOWN, REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not support STLS, and refused it: \"-ERR what?\""},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "pop3", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pop3");
	TCase *c = unit_case(suite, "pop3");

	tcase_add_test(c, upgrades_and_leaves_in_order);
	tcase_add_test(c, bears_a_server_without_capabilities);
	tcase_add_test(c, asks_once_for_what_is_not_offered);
	tcase_add_test(c, greets_over_tls_where_that_is_implicit);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
