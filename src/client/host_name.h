/*
 * The host given by the user: a DNS name, converted to ASCII (IDNA) for the
 * look-up, SNI, verification and display; or an address in any notation that
 * the C library accepts.
 */
#ifndef PINGTLS_HOST_NAME_H
#define PINGTLS_HOST_NAME_H

#include <stdbool.h>

#define HOST_NAME_MAX_OCTETS 256

struct host_name {
	char host[HOST_NAME_MAX_OCTETS]; /* for look-up and display */
	/* For verification: an address without its zone (RFC 4007, 11), a DNS
	 * name without the final dot. */
	char name[HOST_NAME_MAX_OCTETS];
	bool is_address;
	bool lacks_zone; /* a link-local address without a zone */
	unsigned char address[16];
	unsigned int address_size;
};

/*
 * Parses a host, with or without brackets.  Returns NULL, or a few words that
 * say what is wrong with it.
 */
const char *host_name_parse(const char *text, struct host_name *);

#endif
