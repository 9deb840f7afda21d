#include "client/host_name.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>

#include "base/printable.h"

/* The maximum length of a DNS name and of a label (RFC 1035, 2.3.4). */
#define DNS_NAME_MAX 253
#define DNS_LABEL_MAX 63

static void
take_octets(struct host_name *h, const void *octets, unsigned int size)
{
	h->is_address = true;
	memcpy(h->address, octets, size);
	h->address_size = size;
	inet_ntop(
	    size == 4 ? AF_INET : AF_INET6, octets, h->name, sizeof(h->name));
}

/* Parses an address with a zone, which need not exist here. */
static bool
parse_zoned(const char *text, struct host_name *h)
{
	unsigned char octets[16];
	char bare[HOST_NAME_MAX_OCTETS];
	size_t length = strcspn(text, "%");

	snprintf(bare, sizeof(bare), "%.*s", (int)length, text);
	if (text[length] == '\0' || inet_pton(AF_INET6, bare, octets) != 1)
		return false;
	take_octets(h, octets, sizeof(octets));
	snprintf(h->host, sizeof(h->host), "%s", text);
	printable(h->host);
	return true;
}

/* Parses an address in any notation of getaddrinfo(3), such as 127.1. */
static bool
parse_address(const char *text, struct host_name *h)
{
	struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;

	if (getaddrinfo(text, NULL, &hints, &found) != 0)
		return parse_zoned(text, h);
	if (found->ai_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)found->ai_addr;

		take_octets(h, &v4->sin_addr, 4);
	} else {
		const struct sockaddr_in6 *v6 = (const void *)found->ai_addr;

		take_octets(h, &v6->sin6_addr, 16);
		h->lacks_zone = IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) &&
		                v6->sin6_scope_id == 0;
	}
	if (getnameinfo(found->ai_addr, found->ai_addrlen, h->host,
		sizeof(h->host), NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(h->host, sizeof(h->host), "%s", h->name);
	freeaddrinfo(found);
	return true;
}

/* True if `name`, in ASCII, can be a DNS name.  "_" is not allowed in host
 * names (RFC 952) but used. */
static bool
is_dns_name(const char *name)
{
	size_t label = 0;

	if (strlen(name) > DNS_NAME_MAX)
		return false;
	for (const char *c = name;; c++) {
		if (*c == '.' || *c == '\0') {
			if (label == 0 || label > DNS_LABEL_MAX)
				return false;
			if (*c == '\0')
				return true;
			label = 0;
		} else if ((*c >= 'a' && *c <= 'z') ||
			   (*c >= 'A' && *c <= 'Z') ||
			   (*c >= '0' && *c <= '9') || *c == '-' || *c == '_')
			label++;
		else
			return false;
	}
}

static const char *
parse_name(const char *text, struct host_name *h)
{
	gnutls_datum_t ascii = {NULL, 0};
	size_t length;

	/* IDNA mapping may remove some characters. */
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 127)
			return "it cannot be a host's name";
	if (gnutls_idna_map(text, (unsigned int)strlen(text), &ascii, 0) < 0)
		return "it cannot be a host's name";
	length = ascii.size;
	if (length > 0 && length < sizeof(h->host))
		memcpy(h->host, ascii.data, length);
	else
		length = 0;
	h->host[length] = '\0';
	gnutls_free(ascii.data);
	memcpy(h->name, h->host, length + 1);
	if (length > 1 && h->name[length - 1] == '.')
		h->name[length - 1] = '\0';
	return is_dns_name(h->name) ? NULL : "it cannot be a host's name";
}

const char *
host_name_parse(const char *text, struct host_name *h)
{
	char bare[HOST_NAME_MAX_OCTETS];
	size_t length = strlen(text);
	bool bracketed = text[0] == '[';

	memset(h, 0, sizeof(*h));
	if (bracketed) {
		if (text[length - 1] != ']')
			return "its bracket is not closed";
		text++;
		length -= 2;
	}
	if (length == 0)
		return "it is empty";
	if (length >= sizeof(bare))
		return "it is too long";
	snprintf(bare, sizeof(bare), "%.*s", (int)length, text);
	if (parse_address(bare, h))
		return NULL;
	return bracketed ? "it is no address" : parse_name(bare, h);
}
