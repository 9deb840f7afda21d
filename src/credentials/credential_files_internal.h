/*
 * What the reading of the files and the making of a bundle share.
 */
#ifndef PINGTLS_CREDENTIAL_FILES_INTERNAL_H
#define PINGTLS_CREDENTIAL_FILES_INTERNAL_H

#include <stddef.h>

#include "credentials/credential_files.h"

/* The contents of a file; none if there is no file. */
struct contents {
	unsigned char *octets;
	size_t size;
};

struct credential_files {
	const struct credentials_options *options;
	struct contents certificates[KEYHOLDER_KEYS_MAX];
	struct contents responses[KEYHOLDER_KEYS_MAX];
	struct contents authorities;
	unsigned char ticket_key[TICKETS_KEY_SIZE];
};

#endif
