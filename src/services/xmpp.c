#include "services/protocols.h"

#include <stdio.h>
#include <string.h>

#include "services/xml.h"

#define STREAM_HEADER \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:%s' " \
	"xmlns:stream='http://etherx.jabber.org/streams' " \
	"to='%s'%s%s%s version='1.0'>"
#define XMPP_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define STARTTLS "<starttls xmlns='" XMPP_TLS "'/>"
#define STREAM_END "</stream:stream>"

/* Room for the header with the longest domain (RFC 1035). */
#define HEADER_MAX 640

/* The deepest nesting of elements within the features. */
#define DEPTH_MAX 16

/* Writes a host as a domain: an IPv6 address has no zone, and brackets around
 * it (RFC 7622, 3.2). */
static void
write_domain(char *domain, size_t size, const char *host)
{
	if (strchr(host, ':') == NULL)
		snprintf(domain, size, "%s", host);
	else
		snprintf(domain, size, "[%.*s]", (int)strcspn(host, "%"), host);
}

/*
 * Sends our stream header.  A server's must have a `from` (RFC 6120, 4.7.1). We
 * serve no domain; our address, which is a valid domain too (RFC 7622, 3.2), at
 * least is not someone else's.
 */
static int
send_header(struct exchange *e, const char *kind)
{
	bool server = strcmp(kind, "server") == 0;
	char from[64] = "", to[HEADER_MAX], header[HEADER_MAX];
	int size;

	if (strpbrk(e->domain, "<>&'\"") != NULL)
		return exchange_fail(e, REASON_PROTOCOL,
		    "\"%s\" cannot be a domain of XMPP", e->domain);
	write_domain(to, sizeof(to), e->domain);
	if (server)
		write_domain(from, sizeof(from), e->address);
	size = snprintf(header, sizeof(header), STREAM_HEADER, kind, to,
	    server ? " from='" : "", from, server ? "'" : "");
	if ((size_t)size >= sizeof(header))
		return exchange_fail(e, REASON_PROTOCOL,
		    "\"%s\" cannot be a domain of XMPP", e->domain);
	return exchange_send(e, "the stream header", header, (size_t)size);
}

/* Reads a tag where no text may be before it.  Returns 0 or -1. */
static int
read_tag(struct exchange *e, struct xml_tag *tag)
{
	if (xml_read(e, tag) == -1)
		return -1;
	return tag->text ? exchange_not_understood(e, "has text before a tag")
	                 : 0;
}

/* Records the condition of a <stream:error>, the name of its first element.
 * Returns 0 or -1. */
static int
note_stream_error(struct exchange *e)
{
	struct xml_tag tag;

	if (xml_read(e, &tag) == -1)
		return -1;
	exchange_note(e, tag.name, strlen(tag.name));
	return 0;
}

/*
 * Handles a <stream:error> instead of features.  Over TLS a server may refuse
 * another server that has no certificate for its domain (RFC 6120, 13.7.2).  We
 * have none, and the stream has ended, which is what the farewell is for: that
 * returns 1.  Anything else is a failure and returns -1.
 */
static int
stream_refused(struct exchange *e, const char *kind)
{
	if (note_stream_error(e) == -1)
		return -1;
	if (strcmp(kind, "server") == 0 && stream_tls(e->stream) != NULL)
		return 1;
	return exchange_fail(e, REASON_SERVICE_REFUSED,
	    "the server refused a stream to %s: \"%s\"", e->domain, e->said);
}

/* Reads the server's header.  Stores in `features` whether they follow. */
static int
read_header(struct exchange *e, bool *features)
{
	struct xml_tag tag;

	if (read_tag(e, &tag) == -1)
		return -1;
	if (tag.kind == XML_DECLARATION && read_tag(e, &tag) == -1)
		return -1;
	if (tag.kind != XML_START || strcmp(tag.name, "stream") != 0)
		return exchange_not_understood(e, "is not an XMPP stream");
	/* Without a version it is older than features (RFC 6120, 4.7.5). */
	*features = xml_has(&tag, "version", NULL);
	return 0;
}

/* True for an element of STARTTLS's with this name. */
static bool
is_tls(const struct xml_tag *tag, const char *name)
{
	return strcmp(tag->name, name) == 0 && xml_in_namespace(tag, XMPP_TLS);
}

