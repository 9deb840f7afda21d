/*
 * MySQL: the capability bit, the errors in place of a greeting, and a farewell
 * that counts as no error of ours.
 */
#include "unit.h"
#include "unit_exchange.h"

#define GREETING(number, capabilities) \
	SERVER("\x1d\0\0" number "\x0a" \
	       "5.5.5-10.11\0" \
	       "\1\2\3\4" \
	       "saltsalt\0" capabilities "\x21")
#define REQUEST \
	"\x00\x8a\x00\x00\x00\x00\x00\x01\x21" \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SSL_REQUEST CLIENT("\x20\0\0\x01" REQUEST)
#define EMPTY_LOGIN CLIENT("\x22\0\0\x02" REQUEST "\0\0")

START_TEST(upgrades_and_leaves_by_an_empty_login)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    GREETING("\0", "\xff\xff"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	    SERVER("\x0b\0\0\x03\xff\x15\x04#28000no")};
	const struct exchange *e =
	    unit_exchange_succeeds("mysql", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(e->reply, "5.5.5-10.11");
	ck_assert_int_gt(e->greeted, 0);
}
END_TEST

START_TEST(quits_where_nobody_may_log_in)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    GREETING("\0", "\x00\x08"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	    SERVER("\x07\0\0\x03\0\0\0\2\0\0\0"), CLIENT("\1\0\0\0\1")};

	unit_exchange_succeeds("mariadb", EXCHANGE_OFFERED, script);
}
END_TEST

START_TEST(proves_nothing_in_another_way)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    GREETING("\0", "\x00\x08"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	    SERVER("\x06\0\0\x03\xfe"
		   "abcd\0"),
	    CLIENT("\0\0\0\4"), SERVER("\x05\0\0\x05\xff\x15\x04no")};

	unit_exchange_succeeds("mysql", EXCHANGE_OFFERED, script);
}
END_TEST

/* Errors that deny the login: by the SQL state, or by the code alone. */
START_TEST(takes_a_denial_for_an_answer)
{
	static const char *const denials[] = {
	    "\x0b\0\0\x03\xff\x15\x04#28000no",
	    "\x0b\0\0\x03\xff\x2a\x23#28000no",
	    "\x0b\0\0\x03\xff\xa2\x06#28000no",
	    "\x0b\0\0\x03\xff\xe3\x04#08004no",
	    "\x0b\0\0\x03\xff\x2e\x0c#HY000no",
	    "\x0b\0\0\x03\xff\x37\x10#HY000no"};

	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
		const struct unit_said script[UNIT_SCRIPT_MOST] = {
		    GREETING("\0", "\x00\x08"), SSL_REQUEST, TLS, EMPTY_LOGIN,
		    {'S', denials[i], 15}};

		unit_exchange_succeeds("mysql", EXCHANGE_OFFERED, script);
	}
}
END_TEST

#define X47 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X200 X47 X47 X47 X47 "xxxxxxxxxxxx"

static const struct unit_exchange_case failures[] = {
    {{GREETING("\0", "\xff\xf7")}, EXCHANGE_NOT_OFFERED,
	REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not offer TLS: its capability CLIENT_SSL is not set "
	"(version \"5.5.5-10.11\")"},
    {{GREETING("\1", "\xff\xff")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is out of sequence: \"....\""},
    {{SERVER("\x0a\0\0\0\xff\x6a\x04no way.")}, EXCHANGE_UNKNOWN,
	REASON_SERVICE_REFUSED,
	"the server refused service: \"1130 no way.\" (no account may be used "
	"from this host)"},
    {{SERVER("\x10\0\0\0\xff\x69\x04#HY000blocked")}, EXCHANGE_UNKNOWN,
	REASON_SERVICE_REFUSED,
	"the server refused service: \"1129 blocked\" (this host is locked out "
	"for too many errors: max_connect_errors)"},
    {{SERVER("\xfe\0\0\0\xff\x13\x04" X200 X47 "????")}, EXCHANGE_UNKNOWN,
	REASON_SERVICE_REFUSED,
	"the server refused service: \"1043 " X200 X47 "...\""},
    {{SERVER("\x01\0\0\0\xff")}, EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"0 \""},
    {{SERVER("\x01\0\0\0\x09")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is not a MySQL greeting: \"....\""},
    {{SERVER("\x04\0\0\0\x0a"
	     "5.5")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is not a MySQL greeting: \"....\""},
    {{SERVER("\x05\0\0\0\x0a"
	     "5.5\0")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is cut off: \"5.5\""},
    {{SERVER("\0\0\0\0")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is not a MySQL packet: \"....\""},
    {{SERVER("220 mx\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is not a MySQL packet: \"220 \""},
    {{SERVER("\xff\0\0\0\x0a")}, EXCHANGE_UNKNOWN, REASON_CLOSED,
	"the server closed the connection before the whole of its greeting"},
    {{GREETING("\0", "\xff\xff"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	 SERVER("\x0d\0\0\x03\xff\x10\x04#08004full")},
	EXCHANGE_OFFERED, REASON_SERVICE_REFUSED,
	"the server refused service: \"1040 full\" (it has as many "
	"connections as it takes)"},
    {{GREETING("\0", "\xff\xff"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	 SERVER("\x0c\0\0\x03\xff\x13\x04#08S01bad")},
	EXCHANGE_OFFERED, REASON_SERVICE_REFUSED,
	"the server refused service: \"1043 bad\""},
    {{GREETING("\0", "\xff\xff"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	 SERVER("\x10\0\0\x03\xff\x69\x04#HY000blocked")},
	EXCHANGE_OFFERED, REASON_SERVICE_REFUSED,
	"the server refused service: \"1129 blocked\" (this host is locked out "
	"for too many errors: max_connect_errors)"},
    {{GREETING("\0", "\xff\xff"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	 SERVER("\x06\0\0\x03\xfe"
		"abcd\0"),
	 CLIENT("\0\0\0\4"), SERVER("\x05\0\0\x05\xff\x6a\x04no")},
	EXCHANGE_OFFERED, REASON_SERVICE_REFUSED,
	"the server refused service: \"1130 no\" (no account may be used from "
	"this host)"},
    {{GREETING("\0", "\xff\xff"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	 SERVER("\x01\0\0\x03\xff")},
	EXCHANGE_OFFERED, REASON_SERVICE_REFUSED,
	"the server refused service: \"0 \""},
    {{GREETING("\0", "\xff\xff"), SSL_REQUEST, TLS, EMPTY_LOGIN,
	 SERVER("\x01\0\0\x03\x42")},
	EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to the empty login is neither OK nor an error: "
	"\"....\""},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "mysql", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("mysql");
	TCase *c = unit_case(suite, "mysql");

	tcase_add_test(c, upgrades_and_leaves_by_an_empty_login);
	tcase_add_test(c, quits_where_nobody_may_log_in);
	tcase_add_test(c, proves_nothing_in_another_way);
	tcase_add_test(c, takes_a_denial_for_an_answer);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
