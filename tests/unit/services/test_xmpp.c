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
#define PROCEED "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define OFFERED HEADER, SERVER(OPENED OFFER), STARTTLS
#define BARE \
	HEADER, SERVER(OPENED "<stream:features/>"), \
	    CLIENT("</stream:stream>"), SERVER("</stream:stream>")
#define NOT_CLOSED(before, octets) \
	{ \
		{HEADER, SERVER(OPENED before octets)}, EXCHANGE_UNKNOWN, \
		    REASON_PROTOCOL, \
		    "the server's reply to the stream header is not XML as " \
		    "XMPP allows it: \"" octets "\"" \
	}
#define NOT_XML(octets) NOT_CLOSED("", octets)
#define NOT_PROCEED(before, octets) \
	{ \
		{OFFERED, SERVER(before octets)}, EXCHANGE_OFFERED, \
		    REASON_PROTOCOL, \
		    "the server's reply to STARTTLS is not <proceed/>: " \
		    "\"" octets "\"" \
	}
#define EIGHT "<x><x><x><x><x><x><x><x>"

START_TEST(upgrades_and_leaves_in_order)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {
	    OFFERED, SERVER(PROCEED), TLS, BARE};
	const struct exchange *e =
	    unit_exchange_succeeds("xmpp", EXCHANGE_OFFERED, script);

	ck_assert_str_eq(e->reply, PROCEED);
}
END_TEST

START_TEST(takes_either_quote_and_any_prefix)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {HEADER,
	    SERVER("<s:stream xmlns:s = \"x\" id=\"'>\" version=\"1.0\" >  "
		   "\n<features xmlns='y'> a > b <tls:starttls "
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
	    STARTTLS, SERVER(PROCEED), TLS, BARE};

	unit_exchange_succeeds("xmpp", EXCHANGE_NOT_OFFERED, script);
}
END_TEST

START_TEST(bears_a_server_older_than_features)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {HEADER,
	    SERVER("<stream:stream xmlns='jabber:client' id='1'>"), STARTTLS,
	    SERVER(PROCEED), TLS, BARE};

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
	    SERVER(OPENED OFFER), STARTTLS, SERVER(PROCEED), TLS, SERVER_HEADER,
	    SERVER(OPENED "<stream:features/>"), CLIENT("</stream:stream>"),
	    SERVER("<x/></stream:stream>")};

	unit_exchange_succeeds("xmpp-server", EXCHANGE_OFFERED, script);
}
END_TEST

#define LITERALS \
	CLIENT("<?xml version='1.0'?><stream:stream xmlns='jabber:server' " \
	       "xmlns:stream='http://etherx.jabber.org/streams' " \
	       "to='[2001:db8::1]' from='[fe80::7]' version='1.0'>")
START_TEST(puts_ipv6_addresses_in_brackets)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {LITERALS,
	    SERVER(OPENED OFFER), STARTTLS, SERVER(PROCEED), TLS, LITERALS,
	    SERVER(OPENED "<stream:features/>"), CLIENT("</stream:stream>"),
	    SERVER("</stream:stream>")};
	const struct exchange *e = unit_exchange_between(
	    "fe80::7%eth0", "2001:db8::1", "xmpp-server", script);

	ck_assert_str_eq(e->message, "");
}
END_TEST

START_TEST(bears_a_server_that_wants_a_certificate)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {SERVER_HEADER,
	    SERVER(OPENED OFFER), STARTTLS, SERVER(PROCEED), TLS, SERVER_HEADER,
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
    {{OFFERED, SERVER("<a:proceed><x/>")}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS is not <proceed/>: \"<x/>\""},
    NOT_PROCEED("", "<proceed/>"),
    NOT_PROCEED("", "<proceed xmlns='urn:evil'/>"),
    NOT_PROCEED("", "<proceed xmlns='urn:evil' "
		    "xmlns:a='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    NOT_PROCEED("", "<a:proceed xmlns:a='urn:evil' "
		    "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    NOT_PROCEED("<a:proceed>", "</proceed>"),
    NOT_PROCEED("<a:proceed>", "</a:foo>"),
    {{OFFERED, SERVER("<a:proceed>xx</a:proceed>")}, EXCHANGE_OFFERED,
	REASON_PROTOCOL,
	"the server's reply to STARTTLS has text before a tag: "
	"\"</a:proceed>\""},
    {{OFFERED, SERVER("250 ok\r\n" PROCEED)}, EXCHANGE_OFFERED, REASON_PROTOCOL,
	"the server's reply to STARTTLS has text before a tag: \"" PROCEED
	"\""},
    {{HEADER, SERVER("220 mx\r\n" OPENED)}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to the stream header has text before a tag: "
	"\"<?xml version='1.0'?>\""},
    {{HEADER, SERVER("<html>")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to the stream header is not an XMPP stream: "
	"\"<html>\""},
    {{HEADER, SERVER(OPENED "<presence>")}, EXCHANGE_UNKNOWN, REASON_PROTOCOL,
	"the server's reply to the stream header has no features: "
	"\"<presence>\""},
    NOT_CLOSED("<features>", "</foo>"),
    NOT_CLOSED("<a:features>", "</features>"),
    NOT_CLOSED("<features><x>", "</features>"),
    NOT_CLOSED("<features>" EIGHT EIGHT, "<x>"),
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
	tcase_add_test(c, puts_ipv6_addresses_in_brackets);
	tcase_add_test(c, bears_a_server_that_wants_a_certificate);
	tcase_add_test(c, names_what_fails);
	return unit_main(suite);
}
