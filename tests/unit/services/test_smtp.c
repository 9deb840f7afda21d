/*
 * SMTP and LMTP: the exchange, and every way in which a server does not take
 * part in it.
 */
#include "unit.h"
#include "unit_exchange.h"

#define EHLO "EHLO [192.0.2.7]\r\n"
#define LHLO "LHLO [192.0.2.7]\r\n"
#define GREETED SERVER("220 mx ESMTP\r\n"), CLIENT(EHLO)
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define OFFERED GREETED, SERVER("250-mx\r\n250 STARTTLS\r\n")

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SERVER("220-mx\r\n220 ESMTP\r\n"), CLIENT(EHLO),
	    SERVER("250-mx hello\r\n250-SIZE 1000\r\n250-starttls\r\n"
		   "250 HELP\r\n"),
	    CLIENT("STARTTLS\r\n"), SERVER("220 2.0.0 go ahead\r\n"), TLS,
	    CLIENT(EHLO), SERVER("250-mx\r\n250 AUTH PLAIN\r\n"),
	    CLIENT("QUIT\r\n"), SERVER("221 bye\r\n")};
	const struct exchange *e =
	    unit_exchange_succeeds("smtp", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(e->reply, "220 2.0.0 go ahead");
	ck_assert_int_gt(e->greeted, 0);
	ck_assert_int_ge(e->ready, e->greeted);
	ck_assert_int_eq(e->ending, EXCHANGE_CLOSE_NOTIFY);
}
END_TEST

START_TEST(lmtp_says_lhlo)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SERVER("220 mx LMTP\r\n"), CLIENT(LHLO),
	    SERVER("250-mx\r\n250 STARTTLS\r\n"), CLIENT("STARTTLS\r\n"),
	    SERVER("220 go\r\n"), TLS, CLIENT(LHLO), SERVER("250 mx\r\n"),
	    CLIENT("QUIT\r\n"), SERVER("221 bye\r\n")};

	unit_exchange_succeeds("lmtp", EXCHANGE_OFFERED, script);
}
END_TEST

START_TEST(greets_over_tls_where_that_is_implicit)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {TLS,
	    SERVER("220 mx\r\n"), CLIENT(EHLO), SERVER("250 mx\r\n"),
	    CLIENT("QUIT\r\n"), SERVER("221\r\n")};
	const struct exchange *e =
	    unit_exchange_succeeds("submissions", EXCHANGE_UNKNOWN, script);

	ck_assert_str_eq(e->reply, "");
	ck_assert_int_gt(e->greeted, 0);
}
END_TEST

START_TEST(tells_a_stripped_offer_from_none)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {GREETED,
	    SERVER("250-STARTTLS\r\n250 XXXXXXXA\r\n"), CLIENT("STARTTLS\r\n"),
	    SERVER("220 go\r\n"), TLS, CLIENT(EHLO), SERVER("250 mx\r\n"),
	    CLIENT("QUIT\r\n"), SERVER("221 bye\r\n")};

	unit_exchange_succeeds("smtp", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

static const struct unit_exchange_case failures[] = {
    {{SERVER("554-Blocked, see https://x\r\n554-\r\n554 5.7.1\r\n")},
	EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"554-Blocked, see https://x 5.7.1\""},
    {{SERVER("554-" HUNDRED "\r\n554-" HUNDRED "\r\n554 " HUNDRED "\r\n")},
	EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"554-" HUNDRED " " HUNDRED
	" 0123456789012345678901234567890123456789012345...\""},
    {{GREETED, SERVER("550 no\r\n")}, EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused EHLO: \"550 no\""},
    {{OFFERED, CLIENT("STARTTLS\r\n"), SERVER("454 not now\r\n")},
	EXCHANGE_OFFERED, REASON_STARTTLS_REFUSED,
	"the server offers STARTTLS, but refused it: \"454 not now\""},
    {{GREETED, SERVER("250-mx\r\n250-XSTARTTLS\r\n250 STARTTLS now\r\n"),
	 CLIENT("STARTTLS\r\n"), SERVER("502 what?\r\n")},
	EXCHANGE_NOT_OFFERED, REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not offer STARTTLS, and refused it: \"502 what?\""},
    {{SERVER("")}, EXCHANGE_UNKNOWN, REASON_CLOSED,
	"the server closed the connection before its greeting"},
    {{SERVER("220 m")}, EXCHANGE_UNKNOWN, REASON_CLOSED,
	"the server closed the connection before the whole of its greeting"},
    {{OFFERED, CLIENT("STARTTLS\r\n")}, EXCHANGE_OFFERED, REASON_CLOSED,
	"the server closed the connection before its reply to STARTTLS"},
    {{GREETED, SERVER("250-mx\r\n354 STARTTLS\r\n")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL,
	"the server's reply to EHLO has a line that does not belong to it: "
	"\"354 STARTTLS\""},
    {{SERVER("* OK IMAP\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting has no code: \"* OK IMAP\""},
    {{SERVER("220 \0mx\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is not text: \"220 .mx\""},
    {{SERVER("\025\003\003\0\002\002\050")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server speaks TLS from the start, not smtp in the clear"},
    {{OFFERED, CLIENT("STARTTLS\r\n"), SERVER("220 go\r\n"), TLS, CLIENT(EHLO)},
	EXCHANGE_OFFERED, REASON_CLOSED,
	"the server closed the connection before its reply to EHLO"},
    {{OFFERED, CLIENT("STARTTLS\r\n"), SERVER("220 go\r\n"), TLS, CLIENT(EHLO),
	 SERVER("421 busy\r\n")},
	EXCHANGE_OFFERED, REASON_SERVICE_REFUSED,
	"the server refused EHLO: \"421 busy\""},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "smtp", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("smtp");
	TCase *c = unit_case(suite, "smtp");

	tcase_add_test(c, upgrades_and_leaves_in_order);
	tcase_add_test(c, lmtp_says_lhlo);
	tcase_add_test(c, greets_over_tls_where_that_is_implicit);
	tcase_add_test(c, tells_a_stripped_offer_from_none);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
