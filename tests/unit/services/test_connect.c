/*
 * CONNECT through an HTTP proxy: any 2xx leads on, and not an octet of what is
 * behind it is taken.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services/exchange.h"
#include "unit.h"
#include "unit_exchange.h"

#define STEP_MS 10000

static struct exchange e;
static int proxy;

static void
set_up(void)
{
	int fds[2];

	unit_pair(fds);
	proxy = fds[1];
	e = (struct exchange){.service = service_find("smtp"),
	    .stream = stream_new(fds[0], EXCHANGE_LINE_MAX),
	    .address = UNIT_ADDRESS,
	    .domain = UNIT_DOMAIN,
	    .greeting_ms = STEP_MS,
	    .step_ms = STEP_MS,
	    .end = DEADLINE_NEVER};
	ck_assert_ptr_nonnull(e.stream);
}

static void
tear_down(void)
{
	stream_free(e.stream);
	close(proxy);
}

static void
hears(const char *want)
{
	char said[512];
	ssize_t n = recv(proxy, said, sizeof(said), 0);

	ck_assert_int_eq(n, (ssize_t)strlen(want));
	ck_assert_mem_eq(said, want, (size_t)n);
}

/* The greeting of the server behind shares the proxy's segment. */
START_TEST(leaves_what_is_the_servers)
{
	static const char *const responses[] = {
	    "HTTP/1.1 200 Connection established\r\n\r\n",
	    "HTTP/1.0 204\nContent-Length: 5\nVia: x\n\n",
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 x\r\nA: b\r\n\r\n",
	};

	unit_send_text(proxy, responses[_i]);
	unit_send_text(proxy, "421 mx is busy\r\n");
	ck_assert_int_eq(exchange_connect(&e, "mx.example.net", "25"), 0);
	ck_assert_int_eq(e.reason, REASON_NONE);
	hears("CONNECT mx.example.net:25 HTTP/1.1\r\n"
	      "Host: mx.example.net:25\r\n\r\n");
	ck_assert_int_eq(exchange_upgrade(&e), -1);
	ck_assert_str_eq(
	    e.message, "the server refused service: \"421 mx is busy\"");
}
END_TEST

START_TEST(puts_addresses_in_brackets)
{
	unit_send_text(proxy, "HTTP/1.1 200 x\r\n\r\n");
	ck_assert_int_eq(exchange_connect(&e, "2001:db8::1", "25"), 0);
	hears("CONNECT [2001:db8::1]:25 HTTP/1.1\r\n"
	      "Host: [2001:db8::1]:25\r\n\r\n");
}
END_TEST

START_TEST(asks_for_nothing_that_is_no_name)
{
	ck_assert_int_eq(exchange_connect(&e, "a HTTP/1.1\r\nX: b", "25"), -1);
	ck_assert_int_eq(e.reason, REASON_PROXY_REFUSED);
	ck_assert_int_eq(stream_flush(e.stream), 0);
	ck_assert_uint_eq(unit_waiting(proxy), 0);
}
END_TEST

static const struct {
	const char *response;
	enum reason reason;
	const char *message;
} failures[] = {
    {"HTTP/1.1 407 Proxy Authentication Required\r\n", REASON_PROXY_REFUSED,
	"the proxy refused a connection to mx: "
	"\"HTTP/1.1 407 Proxy Authentication Required\""},
    {"HTTP/1.1 302 Found\r\n", REASON_PROXY_REFUSED,
	"the proxy refused a connection to mx: \"HTTP/1.1 302 Found\""},
    {"220 mx\r\n", REASON_PROTOCOL,
	"the proxy's reply to CONNECT is not HTTP: \"220 mx\""},
    {"HTTP/2 200\r\n", REASON_PROTOCOL,
	"the proxy's reply to CONNECT is not HTTP: \"HTTP/2 200\""},
    {"HTTP/1.1 2000 x\r\n", REASON_PROTOCOL,
	"the proxy's reply to CONNECT is not HTTP: \"HTTP/1.1 2000 x\""},
    {"HTTP/1.1 -20 x\r\n", REASON_PROTOCOL,
	"the proxy's reply to CONNECT is not HTTP: \"HTTP/1.1 -20 x\""},
    {"HTTP/1.1200 x\r\n", REASON_PROTOCOL,
	"the proxy's reply to CONNECT is not HTTP: \"HTTP/1.1200 x\""},
    {"HTTP/1. 1 200 x\r\n", REASON_PROTOCOL,
	"the proxy's reply to CONNECT is not HTTP: \"HTTP/1. 1 200 x\""},
    {"HTTP/1.1  200 x\r\n", REASON_PROTOCOL,
	"the proxy's reply to CONNECT is not HTTP: \"HTTP/1.1  200 x\""},
    {"HTTP/1.1 200 x\r\nVia", REASON_CLOSED,
	"the proxy closed the connection before the whole of its reply to "
	"CONNECT"},
    {"\025\003\003", REASON_PROTOCOL,
	"the proxy speaks TLS from the start, not HTTP in the clear"},
};
#define FAILURES ((int)(sizeof(failures) / sizeof(failures[0])))

START_TEST(names_what_fails)
{
	unit_send_text(proxy, failures[_i].response);
	shutdown(proxy, SHUT_WR);
	ck_assert_int_eq(exchange_connect(&e, "mx", "25"), -1);
	ck_assert_str_eq(e.message, failures[_i].message);
	ck_assert_int_eq(e.reason, failures[_i].reason);
}
END_TEST

START_TEST(bounds_the_header)
{
	unit_send_text(proxy, "HTTP/1.1 200 x\r\n");
	for (int i = 0; i < EXCHANGE_LINES_MAX; i++)
		unit_send_text(proxy, "A: b\r\n");
	ck_assert_int_eq(exchange_connect(&e, "mx", "25"), -1);
	ck_assert_str_eq(e.message,
	    "the proxy sent more than 256 lines before the end of its "
	    "reply to CONNECT");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("connect");
	TCase *c = unit_case(suite, "connect");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(c, leaves_what_is_the_servers, 0, 3);
	tcase_add_test(c, puts_addresses_in_brackets);
	tcase_add_test(c, asks_for_nothing_that_is_no_name);
	tcase_add_loop_test(c, names_what_fails, 0, FAILURES);
	tcase_add_test(c, bounds_the_header);
	return unit_main(suite);
}
