#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "credentials/credential_files_internal.h"
#include "log/log.h"

static int
read_contents(const char *file, struct contents *c)
{
	log_line(LOG_DEBUG, "reading %s", file);
	c->octets = file_read(file, BUNDLE_MAX, &c->size);
	return c->octets == NULL ? -1 : 0;
}

static bool
read_pair(struct credential_files *f, size_t index, const struct key_pair *pair)
{
	char why[ACCOUNT_ERROR_MAX];

	if (read_contents(pair->certificate_file, &f->certificates[index]) ==
	    -1) {
		log_line(LOG_ERR, "cannot read certificate %s: %s",
		    pair->certificate_file,
		    keyholder_open_error(&f->options->keyholder, why));
		return false;
	}
	/* Clients can do without a response. */
	if (pair->ocsp_file != NULL &&
	    read_contents(pair->ocsp_file, &f->responses[index]) == -1)
		log_line(LOG_WARNING,
		    "cannot use OCSP response %s, and staples none: %s",
		    pair->ocsp_file,
		    keyholder_open_error(&f->options->keyholder, why));
	return true;
}

static bool
read_ticket_key(struct credential_files *f)
{
	const char *file = f->options->tickets.key_file, *fault;
	char why[ACCOUNT_ERROR_MAX];
	int fd;

	log_line(LOG_DEBUG, "reading %s", file);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		log_line(LOG_ERR, "cannot read ticket key %s: %s", file,
		    keyholder_open_error(&f->options->keyholder, why));
		return false;
	}
	fault = tickets_read_key(fd, f->ticket_key);
	if (fault != NULL)
		log_line(LOG_ERR, "cannot use ticket key %s: %s", file, fault);
	close(fd);
	return fault == NULL;
}

static bool
read_all(struct credential_files *f)
{
	const struct credentials_options *o = f->options;
	char why[ACCOUNT_ERROR_MAX];

	for (size_t i = 0; i < o->keyholder.count; i++)
		if (!read_pair(f, i, &o->keyholder.pairs[i]))
			return false;
	if (o->clients.ca_file != NULL) {
		if (read_contents(o->clients.ca_file, &f->authorities) == 0)
			return true;
		log_line(LOG_ERR, "cannot read client CA %s: %s",
		    o->clients.ca_file,
		    keyholder_open_error(&o->keyholder, why));
		return false;
	}
	return o->tickets.key_file == NULL || read_ticket_key(f);
}

struct credential_files *
credential_files_read(const struct credentials_options *options)
{
	struct credential_files *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		log_line(LOG_ERR, "cannot load certificates: out of memory");
		return NULL;
	}
	f->options = options;
	if (read_all(f))
		return f;
	credential_files_free(f);
	return NULL;
}

/* Wiped, since a file may contain a key by mistake. */
static void
forget(struct contents *c)
{
	if (c->octets != NULL)
		gnutls_memset(c->octets, 0, c->size);
	free(c->octets);
}

void
credential_files_free(struct credential_files *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < KEYHOLDER_KEYS_MAX; i++) {
		forget(&f->certificates[i]);
		forget(&f->responses[i]);
	}
	forget(&f->authorities);
	gnutls_memset(f->ticket_key, 0, sizeof(f->ticket_key));
	free(f);
}
