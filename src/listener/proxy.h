/*
 * The PROXY protocol, versions 1 and 2: a header in front of a connection in
 * which a proxy says whom it is for.  HAProxy's proxy-protocol.txt, 2020/03/05.
 *
 * This is the parser alone: it looks at octets, and asks nobody for more (that
 * is proxy_reader.h).  It runs in the listener, because limits by source have
 * to be applied before a process is spent on a connection; so it keeps nothing
 * between calls, allocates nothing, and follows no length that it was told
 * further than PROXY_HEADER_MAX.  It is only run on what comes from a proxy
 * that the administrator lists, which writes all of the header that is looked
 * at; what clients have a say in (names, in TLVs) is skipped unread.
 */
#ifndef PINGTLS_PROXY_H
#define PINGTLS_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/*
 * The octets by which a header is decided: version 1 ends within 107, and of
 * version 2 no address that is used lies beyond 52 (2.1, 2.2).
 */
#define PROXY_DECIDED 107

/*
 * The longest header that is accepted.  Version 2 could say 16 + 65535, and is
 * meant to fit 536 octets (2); but names, identifiers and what is told of TLS
 * in TLVs take real ones beyond that, so this is nginx's limit.
 */
#define PROXY_HEADER_MAX 4096

struct proxy_header {
	/* Octets of the whole header, from its first on.  It may be more than
	 * were there to parse: the rest tells nothing. */
	size_t length;
	/* Whether `source` is known.  If not, the connection is the proxy's own
	 * (LOCAL: a health check) or from somewhere we have no use for
	 * (UNKNOWN, UNSPEC, datagrams, unix sockets), and its source is the
	 * proxy, as the kernel says (2.1, 2.2). */
	bool relayed;
	struct sockaddr_storage source; /* AF_INET or AF_INET6 */
	socklen_t source_length;
};

enum proxy_parsed {
	PROXY_VALID,   /* `header` is filled in */
	PROXY_PARTIAL, /* so far a header; its end is not there */
	PROXY_INVALID, /* not a header, and more octets cannot make it one */
};

/*
 * Parses the `length` octets of `data`.  With PROXY_DECIDED octets or more it
 * never answers PROXY_PARTIAL, and after PROXY_PARTIAL all that it saw belongs
 * to the header.  The destination is checked where it is text, and not kept:
 * nothing asks for it.
 */
enum proxy_parsed proxy_parse(
    const void *data, size_t length, struct proxy_header *header);

#endif
