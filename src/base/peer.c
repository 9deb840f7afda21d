#include "base/peer.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"

void
peer_format_host(const struct peer *peer, char *text)
{
	const struct sockaddr *address = (const void *)&peer->address;
	struct sockaddr_in6 plain;

	if (address->sa_family == AF_UNIX) {
		strcpy(text, "unix");
		return;
	}
	if (address->sa_family != AF_INET6) {
		address_format_host(address, peer->length, text);
		return;
	}
	memcpy(&plain, address, sizeof(plain));
	plain.sin6_scope_id = 0;
	address_format_host((struct sockaddr *)&plain, sizeof(plain), text);
	memcpy(&plain, address, sizeof(plain));
	if (plain.sin6_scope_id != 0)
		snprintf(text + strlen(text), ADDRESS_TEXT_MAX - strlen(text),
		    "%%%u", plain.sin6_scope_id);
}

void
peer_format(const struct peer *peer, char *text)
{
	const struct sockaddr *address = (const void *)&peer->address;
	/* The same place in both families. */
	const struct sockaddr_in *in = (const void *)address;
	char host[ADDRESS_TEXT_MAX];

	peer_format_host(peer, host);
	if (address->sa_family == AF_UNIX)
		strcpy(text, host);
	else
		snprintf(text, ADDRESS_TEXT_MAX,
		    strchr(host, ':') == NULL ? "%.100s:%u" : "[%.100s]:%u",
		    host, ntohs(in->sin_port));
}