/* Reads what is within an element that has begun, and its end.  Stores in
 * `starttls` whether <starttls> is directly in it.  Returns 0 or -1. */
static int
read_content(struct exchange *e, const struct xml_tag *element, bool *starttls)
{
	struct xml_tag open[DEPTH_MAX] = {*element}, tag;
	size_t depth = 1;

	while (depth > 0) {
		if (xml_read(e, &tag) == -1)
			return -1;
		if (tag.kind == XML_END) {
			if (!xml_closes(&tag, &open[--depth]))
				return exchange_not_understood(
				    e, XML_NOT_ALLOWED);
			continue;
		}
		if (tag.kind == XML_DECLARATION || depth == DEPTH_MAX)
			return exchange_not_understood(e, XML_NOT_ALLOWED);
		if (depth == 1 && is_tls(&tag, "starttls"))
			*starttls = true;
		if (tag.kind == XML_START)
			open[depth++] = tag;
	}
	return 0;
}

/* Reads <stream:features> and stores in `starttls` whether it is among them.
 * Returns 0, or as stream_refused() does. */
static int
read_features(struct exchange *e, const char *kind, bool *starttls)
{
	struct xml_tag tag;

	*starttls = false;
	if (read_tag(e, &tag) == -1)
		return -1;
	if (tag.kind == XML_START && strcmp(tag.name, "error") == 0)
		return stream_refused(e, kind);
	if (tag.kind == XML_END || tag.kind == XML_DECLARATION ||
	    strcmp(tag.name, "features") != 0)
		return exchange_not_understood(e, "has no features");
	return tag.kind == XML_START ? read_content(e, &tag, starttls) : 0;
}

/* Opens a stream and stores in `starttls` whether it is offered.  Returns as
 * read_features() does. */
static int
open_stream(struct exchange *e, const char *kind, bool *starttls)
{
	bool features = false;

	*starttls = false;
	if (send_header(e, kind) == -1 || read_header(e, &features) == -1)
		return -1;
	return features ? read_features(e, kind, starttls) : 0;
}

static int
upgrade_stream(struct exchange *e, const char *kind)
{
	struct xml_tag tag, end;
	bool starttls;

	if (open_stream(e, kind, &starttls) != 0)
		return -1;
	e->offered = starttls ? EXCHANGE_OFFERED : EXCHANGE_NOT_OFFERED;
	if (exchange_send(e, "STARTTLS", STARTTLS, sizeof(STARTTLS) - 1) == -1)
		return -1;
	if (read_tag(e, &tag) == -1)
		return -1;
	if (strcmp(tag.name, "failure") == 0)
		return exchange_not_upgraded(e);
	if (tag.kind == XML_START && strcmp(tag.name, "error") == 0)
		return note_stream_error(e) == -1 ? -1
		                                  : exchange_not_upgraded(e);
	if (tag.kind == XML_END || !is_tls(&tag, "proceed"))
		return exchange_not_understood(e, "is not <proceed/>");
	/* <proceed></proceed> means the same. */
	if (tag.kind == XML_START &&
	    (read_tag(e, &end) == -1 || !xml_closes(&end, &tag)))
		return exchange_not_understood(e, "is not <proceed/>");
	return 0;
}

/* Opens a new stream, as the handshake ended the old one (RFC 6120, 5.4.3.3),
 * and closes it. */
static int
reopen_and_close(struct exchange *e, const char *kind)
{
	struct xml_tag tag;
	bool starttls;
	int over = open_stream(e, kind, &starttls);

	if (over == 0)
		over = exchange_send(
		    e, "the stream's end", STREAM_END, sizeof(STREAM_END) - 1);
	if (over == -1)
		return -1;
	do
		if (xml_read(e, &tag) == -1)
			return -1;
	while (tag.kind != XML_END || strcmp(tag.name, "stream") != 0);
	return 0;
}

int
xmpp_upgrade(struct exchange *e)
{
	return upgrade_stream(e, "client");
}

int
xmpp_farewell(struct exchange *e)
{
	return reopen_and_close(e, "client");
}

int
xmpp_server_upgrade(struct exchange *e)
{
	return upgrade_stream(e, "server");
}

int
xmpp_server_farewell(struct exchange *e)
{
	return reopen_and_close(e, "server");
}
