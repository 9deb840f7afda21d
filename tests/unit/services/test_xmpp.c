/*
 * XMPP: quotes, prefixes, and what its XML must not have.
 */
#include "unit.h"
#include "unit_exchange.h"

#define HEADER \
	CLIENT("<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	       "xmlns:stream='http://etherx.jabber.org/streams' " \
	       "to='example.net' version='1.0'>")
#define STARTTLS CLIENT("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
#define OPENED \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' " \
	"version='1.0'>"
#define OFFER \
	"<stream:features><starttls " \
	"xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></" \
	"stream:features>"
#define OFFERED HEADER, SERVER(OPENED OFFER), STARTTLS
#define BARE \
	HEADER, SERVER(OPENED "<stream:features/>"), \
	    CLIENT("</stream:stream>"), SERVER("</stream:stream>")
#define NOT_XML(octets) \
	{ \
		{HEADER, SERVER(OPENED octets)}, EXCHANGE_UNKNOWN, \
		    REASON_PROTOCOL, \
		    "the server's reply to the stream header is not XML as " \
		    "XMPP allows it: \"" octets "\"" \
	}

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {OFFERED,
	    SERVER("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), TLS,
	    BARE};
	const struct exchange *e =
	    unit_exchange_succeeds("xmpp", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(
	    e->reply, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
}
END_TEST

START_TEST(takes_either_quote_and_any_prefix)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {HEADER,
	    SERVER("<s:stream xmlns:s = \"x\" id=\"'>\" version=\"1.0\" > a > "
		   "b \n<features xmlns='y'><tls:starttls "
		   "xmlns:tls=\"urn:ietf:params:xml:ns:xmpp-tls\"/><x></x></"
		   "features>\n"),
	    STARTTLS, SERVER(" <tls:proceed\n></tls:proceed>"), TLS, BARE};

	unit_exchange_succeeds("xmpp-client", EXCHANGE_OFFERED, script);
}
END_TEST

START_TEST(asks_once_for_what_is_not_offered)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {HEADER,
	    SERVER(OPENED
		"<stream:features><starttls "
		"xmlns='urn:other'/><x><starttls/></x></stream:features>"),
	    STARTTLS, SERVER("<proceed/>"), TLS, BARE};

	unit_exchange_succeeds("xmpp", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

START_TEST(bears_a_server_older_than_features)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {HEADER,
	    SERVER("<stream:stream xmlns='jabber:client' id='1'>"), STARTTLS,
	    SERVER("<proceed/>"), TLS, BARE};

	unit_exchange_succeeds("xmpp", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

START_TEST(says_the_same_where_tls_is_implicit)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {TLS, BARE};

	unit_exchange_succeeds("xmpps", EXCHANGE_UNKNOWN, script);
}
END_TEST

/* RFC 6120, 4.7.1. */
#define SERVER_HEADER \
	CLIENT("<?xml version='1.0'?><stream:stream xmlns='jabber:server' " \
	       "xmlns:stream='http://etherx.jabber.org/streams' " \
	       "to='example.net' from='192.0.2.7' version='1.0'>")
START_TEST(says_from_whom_between_servers)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {SERVER_HEADER,
	    SERVER(OPENED OFFER), STARTTLS, SERVER("<proceed/>"), TLS,
	    SERVER_HEADER, SERVER(OPENED "<stream:features/>"),
	    CLIENT("</stream:stream>"), SERVER("<x/></stream:stream>")};

	unit_exchange_succeeds("xmpp-server", EXCHANGE_OFFERED, script);
}
END_TEST

START_TEST(bears_a_server_that_wants_a_certificate)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {SERVER_HEADER,
	    SERVER(OPENED OFFER), STARTTLS, SERVER("<proceed/>"), TLS,
	    SERVER_HEADER,
	    SERVER(OPENED "<stream:error><not-authorized/><text>no</text>"
			  "</stream:error></stream:stream>")};

	unit_exchange_succeeds("xmpp-server", EXCHANGE_OFFERED, script);
}
END_TEST

static const struct unit_exchange_case failures[] = {
    {{OFFERED,
	 SERVER("<failure "
		"xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>")},
	EXCHANGE_OFFERED, REASON_STARTTLS_REFUSED,
	"the server offers STARTTLS, but refused it: \"<failure "
	"xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\""},
    {{HEADER, SERVER(OPENED "<stream:features/>"), STARTTLS,
	 SERVER("<stream:error><policy-violation xmlns='x'/>")},
	EXCHANGE_NOT_OFFERED, REASON_STARTTLS_NOT_SUPPORTED,
	"the server does not offer STARTTLS, and refused it: "
	"\"policy-violation\""},
    {{HEADER, SERVER(OPENED "<stream:error><host-unknown "
			    "xmlns='x'/></stream:error></stream:stream>")},
	EXCHANGE_UNKNOWN, REASON_SERVICE_REFUSED,
	"the server refused a stream to example.net: \"host-unknown\""},
    {{OFFERED, SERVER("<message/>")}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS is not <proceed/>: \"<message/>\""},
    {{OFFERED, SERVER("<proceed><x/>")}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS is not <proceed/>: \"<x/>\""},
    {{HEADER, SERVER("<html>")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to the stream header is not an XMPP stream: "
	"\"<html>\""},
    {{HEADER, SERVER(OPENED "<presence>")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to the stream header has no features: "
	"\"<presence>\""},
    NOT_XML("<!DOCTYPE x>"),
    NOT_XML("<!-- x -->"),
    NOT_XML("<stream:s'>'x>"),
    NOT_XML("<![CDATA[>"),
    NOT_XML("<?php x?>"),
    NOT_XML("<?a:stream x?>"),
    NOT_XML("<?xmlx x?>"),
    NOT_XML("<>"),
    NOT_XML("</>"),
    NOT_XML("<a<b>"),
    {{HEADER, SERVER(OPENED "<features a='>")}, EXCHANGE_UNKNOWN, REASON_CLOSED,
	"the server closed the connection before the whole of its reply to the "
	"stream "
	"header"},
    {{HEADER, SERVER("\026\003\001")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server speaks TLS from the start, not xmpp in the clear"},
};

START_TEST(names_what_fails)
{
	unit_exchange_cases(
	    "xmpp", failures, sizeof(failures) / sizeof(failures[0]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("xmpp");
	TCase *c = unit_case(suite, "xmpp");

	tcase_add_test(c, upgrades_and_leaves_in_order);
	tcase_add_test(c, takes_either_quote_and_any_prefix);
	tcase_add_test(c, asks_once_for_what_is_not_offered);
	tcase_add_test(c, bears_a_server_older_than_features);
	tcase_add_test(c, says_the_same_where_tls_is_implicit);
	tcase_add_test(c, says_from_whom_between_servers);
	tcase_add_test(c, bears_a_server_that_wants_a_certificate);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
