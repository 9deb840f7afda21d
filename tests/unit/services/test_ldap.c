/*
 * LDAP: short and long lengths, and lengths that lie.
 */
#include "unit.h"
#include "unit_exchange.h"

#define START_TLS \
	CLIENT("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" \
	       "1.3.6.1.4.1.1466.20037")
#define UNBIND CLIENT("\x30\x05\x02\x01\x02\x42\x00")
#define BROKEN "the server's reply to StartTLS is broken: \"0.\""

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {START_TLS,
	    SERVER("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
	    TLS, UNBIND};
	const struct exchange *e =
	    unit_exchange_succeeds("ldap", EXCHANGE_UNKNOWN, script);

	ck_assert_str_eq(e->reply, "success (0)");
	ck_assert_int_eq(e->greeted, 0);
	ck_assert_int_gt(e->ready, 0);
	ck_assert_int_eq(e->ending, EXCHANGE_CLOSE_NOTIFY);
}
END_TEST

START_TEST(reads_the_lengths_of_active_directory)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {START_TLS,
	    SERVER("\x30\x84\x00\x00\x00\x28\x02\x01\x01\x78\x84\x00\x00\x00"
		   "\x1f\x0a\x01\x00\x04\x00\x04\x00\x8a\x16"
		   "1.3.6.1.4.1.1466.20037"),
	    TLS, UNBIND};

	unit_exchange_succeeds("ldap", EXCHANGE_UNKNOWN, script);
}
END_TEST

START_TEST(ignores_what_it_does_not_know)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {START_TLS,
	    SERVER("\x30\x12\x02\x01\x01\x78\x0d\x0a\x01\x00\x04\x00\x04\x00"
		   "\x8b\x01x\x8c\x01y"),
	    TLS, UNBIND};

	unit_exchange_succeeds("ldap", EXCHANGE_UNKNOWN, script);
}
END_TEST

START_TEST(takes_controls_behind_the_response)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {START_TLS,
	    SERVER("\x30\x10\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
		   "\xa0\x02\x30\x00"),
	    TLS, UNBIND};

	unit_exchange_succeeds("ldap", EXCHANGE_UNKNOWN, script);
}
END_TEST

START_TEST(says_nothing_but_unbind_where_tls_is_implicit)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {TLS, UNBIND};

	unit_exchange_succeeds("ldaps", EXCHANGE_UNKNOWN, script);
}
END_TEST

