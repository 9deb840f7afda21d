/*
 * Numbers in comments are sections of proxy-protocol.txt.
 */
#include "listener/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/parse.h"

#define V1_START "PROXY "
/* "PROXY UNKNOWN", two IPv6 addresses, two ports, CRLF (2.1). */
#define V1_MAX 107

#define V2_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V2_SIGNATURE_LENGTH 12
#define V2_HEAD 16 /* signature, version and command, family, length (2.2) */

/* The nibbles of version 2 (2.2). */
enum v2_command { LOCAL = 0, PROXY = 1 };
enum v2_family { UNSPEC = 0, INET = 1, INET6 = 2, UNIX = 3 };
enum v2_transport { STREAM = 1, DGRAM = 2 };

static enum proxy_parsed
direct(struct proxy_header *h, size_t length)
{
	*h = (struct proxy_header){.length = length};
	return PROXY_VALID;
}

static enum proxy_parsed
relayed4(
    struct proxy_header *h, size_t length, const void *address, in_port_t port)
{
	struct sockaddr_in *source = (struct sockaddr_in *)&h->source;

	*h = (struct proxy_header){
	    .length = length,
	    .relayed = true,
	    .source_length = sizeof(*source),
	};
	source->sin_family = AF_INET;
	source->sin_port = port;
	memcpy(&source->sin_addr, address, sizeof(source->sin_addr));
	return PROXY_VALID;
}

static enum proxy_parsed
relayed6(
    struct proxy_header *h, size_t length, const void *address, in_port_t port)
{
	struct sockaddr_in6 *source = (struct sockaddr_in6 *)&h->source;

	*h = (struct proxy_header){
	    .length = length,
	    .relayed = true,
	    .source_length = sizeof(*source),
	};
	source->sin6_family = AF_INET6;
	source->sin6_port = port;
	memcpy(&source->sin6_addr, address, sizeof(source->sin6_addr));
	return PROXY_VALID;
}

/* Returns the length of the line with its CRLF, 0 if that is yet to come, or -1
 * if it has a CR or LF alone, -2 if it is too long. */
static ssize_t
v1_line_length(const char *line, size_t length)
{
	size_t most = length < V1_MAX ? length : V1_MAX, i = 0;

	while (i < most && line[i] != '\r' && line[i] != '\n')
		i++;
	if (i < most && line[i] == '\n')
		return -1;
	if (i + 1 < most)
		return line[i + 1] == '\n' ? (ssize_t)i + 2 : -1;
	return length < V1_MAX ? 0 : -2;
}

/* A port in network order: decimal, without leading zeros. */
static int
v1_port(const char *text, in_port_t *port)
{
	unsigned long n;

	if ((text[0] == '0' && text[1] != '\0') ||
	    parse_count(text, 0, UINT16_MAX, &n) == -1)
		return -1;
	*port = htons((uint16_t)n);
	return 0;
}

static enum proxy_parsed
v1_parse(const char *data, size_t length, struct proxy_header *h)
{
	size_t start = strlen(V1_START);
	char line[V1_MAX + 1], *rest = line, *family, *source, *destination;
	const char *source_port, *destination_port;
	uint8_t from[sizeof(struct in6_addr)], to[sizeof(struct in6_addr)];
	in_port_t from_port, to_port;
	ssize_t whole;
	int inet;

	if (memcmp(data, V1_START, length < start ? length : start) != 0)
		return PROXY_INVALID;
	whole = v1_line_length(data, length);
	h->too_long = whole == -2;
	if (whole <= 0)
		return whole == 0 ? PROXY_PARTIAL : PROXY_INVALID;
	/* The start has no CR, so the end of the line follows it. */
	length = (size_t)whole - start - 2;
	memcpy(line, data + start, length);
	line[length] = '\0';
	if (strlen(line) != length) /* US-ASCII text, not octets */
		return PROXY_INVALID;

	/* Exactly one space between fields: two would make an empty field. */
	family = strsep(&rest, " ");
	if (strcmp(family, "UNKNOWN") == 0)
		return direct(h, (size_t)whole);
	source = strsep(&rest, " ");
	destination = strsep(&rest, " ");
	source_port = strsep(&rest, " ");
	destination_port = rest;
	if (destination_port == NULL) /* then the fields before may be, too */
		return PROXY_INVALID;
	if (strcmp(family, "TCP4") == 0)
		inet = AF_INET;
	else if (strcmp(family, "TCP6") == 0)
		inet = AF_INET6;
	else
		return PROXY_INVALID;
	/* For IPv6 this also accepts "::ffff:192.0.2.1", which the
	 * specification does not mention but HAProxy writes. */
	if (inet_pton(inet, source, from) != 1 ||
	    inet_pton(inet, destination, to) != 1 ||
	    v1_port(source_port, &from_port) == -1 ||
	    v1_port(destination_port, &to_port) == -1)
		return PROXY_INVALID;
	return inet == AF_INET ? relayed4(h, (size_t)whole, from, from_port)
	                       : relayed6(h, (size_t)whole, from, from_port);
}

/* The size of the addresses of a family, for any transport (2.2). */
static const size_t v2_address_size[] = {
    [INET] = 2 * 4 + 2 * 2,
    [INET6] = 2 * 16 + 2 * 2,
    [UNIX] = 2 * 108,
};

static in_port_t
v2_port(const uint8_t *octets)
{
	in_port_t port;

	memcpy(&port, octets, sizeof(port));
	return port;
}

/* Checks what is there at once, so that other input is refused without waiting
 * for more. */
static enum proxy_parsed
v2_parse(const uint8_t *data, size_t length, struct proxy_header *h)
{
	const uint8_t *addresses = data + V2_HEAD;
	unsigned int command, family, transport;
	size_t whole, size;

	if (memcmp(data, V2_SIGNATURE,
		length < V2_SIGNATURE_LENGTH ? length : V2_SIGNATURE_LENGTH) !=
	    0)
		return PROXY_INVALID;
	if (length <= 12)
		return PROXY_PARTIAL;
	command = data[12] & 0xf;
	if (data[12] >> 4 != 2 || command > PROXY)
		return PROXY_INVALID;
	if (length <= 13)
		return PROXY_PARTIAL;
	family = data[13] >> 4;
	transport = data[13] & 0xf;
	/* The family of LOCAL must be ignored. */
	if (command == PROXY && (family > UNIX || transport > DGRAM))
		return PROXY_INVALID;
	if (length < V2_HEAD)
		return PROXY_PARTIAL;
	whole = V2_HEAD + ((size_t)data[14] << 8 | data[15]);
	h->too_long = whole > PROXY_HEADER_MAX;
	if (h->too_long)
		return PROXY_INVALID;
	if (command == LOCAL || family == UNSPEC || transport == UNSPEC)
		return direct(h, whole);
	size = v2_address_size[family];
	if (whole < V2_HEAD + size)
		return PROXY_INVALID;
	if (family == UNIX || transport != STREAM)
		return direct(h, whole);
	if (length < V2_HEAD + size)
		return PROXY_PARTIAL;
	return family == INET
	           ? relayed4(h, whole, addresses, v2_port(addresses + 2 * 4))
	           : relayed6(h, whole, addresses, v2_port(addresses + 2 * 16));
}

/* The first octet distinguishes the versions. */
enum proxy_parsed
proxy_parse(const void *data, size_t length, struct proxy_header *header)
{
	const uint8_t *octets = data;

	header->too_long = false;
	if (length == 0)
		return PROXY_PARTIAL;
	if (octets[0] == (uint8_t)V1_START[0])
		return v1_parse(data, length, header);
	return v2_parse(octets, length, header);
}
