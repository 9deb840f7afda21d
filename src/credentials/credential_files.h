/*
 * The credential files, except private keys.  They are read with the privileges
 * that the process was started with, and parsed in a second step, after those
 * have been dropped.
 */
#ifndef PINGTLS_CREDENTIAL_FILES_H
#define PINGTLS_CREDENTIAL_FILES_H

#include <stdint.h>

#include "credentials/bundle.h"
#include "credentials/credentials_options.h"

struct credential_files;

/*
 * Reads all files that the options name.  An OCSP response that cannot be read
 * is left out with a warning.  The options must outlive the object.  Returns
 * NULL after logging one line that names the file and the cause.
 */
struct credential_files *credential_files_read(
    const struct credentials_options *);

/* Wipes and frees it.  NULL is allowed. */
void credential_files_free(struct credential_files *);

/*
 * Checks the contents and makes the bundle.  A certificate file must contain no
 * private key, and its certificate must be valid now.  If `ids` is not NULL, it
 * has the id of each key (KEYHOLDER_ID_SIZE octets), which the certificates
 * must match.  An OCSP response that cannot be stapled is left out with a
 * warning.
 *
 * Returns 0, or -1 after logging one line that names the file and the cause.
 */
int credential_files_bundle(const struct credential_files *, const uint8_t *ids,
    struct bundle_buffer *);

#endif
