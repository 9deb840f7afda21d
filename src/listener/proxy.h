/*
 * The parser of the PROXY protocol, versions 1 and 2, by which a proxy tells
 * the address of its client in a header (HAProxy's proxy-protocol.txt,
 * 2020/03/05).
 *
 * It only parses; proxy_reader.h reads.  It runs in the listener, because the
 * limits per source are applied before a process is forked.  Therefore it keeps
 * no state, allocates nothing, and bounds every length by PROXY_HEADER_MAX.  It
 * only sees input from proxies that the administrator has listed, and skips the
 * parts of the header that clients can influence (TLVs) unread.
 */
#ifndef PINGTLS_PROXY_H
#define PINGTLS_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/*
 * The number of octets that suffices to parse a header: version 1 has at most
 * 107, and the addresses of version 2 end within 52 (2.1, 2.2).
 */
#define PROXY_DECIDED 107

/*
 * The longest header accepted.  Version 2 allows 16 + 65535 octets and is meant
 * to fit into 536 (2), but TLVs make real ones longer.  This is nginx's limit.
 */
#define PROXY_HEADER_MAX 4096

struct proxy_header {
	/* The length of the whole header, which may be more than was parsed:
	 * the rest is not needed. */
	size_t length;
	/* True if `source` is known.  If not, the connection is the proxy's
	 * own (LOCAL: a health check) or of a kind without a usable address
	 * (UNKNOWN, UNSPEC, datagrams, unix sockets), and the proxy itself is
	 * the source (2.1, 2.2). */
	bool relayed;
	struct sockaddr_storage source; /* AF_INET or AF_INET6 */
	socklen_t source_length;
	bool too_long; /* why it is PROXY_INVALID */
};

enum proxy_parsed {
	PROXY_VALID,   /* `header` is filled in */
	PROXY_PARTIAL, /* incomplete */
	PROXY_INVALID, /* not a header, whatever follows */
};

/*
 * Parses `length` octets.  After PROXY_PARTIAL, which is never returned for
 * PROXY_DECIDED octets or more, all of them belong to the header.  The
 * destination address is not stored, and checked only in version 1.
 */
enum proxy_parsed proxy_parse(
    const void *data, size_t length, struct proxy_header *header);

#endif
