/*
 * The parser of the PROXY protocol: what is a header, and what it says.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "listener/proxy.h"
#include "unit.h"

/* Parses a copy of exactly that size, so that a look behind it is an error
 * which sanitizers and valgrind see. */
static enum proxy_parsed
parse(const void *data, size_t length, struct proxy_header *header)
{
	void *copy = malloc(length == 0 ? 1 : length);
	enum proxy_parsed parsed;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, length);
	memset(header, 0xa5, sizeof(*header));
	parsed = proxy_parse(copy, length, header);
	free(copy);
	return parsed;
}

/* Whether a header says that the connection is `who`'s; NULL: the proxy's. */
static void
check_source(const struct proxy_header *header, const char *who)
{
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(header->relayed, who != NULL);
	if (who == NULL)
		return;
	address_format((const struct sockaddr *)&header->source,
	    header->source_length, text);
	ck_assert_str_eq(text, who);
}

/* A header that is decided by its first `decided` octets, and not before. */
static void
check_valid(const void *data, size_t length, size_t decided, const char *who)
{
	struct proxy_header header;
	char more[PROXY_HEADER_MAX + 16];

	for (size_t i = 0; i < decided; i++)
		ck_assert_msg(parse(data, i, &header) == PROXY_PARTIAL,
		    "decided by %zu of %zu octets", i, length);
	for (size_t i = decided; i <= length; i++) {
		ck_assert_int_eq(parse(data, i, &header), PROXY_VALID);
		ck_assert_uint_eq(header.length, length);
		check_source(&header, who);
	}
	/* What follows is none of the header's, whatever it is. */
	memcpy(more, data, length);
	memcpy(more + length, "PROXY \r\n\r\n\0\r\n", 13);
	ck_assert_int_eq(parse(more, length + 13, &header), PROXY_VALID);
	ck_assert_uint_eq(header.length, length);
	check_source(&header, who);
}

/* Not a header from octet number `from` on, and perhaps one until then. */
static void
check_invalid(const void *data, size_t length, size_t from)
{
	struct proxy_header header;

	for (size_t i = 0; i <= length; i++)
		ck_assert_msg(parse(data, i, &header) ==
				  (i < from ? PROXY_PARTIAL : PROXY_INVALID),
		    "%zu of %zu octets", i, length);
}