#define X47 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X234 X47 X47 X47 X47 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct unit_exchange_case failures[] = {
    {{START_TLS,
	 SERVER("\x30\x0f\x02\x01\x01\x78\x0a\x0a\x01\x02\x04\x00\x04\x03"
		"no!")},
	EXCHANGE_UNKNOWN, REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not support StartTLS, and refused it: \"protocolError "
	"(2): no!\""},
    {{START_TLS,
	 SERVER("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00")},
	EXCHANGE_UNKNOWN, REASON_STARTTLS_REFUSED,
	"the server refused StartTLS: \"unavailable (52)\""},
    {{START_TLS,
	 SERVER("\x30\x81\xfc\x02\x01\x01\x78\x81\xf6\x0a\x01\x34\x04\x00"
		"\x04\x81\xee" X234 "????")},
	EXCHANGE_UNKNOWN, REASON_STARTTLS_REFUSED,
	"the server refused StartTLS: \"unavailable (52): " X234 "...\""},
    /* RFC 4511, 6: a referral is not followed. */
    {{START_TLS, SERVER("\x30\x15\x02\x01\x01\x78\x10\x0a\x01\x0a\x04\x00\x04"
			"\x00\xa3\x07\x04\x05"
			"ldap:")},
	EXCHANGE_UNKNOWN, REASON_STARTTLS_REFUSED,
	"the server refused StartTLS: \"referral (10)\""},
    {{START_TLS,
	 SERVER("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00")},
	EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server ends the connection: \"unavailable (52)\""},
    {{START_TLS,
	 SERVER("\x30\x0c\x02\x01\x03\x78\x07\x0a\x01\x00\x04\x00\x04\x00")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to StartTLS is to another message: \"success "
	"(0)\""},
    /* Inside, a length of more than there is. */
    {{START_TLS,
	 SERVER("\x30\x0c\x02\x01\x01\x78\x08\x0a\x01\x00\x04\x00\x04\x00")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL, BROKEN},
    {{START_TLS,
	 SERVER("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x01")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL, BROKEN},
    {{START_TLS,
	 SERVER("\x30\x0c\x02\x01\x01\x78\x07\x0a\x7f\x00\x04\x00\x04\x00")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL, BROKEN},
    {{START_TLS, SERVER("\x30\x03\x02\x01\x01")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL, BROKEN},
    {{START_TLS, SERVER("\x30\x00")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	BROKEN},
    /* A success has no referral, and no name but that of StartTLS. */
    {{START_TLS, SERVER("\x30\x15\x02\x01\x01\x78\x10\x0a\x01\x00\x04\x00\x04"
			"\x00\xa3\x07\x04\x05"
			"ldap:")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to StartTLS has a referral: \"success (0)\""},
    {{START_TLS, SERVER("\x30\x24\x02\x01\x01\x78\x1f\x0a\x01\x00\x04\x00\x04"
			"\x00\x8a\x16"
			"1.3.6.1.4.1.1466.20036")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to StartTLS is to another operation: \"success "
	"(0)\""},
    {{START_TLS, SERVER("\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\x00\x04\x00\x04"
			"\x00\x8a\x00")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to StartTLS is to another operation: \"success "
	"(0)\""},
    /* Broken behind the result, and behind the response. */
    {{START_TLS, SERVER("\x30\x0f\x02\x01\x01\x78\x0a\x0a\x01\x00\x04\x00\x04"
			"\x00\xff\xff\xff")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL, BROKEN},
    {{START_TLS, SERVER("\x30\x0f\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04"
			"\x00\xff\xff\xff")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL, BROKEN},
    /* No end, or none that is worth the wait. */
    {{START_TLS, SERVER("\x30\x80\x02\x01\x01\x00\x00")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL,
	"the server's reply to StartTLS is not an LDAP message: \"0.\""},
    {{START_TLS, SERVER("\x30\x88\x01\x02\x03\x04\x05\x06\x07\x08")},
	EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to StartTLS is not an LDAP message: \"0.\""},
    {{START_TLS, SERVER("\x30\x84\xff\xff\xff\xff")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL,
	"the server's reply to StartTLS has more than 8192 octets without an "
	"end"},
    {{START_TLS, SERVER("\x30\x84\x7f\xff\xff\xff")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL,
	"the server's reply to StartTLS has more than 8192 octets without an "
	"end"},
    {{START_TLS, SERVER("\x30\x0c\x02\x01")}, EXCHANGE_UNKNOWN, REASON_CLOSED,
	"the server closed the connection before the whole of its reply to "
	"StartTLS"},
    {{START_TLS, SERVER("220 mx\r\n")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to StartTLS is not an LDAP message: \"22\""},
    {{START_TLS, SERVER("\025\003\003\0\002\002\050")}, EXCHANGE_UNKNOWN,
	REASON_PROTOCOL,
	"the server speaks TLS from the start, not ldap in the clear"},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "ldap", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ldap");
	TCase *c = unit_case(suite, "ldap");

	tcase_add_test(c, upgrades_and_leaves_in_order);
	tcase_add_test(c, reads_the_lengths_of_active_directory);
	tcase_add_test(c, ignores_what_it_does_not_know);
	tcase_add_test(c, takes_controls_behind_the_response);
	tcase_add_test(c, says_nothing_but_unbind_where_tls_is_implicit);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
