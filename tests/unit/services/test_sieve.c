/*
 * ManageSieve: strings and literals, and the capabilities said twice.
 */
#include "unit.h"
#include "unit_exchange.h"

#define OFFERED SERVER("\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK\r\n")
#define STARTTLS CLIENT("STARTTLS\r\n")
#define LOGOUT CLIENT("LOGOUT\r\n"), SERVER("OK \"bye\"\r\n")

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {OFFERED,
	    STARTTLS, SERVER("OK \"begin\"\r\n"), TLS,
	    SERVER("\"SASL\" \"PLAIN\"\r\nOK\r\n"), LOGOUT};
	const struct exchange *e =
	    unit_exchange_succeeds("sieve", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(e->reply, "OK \"begin\"");
	ck_assert_int_gt(e->greeted, 0);
}
END_TEST

START_TEST(takes_literals_for_strings)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SERVER("\"NOTIFY\" "
		   "{9}\r\nSTARTTLS\n\r\n{8+}\r\nstarttls\r\n{4}\r\nSASL "
		   "{3}\r\n\r\nA\r\noK {4}\r\nhi\r\n\r\n"),
	    STARTTLS, SERVER("OK (TAG \"x\") {2}\r\nhi\r\n"), TLS,
	    SERVER("OK\r\n"), LOGOUT};

	unit_exchange_succeeds("sieve", EXCHANGE_OFFERED, script);
}
END_TEST

START_TEST(asks_once_for_what_is_not_offered)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SERVER("\"SIEVE\" \"STARTTLS\"\r\nOK\r\n"), STARTTLS,
	    SERVER("\"STARTTLS\"\r\nOK\r\n"), TLS, SERVER("OK\r\n"), LOGOUT};

	unit_exchange_succeeds("sieve", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

static const struct unit_exchange_case failures[] = {
    {{SERVER("BYE \"busy\"\r\n")}, EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"BYE \"busy\"\""},
    {{SERVER("STARTTLS\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is neither OK nor NO nor BYE: \"STARTTLS\""},
    {{SERVER("\"X\" {99999999999999999999}\r\n")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL,
	"the server sent more than 65536 octets before the end of its "
	"greeting"},
    {{SERVER("\"X\" {9000}\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting has more than 8192 octets without an end"},
    {{SERVER("\"X\" {9}\r\nabc")}, EXCHANGE_UNKNOWN, REASON_CLOSED,
	"the server closed the connection before the whole of its greeting"},
    {{OFFERED, STARTTLS, SERVER("NO\r\n")}, EXCHANGE_OFFERED,
	REASON_STARTTLS_REFUSED,
	"the server offers STARTTLS, but refused it: \"NO\""},
    {{OFFERED, STARTTLS, SERVER("OK\r\n"), TLS,
	 SERVER("\"STARTTLS\"\r\nOK\r\n")},
	EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's greeting over TLS offers STARTTLS again: \"OK\""},
    {{OFFERED, STARTTLS, SERVER("OK\r\n"), TLS}, EXCHANGE_OFFERED,
	REASON_CLOSED,
	"the server closed the connection before its greeting over TLS"},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "sieve", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sieve");
	TCase *c = unit_case(suite, "sieve");

	tcase_add_test(c, upgrades_and_leaves_in_order);
	tcase_add_test(c, takes_literals_for_strings);
	tcase_add_test(c, asks_once_for_what_is_not_offered);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
