#include "credentials/tickets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/*
 * GnuTLS derives the keys that it uses from ours and the time, new ones every
 * three lifetimes (its lib/stek.c).  That bounds what one key encrypts, but
 * whoever has our key can derive them all, so it must be replaced, too.
 */
struct tickets {
	gnutls_datum_t key;
	deadline until; /* in use; DEADLINE_NEVER: it is a file's */
};

const char *
tickets_read_key(int fd, unsigned char *key)
{
	unsigned char octets[TICKETS_KEY_SIZE + 1];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if ((st.st_mode & S_IRWXO) != 0)
		return "others than its owner and its group have access to it";
	/* A file of that size is read in one piece. */
	n = read(fd, octets, sizeof(octets));
	if (n == -1)
		return file_error(errno);
	if (n == TICKETS_KEY_SIZE)
		memcpy(key, octets, TICKETS_KEY_SIZE);
	gnutls_memset(octets, 0, sizeof(octets));
	return n == TICKETS_KEY_SIZE ? NULL : "it must have 64 octets";
}

static void
wipe(gnutls_datum_t *key)
{
	if (key->data != NULL)
		gnutls_memset(key->data, 0, key->size);
	gnutls_free(key->data);
}

/* Generates a key, or copies the one given. */
static int
set_key(struct tickets *t, const gnutls_datum_t *given)
{
	if (given == NULL) {
		t->until = deadline_in(TICKETS_ROTATION_MS);
		return gnutls_session_ticket_key_generate(&t->key);
	}
	t->key.data = gnutls_malloc(given->size);
	if (t->key.data == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	/* A test of the certificates has no key, and memcpy(3) takes no NULL.
	 */
	if (given->size > 0)
		memcpy(t->key.data, given->data, given->size);
	t->key.size = given->size;
	t->until = DEADLINE_NEVER;
	return 0;
}

int
tickets_new(const struct tickets_options *o, const gnutls_datum_t *key,
    struct tickets **tickets)
{
	struct tickets *t;
	int ret;

	*tickets = NULL;
	if (o->key_file == NULL && !o->generate)
		return 0;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	ret = set_key(t, o->key_file == NULL ? NULL : key);
	if (ret < 0) {
		tickets_free(t);
		return ret;
	}
	*tickets = t;
	return 0;
}

void
tickets_free(struct tickets *t)
{
	if (t == NULL)
		return;
	wipe(&t->key);
	free(t);
}

void
tickets_rotate(struct tickets *t, int64_t now)
{
	gnutls_datum_t key;

	/* If that fails, the old key is used until it works. */
	if (t == NULL || now < t->until ||
	    gnutls_session_ticket_key_generate(&key) < 0)
		return;
	wipe(&t->key);
	t->key = key;
	t->until = now + TICKETS_ROTATION_MS * 1000000;
}

int
tickets_enable(const struct tickets *t, gnutls_session_t session)
{
	if (t == NULL)
		return 0;
	/* A new ticket of a resumed session expires with the first one. */
	gnutls_db_set_cache_expiration(session, TICKETS_LIFETIME_S);
	return gnutls_session_ticket_enable_server(session, &t->key);
}