static const struct {
	const char *line, *source;
} v1_valid[] = {
    {"PROXY TCP4 192.0.2.1 198.51.100.2 56324 10001\r\n", "192.0.2.1:56324"},
    {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
	"255.255.255.255:65535"},
    {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0"},
    {"PROXY TCP6 2001:db8::1 2001:db8::2 56324 10001\r\n",
	"[2001:db8::1]:56324"},
    {"PROXY TCP6 2001:DB8::1 :: 1 1\r\n", "[2001:db8::1]:1"},
    {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
	"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
    {"PROXY TCP6 ::ffff:192.0.2.1 ::1 7 8\r\n", "192.0.2.1:7"},
    {"PROXY UNKNOWN\r\n", NULL},
    {"PROXY UNKNOWN \r\n", NULL},
    {"PROXY UNKNOWN what ever  it is\r\n", NULL},
    /* 107 octets. */
    {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
	NULL},
};

START_TEST(version_1)
{
	size_t length = strlen(v1_valid[_i].line);

	check_valid(v1_valid[_i].line, length, length, v1_valid[_i].source);
}
END_TEST

/* Each is complete, and invalid only then. */
static const char *const v1_invalid[] = {
    "PROXY \r\n",
    "PROXY  \r\n",
    "PROXY TCP4\r\n",
    "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY TCP 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY UNKNOWNS\r\n",
    "PROXY unknown\r\n",
    "PROXY  UNKNOWN\r\n",
    /* Fields too few, too many, empty. */
    "PROXY TCP4 192.0.2.1\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
    "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2  1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1  2\r\n",
    "PROXY TCP4\t192.0.2.1 192.0.2.2 1 2\r\n",
    /* Addresses. */
    "PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n",
    "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
    "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.02 1 2\r\n",
    "PROXY TCP4 192.0.2.1 localhost 1 2\r\n",
    "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 2001:db8::2 1 2\r\n",
    "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY TCP6 2001:db8::1 192.0.2.2 1 2\r\n",
    "PROXY TCP6 2001:db8:::1 2001:db8::2 1 2\r\n",
    "PROXY TCP6 2001:db8::1%lo 2001:db8::2 1 2\r\n",
    "PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n",
    "PROXY TCP6 2001:db8:0:0:0:0:0:0:1 2001:db8::2 1 2\r\n",
    /* Ports. */
    "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 02\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 00 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 0x2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 99999999999999999999999\r\n",
    /* A CR that no LF follows. */
    "PROXY UNKNOWN\rx",
    "PROXY UNKNOWN\r\r",
    /* A LF that no CR precedes. */
    "PROXY UNKNOWN\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
};

START_TEST(not_version_1)
{
	size_t length = strlen(v1_invalid[_i]);

	check_invalid(v1_invalid[_i], length, length);
}
END_TEST

/* What cannot become a header is refused at the octet that says so. */
START_TEST(not_the_protocol)
{
	static const struct {
		const char *data;
		size_t from;
	} others[] = {
	    {"PING\n", 2},
	    {"STARTTLS\n", 1},
	    {"GET / HTTP/1.1\r\n", 1},
	    {"\x16\x03\x01\x02", 1}, /* a ClientHello */
	    {"proxy UNKNOWN\r\n", 1},
	    {"PROXX UNKNOWN\r\n", 5},
	    {"PROXY\tUNKNOWN\r\n", 6},
	    {"PROXY\r\n", 6},
	    {"\n", 1},
	    {"\r\n\r\nx", 5},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		check_invalid(
		    others[i].data, strlen(others[i].data), others[i].from);
}
END_TEST

START_TEST(a_nul_is_no_text)
{
	static const char whole[] = "PROXY UNKNOWN\0x\r\n",
			  within[] = "PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n",
			  at_end[] = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0\r\n";

	check_invalid(whole, sizeof(whole) - 1, sizeof(whole) - 1);
	check_invalid(within, sizeof(within) - 1, sizeof(within) - 1);
	check_invalid(at_end, sizeof(at_end) - 1, sizeof(at_end) - 1);
}
END_TEST

/* The CRLF is within the first 107 octets. */
START_TEST(a_line_has_an_end)
{
	char line[PROXY_DECIDED + 3];

	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	check_invalid(line, PROXY_DECIDED + 1, PROXY_DECIDED);
	line[PROXY_DECIDED - 1] = '\r';
	line[PROXY_DECIDED] = '\n';
	check_invalid(line, PROXY_DECIDED + 1, PROXY_DECIDED);
	line[PROXY_DECIDED - 2] = '\r';
	line[PROXY_DECIDED - 1] = '\n';
	check_valid(line, PROXY_DECIDED, PROXY_DECIDED, NULL);
}
END_TEST

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define HEAD 16
#define IPV4 "\300\0\2\1\306\63\144\2\334\4\47\21" /* 192.0.2.1, port 56324 */
#define IPV4_TEXT "192.0.2.1:56324"
#define IPV6_TEXT "[2001:db8::1]:56324"

static const uint8_t ipv6[36] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1, [16] = 0x20,
    0x01, 0x0d, 0xb8, [31] = 2, [32] = 0xdc, 0x04, 0x27, 0x11};

/* Writes a header of version 2 whose length says `size`, with those of `size`
 * octets behind it that `addresses` has, then 'x's. */
static size_t
version2(char *out, int version_command, int family, size_t size,
    const void *addresses, size_t addresses_size)
{
	memcpy(out, SIGNATURE, 12);
	out[12] = (char)version_command;
	out[13] = (char)family;
	out[14] = (char)(size >> 8);
	out[15] = (char)size;
	memset(out + HEAD, 'x', size);
	memcpy(out + HEAD, addresses,
	    addresses_size < size ? addresses_size : size);
	return HEAD + size;
}

START_TEST(version_2)
{
	char data[PROXY_HEADER_MAX];
	size_t n;

	n = version2(data, 0x21, 0x11, 12, IPV4, 12);
	check_valid(data, n, n, IPV4_TEXT);
	n = version2(data, 0x21, 0x21, 36, ipv6, 36);
	check_valid(data, n, n, IPV6_TEXT);
}
END_TEST

/* TLVs are skipped, and need not be there for the parser to know. */
START_TEST(version_2_with_more_behind_the_addresses)
{
	char data[PROXY_HEADER_MAX];
	size_t n;

	n = version2(data, 0x21, 0x11, 13, IPV4, 12);
	check_valid(data, n, HEAD + 12, IPV4_TEXT);
	n = version2(data, 0x21, 0x11, 600, IPV4, 12);
	check_valid(data, n, HEAD + 12, IPV4_TEXT);
	n = version2(data, 0x21, 0x21, 256, ipv6, 36);
	check_valid(data, n, HEAD + 36, IPV6_TEXT);
	n = version2(data, 0x21, 0x21, PROXY_HEADER_MAX - HEAD, ipv6, 36);
	check_valid(data, n, HEAD + 36, IPV6_TEXT);
}
END_TEST

/* LOCAL, and what is not relayed TCP: the connection is the proxy's. */
START_TEST(version_2_without_a_source)
{
	static const struct {
		int version_command, family;
		size_t size;
	} direct[] = {
	    {0x20, 0x00, 0},
	    {0x20, 0x00, 12},
	    {0x20, 0x11, 12}, /* LOCAL ignores the family, */
	    {0x20, 0x11, 0},  /* its size */
	    {0x20, 0xff, 20}, /* and its being one */
	    {0x20, 0x31, 216},
	    {0x21, 0x00, 0}, /* UNSPEC */
	    {0x21, 0x00, 12},
	    {0x21, 0x01, 12},
	    {0x21, 0x02, 0},
	    {0x21, 0x10, 12},
	    {0x21, 0x20, 3},
	    {0x21, 0x30, 0},
	    {0x21, 0x12, 12}, /* datagrams */
	    {0x21, 0x22, 36},
	    {0x21, 0x32, 216},
	    {0x21, 0x31, 216}, /* unix sockets */
	    {0x21, 0x31, 300},
	};
	char data[PROXY_HEADER_MAX];
	size_t n;

	for (size_t i = 0; i < sizeof(direct) / sizeof(direct[0]); i++) {
		n = version2(data, direct[i].version_command, direct[i].family,
		    direct[i].size, IPV4, 12);
		check_valid(data, n, HEAD, NULL);
	}
}
END_TEST

START_TEST(not_version_2)
{
	static const struct {
		int version_command, family;
		size_t size, from;
	} wrong[] = {
	    {0x11, 0x11, 12, 13}, /* version */
	    {0x31, 0x11, 12, 13},
	    {0x01, 0x11, 12, 13},
	    {0xa1, 0x11, 12, 13},
	    {0x22, 0x11, 12, 13}, /* command */
	    {0x2f, 0x11, 12, 13},
	    {0x21, 0x41, 36, 14}, /* family */
	    {0x21, 0xf1, 36, 14},
	    {0x21, 0x40, 36, 14},
	    {0x21, 0x13, 12, 14}, /* transport */
	    {0x21, 0x1f, 12, 14},
	    {0x21, 0x03, 12, 14},
	    {0x21, 0x11, 11, 16}, /* a length too short for the addresses */
	    {0x21, 0x11, 0, 16},
	    {0x21, 0x12, 11, 16},
	    {0x21, 0x21, 35, 16},
	    {0x21, 0x21, 12, 16},
	    {0x21, 0x22, 35, 16},
	    {0x21, 0x31, 215, 16},
	    {0x21, 0x32, 0, 16},
	    /* ... and too long to be skipped */
	    {0x21, 0x11, PROXY_HEADER_MAX - HEAD + 1, 16},
	    {0x21, 0x21, 0xffff, 16},
	    {0x20, 0x00, 0xffff, 16},
	};
	static char data[HEAD + 0xffff];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		version2(data, wrong[i].version_command, wrong[i].family,
		    wrong[i].size, IPV4, 12);
		check_invalid(data, HEAD + 40, wrong[i].from);
	}
}
END_TEST

START_TEST(each_octet_of_the_signature_counts)
{
	char data[HEAD + 12];

	for (size_t i = 0; i < 12; i++) {
		version2(data, 0x21, 0x11, 12, IPV4, 12);
		data[i] ^= 0x20;
		check_invalid(data, sizeof(data), i + 1);
	}
}
END_TEST

/* As proxy_reader relies on it: PROXY_DECIDED octets are never partial. */
START_TEST(enough_octets_decide)
{
	struct proxy_header header;
	char data[PROXY_DECIDED];

	srand(1); /* the same every time */
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (char)rand();
		if (round % 2 == 0) {
			memcpy(data, SIGNATURE, 12);
			data[12] = (char)(0x20 | round / 2 % 2);
			data[14] = (char)(rand() % 2);
		} else
			memcpy(data, "PROXY ", 6);
		ck_assert_int_ne(
		    parse(data, sizeof(data), &header), PROXY_PARTIAL);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("proxy");
	TCase *c = unit_case(suite, "version 1");

	tcase_add_loop_test(
	    c, version_1, 0, sizeof(v1_valid) / sizeof(v1_valid[0]));
	tcase_add_loop_test(
	    c, not_version_1, 0, sizeof(v1_invalid) / sizeof(v1_invalid[0]));
	tcase_add_test(c, not_the_protocol);
	tcase_add_test(c, a_nul_is_no_text);
	tcase_add_test(c, a_line_has_an_end);
	c = unit_case(suite, "version 2");
	tcase_add_test(c, version_2);
	tcase_add_test(c, version_2_with_more_behind_the_addresses);
	tcase_add_test(c, version_2_without_a_source);
	tcase_add_test(c, not_version_2);
	tcase_add_test(c, each_octet_of_the_signature_counts);
	c = unit_case(suite, "both");
	tcase_add_test(c, enough_octets_decide);
	return unit_main(suite);
}
