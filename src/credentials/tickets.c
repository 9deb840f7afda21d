/*
 * Session tickets and the key that encrypts them.
 */
#include "credentials/tickets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/log.h"

/*
 * GnuTLS derives the keys in use from ours and the time, new ones every three
 * lifetimes (its lib/stek.c).  That bounds what one key encrypts, but whoever
 * has ours has all of them: it is ours that must not live long.
 */
struct tickets {
	gnutls_datum_t key;
	deadline until; /* in use; DEADLINE_NEVER: it is a file's */
};

static bool
refuse(const char *file, const char *why)
{
	log_line(LOG_ERR, "cannot use ticket key %s: %s", file, why);
	return false;
}

/* Reads the key from its open file to `octets`, one longer than a key is. */
static bool
read_key(int fd, const char *file, unsigned char *octets)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return refuse(file, strerror(errno));
	if ((st.st_mode & S_IRWXO) != 0)
		return refuse(file, "others than its owner and its group have "
				    "access to it");
	/* A file that size is read in one piece. */
	n = read(fd, octets, TICKETS_KEY_SIZE + 1);
	if (n == -1)
		return refuse(file, strerror(errno));
	if (n != TICKETS_KEY_SIZE)
		return refuse(file, "it must have 64 octets");
	return true;
}

static bool
load_key(struct tickets *t, const char *file)
{
	unsigned char octets[TICKETS_KEY_SIZE + 1];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool read;

	if (fd == -1) {
		log_line(LOG_ERR, "cannot read ticket key %s: %s", file,
		    strerror(errno));
		return false;
	}
	read = read_key(fd, file, octets);
	close(fd);
	if (read && (t->key.data = gnutls_malloc(TICKETS_KEY_SIZE)) == NULL)
		read = refuse(file, "out of memory");
	if (read) {
		t->key.size = TICKETS_KEY_SIZE;
		memcpy(t->key.data, octets, TICKETS_KEY_SIZE);
		t->until = DEADLINE_NEVER;
	}
	gnutls_memset(octets, 0, sizeof(octets));
	return read;
}

static bool
generate_key(gnutls_datum_t *key)
{
	int ret = gnutls_session_ticket_key_generate(key);

	if (ret == 0)
		return true;
	log_line(LOG_ERR, "cannot make a ticket key: %s", gnutls_strerror(ret));
	return false;
}

static void
wipe(gnutls_datum_t *key)
{
	if (key->data != NULL)
		gnutls_memset(key->data, 0, key->size);
	gnutls_free(key->data);
}

bool
tickets_load(const struct tickets_options *o, struct tickets **tickets)
{
	struct tickets *t;
	bool loaded;

	*tickets = NULL;
	if (o->key_file == NULL && !o->generate)
		return true;
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		log_line(LOG_ERR, "cannot make a ticket key: out of memory");
		return false;
	}
	if (o->key_file != NULL)
		loaded = load_key(t, o->key_file);
	else {
		loaded = generate_key(&t->key);
		t->until = deadline_in(TICKETS_ROTATION_MS);
	}
	if (!loaded) {
		tickets_free(t);
		return false;
	}
	*tickets = t;
	return true;
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

	if (t == NULL || now < t->until || !generate_key(&key))
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
	/* A resumed session's ticket lives no longer than its first one. */
	gnutls_db_set_cache_expiration(session, TICKETS_LIFETIME_S);
	return gnutls_session_ticket_enable_server(session, &t->key);
}
