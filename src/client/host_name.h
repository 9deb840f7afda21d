/*
 * The host that a user names: a DNS name, mapped to ASCII once for the look-up,
 * for SNI, for the certificate and for display; or an address, in whatever way
 * the C library takes it.
 */
#ifndef PINGTLS_HOST_NAME_H
#define PINGTLS_HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define HOST_NAME_MAX_OCTETS 256

struct host_name {
	char host[HOST_NAME_MAX_OCTETS]; /* to look up and to show */
	/* As certificates have it: an address without its zone (RFC 4007, 11),
	 * a DNS name without the dot of the root. */
	char name[HOST_NAME_MAX_OCTETS];
	bool is_address;
	bool lacks_zone; /* a link-local address without its interface */
	unsigned char address[16];
	unsigned int address_size;
};

/*
 * Parses what the user gave, brackets around it or not.  Returns NULL, or in a
 * few words what is wrong with it.
 */
const char *host_name_parse(const char *text, struct host_name *);

#endif
