/*
 * FTP: replies in frames, and the ways to write AUTH TLS.
 */
#include "unit.h"
#include "unit_exchange.h"

#define FEAT SERVER("220 ftp\r\n"), CLIENT("FEAT\r\n")
#define AUTH CLIENT("AUTH TLS\r\n")
#define QUIT CLIENT("QUIT\r\n"), SERVER("221 bye\r\n")

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SERVER(
		"120-wait\r\n 220 no\r\n120 a minute\r\n220-ftp\r\n220x\r\n221 "
		"it goes on\r\n220 ftp\r\n"),
	    CLIENT("FEAT\r\n"),
	    SERVER("211-Features:\r\n AUTH TLS\r\n PBSZ\r\n211 End\r\n"), AUTH,
	    SERVER("234 begin\r\n"), TLS, QUIT};
	const struct exchange *e =
	    unit_exchange_succeeds("ftp", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(e->reply, "234 begin");
}
END_TEST

START_TEST(knows_the_list_of_iis)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {FEAT,
	    SERVER("211-Extended features supported:\r\n AUTH "
		   "SSL;TLS-P;tls-c;\r\n211 END\r\n"),
	    AUTH, SERVER("234\r\n"), TLS, QUIT};

	unit_exchange_succeeds("ftp", EXCHANGE_OFFERED, script);
}
END_TEST

START_TEST(does_not_take_ssl_for_tls)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {FEAT,
	    SERVER("211-Features:\r\n AUTH SSL;TLS-P\r\n211 End\r\n"), AUTH,
	    SERVER("234\r\n"), TLS, QUIT};

	unit_exchange_succeeds("ftp", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

START_TEST(bears_a_server_without_features)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    FEAT, SERVER("500 what?\r\n"), AUTH, SERVER("234\r\n"), TLS, QUIT};

	unit_exchange_succeeds("ftp", EXCHANGE_UNKNOWN, script);
}
END_TEST

START_TEST(greets_over_tls_where_that_is_implicit)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    TLS, SERVER("220 ftp\r\n"), QUIT};

	unit_exchange_succeeds("ftps", EXCHANGE_UNKNOWN, script);
}
END_TEST

static const struct unit_exchange_case failures[] = {
    {{SERVER("421 busy\r\n")}, EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"421 busy\""},
    {{SERVER("530-Only\r\n  from here\r\n530 Bye\r\n")}, EXCHANGE_UNKNOWN,
	REASON_SERVICE_REFUSED,
	"the server refused service: \"530-Only from here Bye\""},
    {{FEAT, SERVER("211-Features\r\n AUTH TLS\r\n211 End\r\n"), AUTH,
	 SERVER("334 more\r\n")},
	EXCHANGE_OFFERED, REASON_STARTTLS_REFUSED,
	"the server offers AUTH TLS, but refused it: \"334 more\""},
    {{FEAT, SERVER("211 none\r\n"), AUTH, SERVER("530 log in\r\n")},
	EXCHANGE_NOT_OFFERED, REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not offer AUTH TLS, and refused it: \"530 log in\""},
    {{SERVER("22 ftp\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting has no code: \"22 ftp\""},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "ftp", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ftp");
	TCase *c = unit_case(suite, "ftp");

	tcase_add_test(c, upgrades_and_leaves_in_order);
	tcase_add_test(c, knows_the_list_of_iis);
	tcase_add_test(c, does_not_take_ssl_for_tls);
	tcase_add_test(c, bears_a_server_without_features);
	tcase_add_test(c, greets_over_tls_where_that_is_implicit);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
