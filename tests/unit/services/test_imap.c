/*
 * IMAP: tags, untagged lines between, and PREAUTH.
 */
#include "unit.h"
#include "unit_exchange.h"

#define CAPABILITY CLIENT("a1 CAPABILITY\r\n")
#define STARTTLS CLIENT("a2 STARTTLS\r\n")
#define LOGOUT \
	CLIENT("a3 LOGOUT\r\n"), \
	    SERVER("* BYE bye\r\n* CAPABILITY STARTTLS\r\na3 OK done\r\n")
#define OFFERED \
	SERVER("* OK hi\r\n"), CAPABILITY, \
	    SERVER("* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n"), STARTTLS

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SERVER("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n"),
	    CAPABILITY,
	    SERVER(
		"* OK [ALERT] a minute\r\n* capability IMAP4rev1 starttls X\r\n"
		"a1 ok done\r\n"),
	    STARTTLS, SERVER("* 1 EXISTS\r\na2 OK begin\r\n"), TLS, LOGOUT};
	const struct exchange *e =
	    unit_exchange_succeeds("imap", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(e->reply, "a2 OK begin");
	ck_assert_int_gt(e->greeted, 0);
}
END_TEST

START_TEST(asks_once_for_what_is_not_offered)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    SERVER("* OK [CAPABILITY STARTTLS] hi\r\n"), CAPABILITY,
	    SERVER("* CAPABILITY IMAP4rev1 XSTARTTLS\r\na1 OK\r\n"), STARTTLS,
	    SERVER("* CAPABILITY STARTTLS\r\na2 OK\r\n"), TLS, LOGOUT};

	unit_exchange_succeeds("imap", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

START_TEST(may_be_authenticated_over_tls)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    TLS, SERVER("* PREAUTH by certificate\r\n"), LOGOUT};

	unit_exchange_succeeds("imaps", EXCHANGE_UNKNOWN, script);
}
END_TEST

static const struct unit_exchange_case failures[] = {
    {{SERVER("* PREAUTH welcome\r\n")}, EXCHANGE_UNKNOWN, REASON_PREAUTH,
	"the server greets as authenticated already, so that there can be no "
	"STARTTLS: \"* PREAUTH welcome\""},
    {{SERVER("* BYE busy\r\n")}, EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused service: \"* BYE busy\""},
    {{SERVER("220 mx\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's greeting is not IMAP: \"220 mx\""},
    {{SERVER("* OK\r\n"), CAPABILITY, SERVER("a1 BAD what\r\n")},
	EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused CAPABILITY: \"a1 BAD what\""},
    {{SERVER("* OK\r\n"), CAPABILITY, SERVER("a1 OK\r\n")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL,
	"the server's reply to CAPABILITY came without capabilities: \"a1 "
	"OK\""},
    {{OFFERED, SERVER("a1 OK again\r\n")}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS has the wrong tag: \"a1 OK again\""},
    {{OFFERED, SERVER("A2 OK begin\r\n")}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS has the wrong tag: \"A2 OK begin\""},
    {{OFFERED, SERVER("a2\r\n")}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS has the wrong tag: \"a2\""},
    {{OFFERED, SERVER("a2 OKAY\r\n")}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS is neither OK nor NO nor BAD: \"a2 "
	"OKAY\""},
    {{OFFERED, SERVER("+ go on\r\n")}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS has the wrong tag: \"+ go on\""},
    {{OFFERED, SERVER("a2 NO later\r\n")}, EXCHANGE_OFFERED,
	REASON_STARTTLS_REFUSED,
	"the server offers STARTTLS, but refused it: \"a2 NO later\""},
    {{OFFERED, SERVER("* BYE out\r\n")}, EXCHANGE_OFFERED,
	REASON_STARTTLS_REFUSED,
	"the server offers STARTTLS, but refused it: \"* BYE out\""},
    {{SERVER("* OK\r\n"), CAPABILITY, SERVER("* CAPABILITY IMAP4\r\na1 OK\r\n"),
	 STARTTLS, SERVER("a2 BAD\r\n")},
	EXCHANGE_NOT_OFFERED, REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not offer STARTTLS, and refused it: \"a2 BAD\""},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "imap", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("imap");
	TCase *c = unit_case(suite, "imap");

	tcase_add_test(c, upgrades_and_leaves_in_order);
	tcase_add_test(c, asks_once_for_what_is_not_offered);
	tcase_add_test(c, may_be_authenticated_over_tls);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
