/*
 * Fuzzes the PROXY protocol's header: the parser, and what the reader takes off
 * a connection.
 *
 * The input: one octet for the size of the segments, then what a proxy sends.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "fuzz.h"
#include "listener/proxy.h"
#include "listener/proxy_reader.h"

#define SEGMENT_MOST 600
#define ONE_BY_ONE (2 * PROXY_DECIDED)

/* Parses a copy that has nothing behind it, so that reading on is seen. */
static enum proxy_parsed
parse(const uint8_t *data, size_t size, struct proxy_header *header)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);
	enum proxy_parsed parsed;

	FUZZ_REQUIRE(copy != NULL);
	memcpy(copy, data, size);
	parsed = proxy_parse(copy, size, header);
	free(copy);
	return parsed;
}

static bool
same(const struct proxy_header *a, const struct proxy_header *b)
{
	return a->length == b->length && a->relayed == b->relayed &&
	       a->source_length == b->source_length &&
	       memcmp(&a->source, &b->source, a->source_length) == 0;
}

static void
check_header(const struct proxy_header *h)
{
	char text[ADDRESS_TEXT_MAX];

	FUZZ_REQUIRE(h->length > 0 && h->length <= PROXY_HEADER_MAX);
	if (!h->relayed)
		return;
	FUZZ_REQUIRE(
	    h->source.ss_family == AF_INET || h->source.ss_family == AF_INET6);
	address_format(
	    (const struct sockaddr *)&h->source, h->source_length, text);
	FUZZ_REQUIRE(fuzz_printable(text, sizeof(text)));
	FUZZ_REQUIRE(strcmp(text, "unknown") != 0);
}

/*
 * Parses what there is after each octet: once decided it stays decided, and
 * that by PROXY_DECIDED octets at the latest.
 */
static enum proxy_parsed
parse_growing(const uint8_t *data, size_t size, struct proxy_header *decision)
{
	enum proxy_parsed parsed, decided = PROXY_PARTIAL;
	size_t most = size < ONE_BY_ONE ? size : ONE_BY_ONE;
	struct proxy_header header;

	for (size_t n = 0; n <= most; n++) {
		memset(&header, 0, sizeof(header));
		parsed = parse(data, n, &header);
		FUZZ_REQUIRE(parsed != PROXY_PARTIAL || n < PROXY_DECIDED);
		if (decided == PROXY_PARTIAL && parsed == PROXY_VALID) {
			check_header(&header);
			/* What it saw while it was not all belongs to it. */
			FUZZ_REQUIRE(header.length + 1 >= n);
			*decision = header;
		}
		FUZZ_REQUIRE(decided == PROXY_PARTIAL || parsed == decided);
		if (parsed == PROXY_VALID)
			FUZZ_REQUIRE(same(&header, decision));
		decided = parsed;
	}
	if (size > most && decided == PROXY_VALID) {
		FUZZ_REQUIRE(parse(data, size, &header) == PROXY_VALID);
		FUZZ_REQUIRE(same(&header, decision));
	}
	return decided;
}

/* What the reader is to say when `sent` octets have come. */
static enum proxy_progress
expected(enum proxy_parsed parsed, const struct proxy_header *h, size_t sent)
{
	if (parsed == PROXY_INVALID)
		return PROXY_MALFORMED;
	if (parsed == PROXY_VALID && sent >= h->length)
		return PROXY_COMPLETE;
	return PROXY_INCOMPLETE;
}

static void
check_rest(int fd, const uint8_t *data, size_t size)
{
	uint8_t *rest = malloc(size + 1);

	FUZZ_REQUIRE(rest != NULL);
	FUZZ_REQUIRE(recv(fd, rest, size + 1, MSG_DONTWAIT | MSG_WAITALL) ==
		     (size == 0 ? -1 : (ssize_t)size));
	FUZZ_REQUIRE(memcmp(rest, data, size) == 0);
	free(rest);
}

/* Sends it in segments to the reader, who looks after each. */
static void
receive(const uint8_t *data, size_t size, size_t segment)
{
	struct proxy_reader reader = {.taken = 0};
	struct proxy_header header = {.length = 0};
	enum proxy_progress progress = PROXY_INCOMPLETE;
	size_t sent = 0, n;
	int fds[2], waiting;

	FUZZ_REQUIRE(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	while (sent < size && progress == PROXY_INCOMPLETE) {
		n = size - sent < segment ? size - sent : segment;
		FUZZ_REQUIRE(
		    send(fds[1], data + sent, n, MSG_NOSIGNAL) == (ssize_t)n);
		sent += n;
		progress = proxy_receive(&reader, fds[0]);
		FUZZ_REQUIRE(progress == expected(parse(data, sent, &header),
					     &header, sent));
		/* Who polls must not find what he was told to wait for. */
		FUZZ_REQUIRE(ioctl(fds[0], FIONREAD, &waiting) == 0);
		FUZZ_REQUIRE(progress != PROXY_INCOMPLETE || waiting == 0);
	}
	if (progress == PROXY_COMPLETE) {
		FUZZ_REQUIRE(same(&reader.header, &header));
		FUZZ_REQUIRE(reader.taken == header.length);
		check_rest(fds[0], data + header.length, sent - header.length);
	}
	if (progress == PROXY_INCOMPLETE) {
		shutdown(fds[1], SHUT_WR);
		FUZZ_REQUIRE(proxy_receive(&reader, fds[0]) == PROXY_CLOSED);
	}
	close(fds[0]);
	close(fds[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header header;
	size_t segment;

	if (size-- < 1)
		return 0;
	segment = 1 + *data++ * SEGMENT_MOST / UINT8_MAX;
	(void)parse_growing(data, size, &header);
	receive(data, size, segment);
	/* Octet by octet; what is behind those that decide is all alike. */
	receive(data, size < ONE_BY_ONE ? size : ONE_BY_ONE, 1);
	return 0;
}
