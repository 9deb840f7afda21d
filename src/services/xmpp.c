#include "services/xmpp.h"

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

/* Room for the header with the longest domain (RFC 1035), and more. */
#define HEADER_MAX 640

/*
 * Sends our header.  Between servers it has to say from whom (RFC 6120, 4.7.1):
 * a domain may be an address (RFC 7622, 3.2), and ours has no other name that
 * would be true.
 */
static int
send_header(struct exchange *e, const char *kind)
{
	bool server = strcmp(kind, "server") == 0;
	char from[64] = "", header[HEADER_MAX];
	bool brackets = strchr(e->address, ':') != NULL;
	int size;

	if (strpbrk(e->domain, "<>&'\"") != NULL)
		return exchange_fail(e, REASON_PROTOCOL,
		    "\"%s\" cannot be a domain of XMPP", e->domain);
	if (server)
		snprintf(from, sizeof(from), "%s%.*s%s", brackets ? "[" : "",
		    (int)strcspn(e->address, "%"), e->address,
		    brackets ? "]" : "");
	size = snprintf(header, sizeof(header), STREAM_HEADER, kind, e->domain,
	    server ? " from='" : "", from, server ? "'" : "");
	if ((size_t)size >= sizeof(header))
		return exchange_fail(e, REASON_PROTOCOL,
		    "\"%s\" cannot be a domain of XMPP", e->domain);
	return exchange_send(e, "the stream header", header, (size_t)size);
}

/* Notes what <stream:error> is about: the name of the element in it.  Returns 0
 * or -1. */
static int
note_error(struct exchange *e)
{
	struct xml_tag tag;

	if (xml_read(e, &tag) == -1)
		return -1;
	exchange_note(e, tag.name, strlen(tag.name));
	return 0;
}

/*
 * The server sent <stream:error> in place of features.  Between servers and
 * over TLS it may want a certificate of ours that names a domain (RFC 6120,
 * 13.7.2), which we do not have; the stream is over, as it is to be.  Returns 1
 * for that, or -1.
 */
static int
stream_refused(struct exchange *e, const char *kind)
{
	if (note_error(e) == -1)
		return -1;
	if (strcmp(kind, "server") == 0 && stream_tls(e->stream) != NULL)
		return 1;
	return exchange_fail(e, REASON_SERVICE_REFUSED,
	    "the server refused a stream to %s: \"%s\"", e->domain, e->said);
}

/* Reads the server's header.  Whether features follow goes to `features`. */
static int
read_header(struct exchange *e, bool *features)
{
	struct xml_tag tag;

	if (xml_read(e, &tag) == -1)
		return -1;
	if (tag.kind == XML_DECLARATION && xml_read(e, &tag) == -1)
		return -1;
	if (tag.kind != XML_START || strcmp(tag.name, "stream") != 0)
		return exchange_not_understood(e, "is not XMPP's");
	/* RFC 6120, 4.7.5: else it is older than features. */
	*features = xml_has(&tag, "version", NULL);
	return 0;
}

/* Whether this is the offer.  A prefix may have been declared further out. */
static bool
is_starttls(const struct xml_tag *tag)
{
	return strcmp(tag->name, "starttls") == 0 &&
	       (xml_has_value(tag, XMPP_TLS) || !xml_has(tag, "xmlns", NULL));
}

/* Reads <stream:features>; whether STARTTLS is among them goes to `starttls`.
 * Returns 0, or as stream_refused(). */
static int
read_features(struct exchange *e, const char *kind, bool *starttls)
{
	struct xml_tag tag;
	int depth;

	*starttls = false;
	if (xml_read(e, &tag) == -1)
		return -1;
	if (tag.kind == XML_START && strcmp(tag.name, "error") == 0)
		return stream_refused(e, kind);
	if (tag.kind == XML_END || tag.kind == XML_DECLARATION ||
	    strcmp(tag.name, "features") != 0)
		return exchange_not_understood(e, "has no features");
	depth = tag.kind == XML_START;
	while (depth > 0) {
		if (xml_read(e, &tag) == -1)
			return -1;
		if (tag.kind == XML_DECLARATION)
			return exchange_not_understood(e, "is not XMPP's XML");
		if (depth == 1 && tag.kind != XML_END && is_starttls(&tag))
			*starttls = true;
		if (tag.kind == XML_START)
			depth++;
		else if (tag.kind == XML_END)
			depth--;
	}
	return 0;
}

/* Opens a stream.  Whether STARTTLS is offered goes to `starttls`.  Returns as
 * read_features(). */
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
upgrade(struct exchange *e, const char *kind)
{
	struct xml_tag tag;
	bool starttls;

	if (open_stream(e, kind, &starttls) != 0)
		return -1;
	e->offered = starttls ? EXCHANGE_OFFERED : EXCHANGE_NOT_OFFERED;
	if (exchange_send(e, "STARTTLS", STARTTLS, sizeof(STARTTLS) - 1) == -1)
		return -1;
	if (xml_read(e, &tag) == -1)
		return -1;
	if (strcmp(tag.name, "failure") == 0)
		return exchange_not_upgraded(e);
	if (tag.kind == XML_START && strcmp(tag.name, "error") == 0)
		return note_error(e) == -1 ? -1 : exchange_not_upgraded(e);
	if (tag.kind == XML_END || strcmp(tag.name, "proceed") != 0)
		return exchange_not_understood(e, "is not <proceed/>");
	/* <proceed></proceed> is the same. */
	if (tag.kind == XML_START &&
	    (xml_read(e, &tag) == -1 || tag.kind != XML_END))
		return exchange_not_understood(e, "is not <proceed/>");
	return 0;
}

/* Opens a stream anew, for the old one is gone (RFC 6120, 5.4.3.3), and closes
 * it. */
static int
farewell(struct exchange *e, const char *kind)
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
	return upgrade(e, "client");
}

int
xmpp_farewell(struct exchange *e)
{
	return farewell(e, "client");
}

int
xmpp_server_upgrade(struct exchange *e)
{
	return upgrade(e, "server");
}

int
xmpp_server_farewell(struct exchange *e)
{
	return farewell(e, "server");
}
