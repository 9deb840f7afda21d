/*
 * The files of the credentials, private keys apart.  They are opened with the
 * privileges that the process was started with, and what they hold is looked at
 * once those are given up: two steps.
 */
#ifndef PINGTLS_CREDENTIAL_FILES_H
#define PINGTLS_CREDENTIAL_FILES_H

#include <stdint.h>

#include "credentials/bundle.h"
#include "credentials/credentials_options.h"

struct credential_files;

/*
 * Reads every file that the options name.  An OCSP response that cannot be read
 * is left out with a warning.  The options must outlive it.  Returns NULL after
 * logging one line that names the file and the cause.
 */
struct credential_files *credential_files_read(
    const struct credentials_options *);

/* Wipes and frees it.  NULL is allowed. */
void credential_files_free(struct credential_files *);

/*
 * Makes the bundle of what the files hold.  Each certificate file must hold no
 * private key and its certificate be valid now; `ids`, unless NULL, are those
 * of the keys (KEYHOLDER_ID_SIZE octets each), which the certificates must fit.
 * An OCSP response that is of no use is left out with a warning.
 *
 * Returns 0, or -1 after logging one line that names the file and the cause.
 */
int credential_files_bundle(const struct credential_files *, const uint8_t *ids,
    struct bundle_buffer *);

#endif
