/*
 * Credentials for a process that loads them for itself.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "credentials/credential_files.h"
#include "credentials/credentials.h"
#include "log/log.h"

/* Returns NULL after logging one line. */
static struct keyholder *
start_keyholder(const struct credentials_options *o)
{
	struct keyholder_options options = o->keyholder;
	struct keyholder *keyholder;
	char why[KEYHOLDER_WHY_MAX];

	options.policy = credentials_policy(o);
	if (options.policy == NULL)
		return NULL;
	keyholder = keyholder_start(&options, why);
	if (keyholder == NULL)
		log_line(LOG_ERR, "%s", why);
	gnutls_priority_deinit(options.policy);
	return keyholder;
}

/* Bundles what the files hold, and parses that. */
static int
bundle_files(const struct credentials_options *o, struct bundle_buffer *buffer,
    struct bundle *bundle)
{
	struct credential_files *files;
	int ret = -1;

	file_time_begin();
	files = credential_files_read(o);
	file_time_end();
	if (files == NULL)
		return -1;
	if (bundle_buffer_new(buffer) == -1)
		log_line(
		    LOG_ERR, "cannot load certificates: %s", strerror(errno));
	else if (credential_files_bundle(files, NULL, buffer) == 0)
		ret = bundle_parse(bundle, buffer->octets, buffer->size);
	credential_files_free(files);
	return ret;
}

struct credentials *
credentials_load(const struct credentials_options *o)
{
	struct keyholder *keyholder = start_keyholder(o);
	struct bundle_buffer buffer = {NULL, 0};
	struct credentials *c = NULL;
	struct bundle bundle;

	if (keyholder == NULL)
		return NULL;
	if (bundle_files(o, &buffer, &bundle) == 0)
		c = credentials_new(o, &bundle, keyholder);
	else
		keyholder_free(keyholder);
	bundle_buffer_free(&buffer);
	return c;
}
