/*
 * NNTP: the list of capabilities, or none.
 */
#include "unit.h"
#include "unit_exchange.h"

#define CAPABILITIES SERVER("201 read only\r\n"), CLIENT("CAPABILITIES\r\n")
#define STARTTLS CLIENT("STARTTLS\r\n")
#define QUIT CLIENT("QUIT\r\n"), SERVER("205 bye\r\n")

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SERVER("200 post\r\n"), CLIENT("CAPABILITIES\r\n"),
	    SERVER("101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"), STARTTLS,
	    SERVER("382 begin\r\n"), TLS, QUIT};
	const struct exchange *e =
	    unit_exchange_succeeds("nntp", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(e->reply, "382 begin");
}
END_TEST

START_TEST(takes_a_server_for_readers)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {CAPABILITIES,
	    SERVER("101\r\nREADER\r\n.\r\n"), STARTTLS, SERVER("382\r\n"), TLS,
	    QUIT};

	unit_exchange_succeeds("nntp", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

START_TEST(bears_a_server_without_capabilities)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {CAPABILITIES,
	    SERVER("500 what?\r\n"), STARTTLS, SERVER("382\r\n"), TLS, QUIT};

	unit_exchange_succeeds("nntp", EXCHANGE_UNKNOWN, script);
}
END_TEST

START_TEST(greets_over_tls_where_that_is_implicit)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    TLS, SERVER("200 post\r\n"), QUIT};

	unit_exchange_succeeds("nntps", EXCHANGE_UNKNOWN, script);
}
END_TEST

static const struct unit_exchange_case failures[] = {
    {{SERVER("400 busy\r\n")}, EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"400 busy\""},
    {{SERVER("200-two\r\n200 lines\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting has a line that does not belong to it: "
	"\"200-two\""},
    {{CAPABILITIES, SERVER("101\r\nSTARTTLS\r\n.\r\n"), STARTTLS,
	 SERVER("580 cannot\r\n")},
	EXCHANGE_OFFERED, REASON_STARTTLS_REFUSED,
	"the server offers STARTTLS, but refused it: \"580 cannot\""},
    {{CAPABILITIES, SERVER("101\r\n.\r\n"), STARTTLS, SERVER("502 no\r\n")},
	EXCHANGE_NOT_OFFERED, REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not offer STARTTLS, and refused it: \"502 no\""},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "nntp", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nntp");
	TCase *c = unit_case(suite, "nntp");

	tcase_add_test(c, upgrades_and_leaves_in_order);
	tcase_add_test(c, takes_a_server_for_readers);
	tcase_add_test(c, bears_a_server_without_capabilities);
	tcase_add_test(c, greets_over_tls_where_that_is_implicit);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
