#include "listener/renewal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loader/load.h"
#include "log/log.h"

/* A failed load is repeated after the first pause, which then doubles, up to a
 * minute. */
#define FIRST_PAUSE_MS 1000
#define LAST_PAUSE_MS 60000
/* For the warm-up handshake with a keyholder that is ready.  Nothing is served
 * meanwhile. */
#define WARM_UP_MS 1000
/* How often the log warns of certificates that are near their end. */
#define WARNING_PERIOD_S (24 * 60 * 60)
/* A large request, but below malloc's threshold for mmap (mallopt(3)). */
#define SETTLE_SIZE 65536

struct renewal {
	struct loader *loader;
	struct notifier *notifier;
	const struct credentials_options *options;
	struct credentials *credentials;
	struct keyholder
	    *retired;      /* of sessions from before a reload, or NULL */
	struct load *load; /* in progress, or NULL */
	bool reloading;    /* the load is for a SIGHUP */
	bool again;        /* another SIGHUP came since it began */
	bool able;         /* to upgrade a session */
	bool warm;
	deadline next_try; /* while not able and nothing is in progress */
	int64_t pause_ms;  /* if that fails */
	time_t warned;     /* of certificates near their end, last */
	deadline next_warning;
};

/* Records when the log was last warned of certificates near their end: loading
 * them does that, too. */
static void
note_warning(struct renewal *r, time_t now)
{
	r->warned = now;
	r->next_warning = deadline_in(WARNING_PERIOD_S * INT64_C(1000));
}

struct renewal *
renewal_new(struct loader *loader, const struct credentials_options *options)
{
	struct renewal *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		log_line(LOG_ERR, "cannot load certificates: out of memory");
		return NULL;
	}
	r->loader = loader;
	r->options = options;
	r->credentials = credentials_new_unable(options);
	r->pause_ms = FIRST_PAUSE_MS;
	note_warning(r, time(NULL));
	if (r->credentials != NULL)
		return r;
	renewal_free(r);
	return NULL;
}

void
renewal_set_notifier(struct renewal *r, struct notifier *notifier)
{
	r->notifier = notifier;
}

void
renewal_free(struct renewal *r)
{
	if (r == NULL)
		return;
	load_free(r->load);
	credentials_free(r->credentials);
	keyholder_free(r->retired);
	free(r);
}

struct credentials *
renewal_credentials(const struct renewal *r)
{
	return r->credentials;
}

bool
renewal_able(const struct renewal *r)
{
	return r->able;
}

/*
 * Makes malloc consolidate its free chunks now, as it does at a large request.
 * Otherwise each session would, and dirty up to ten copy-on-write pages.
 */
static void
settle_heap(void)
{
	void *volatile large = malloc(SETTLE_SIZE);

	free(large);
}

/* Replaces the credentials by those that were loaded. */
static int
put_in_use(struct renewal *r)
{
	struct bundle bundle;
	struct keyholder *keyholder;
	struct credentials *new;
	int control;

	if (load_bundle(r->load, &bundle) == -1)
		return -1;
	control = load_take_keyholder(r->load);
	keyholder = keyholder_new(control);
	if (keyholder == NULL) {
		close(control);
		log_line(
		    LOG_ERR, "cannot load certificates: %s", strerror(errno));
		return -1;
	}
	new = credentials_new(r->options, &bundle, keyholder);
	if (new == NULL)
		return -1;
	/* The loader has tested them.  This warms up the process (self_test.h).
	 */
	if (!r->warm)
		r->warm = credentials_test(new, NULL, deadline_in(WARM_UP_MS));
	if (r->able) {
		/* Sessions from before the last reload have had their time. */
		keyholder_free(r->retired);
		r->retired = credentials_retire(r->credentials);
	} else
		credentials_free(r->credentials);
	r->credentials = new;
	note_warning(r, time(NULL));
	r->able = true;
	settle_heap();
	return 0;
}

static void
try_later(struct renewal *r)
{
	log_line(LOG_ERR,
	    "STARTTLS fails until certificates and keys can be loaded; trying "
	    "again in %" PRId64 " s",
	    r->pause_ms / 1000);
	r->next_try = deadline_in(r->pause_ms);
	r->pause_ms *= 2;
	if (r->pause_ms > LAST_PAUSE_MS)
		r->pause_ms = LAST_PAUSE_MS;
}

/* Handles the end of a load, or its failure to begin. */
static void
finish_renewal(struct renewal *r, bool renewed)
{
	load_free(r->load);
	r->load = NULL;
	if (renewed)
		r->pause_ms = FIRST_PAUSE_MS;
	if (r->reloading && renewed)
		log_line(LOG_NOTICE, "certificates and keys reloaded");
	else if (renewed)
		log_line(LOG_NOTICE, "started a new keyholder");
	else if (r->able)
		log_line(LOG_ERR, "reload failed; the old certificates and "
				  "keys stay in use");
	else
		try_later(r);
	if (r->reloading)
		notifier_tell(r->notifier, "READY=1");
	r->reloading = false;
	if (r->again) {
		r->again = false;
		renewal_reload(r);
	}
}

static void
begin_renewal(struct renewal *r)
{
	r->load = load_begin(r->loader);
	if (r->load == NULL)
		finish_renewal(r, false);
}

int
renewal_start(struct renewal *r, bool go_on, int cancel_fd)
{
	bool loaded;

	r->load = load_begin(r->loader);
	loaded = r->load != NULL &&
	         load_wait(r->load, cancel_fd) == LOAD_DONE &&
	         put_in_use(r) == 0;
	load_free(r->load);
	r->load = NULL;
	if (loaded)
		return 0;
	if (go_on)
		try_later(r);
	return -1;
}

void
renewal_reload(struct renewal *r)
{
	char state[NOTIFIER_STATE_MAX];

	if (r->load != NULL) {
		r->again = true;
		return;
	}
	r->reloading = true;
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    deadline_now() / 1000);
	notifier_tell(r->notifier, state);
	begin_renewal(r);
}

void
renewal_poll(const struct renewal *r, struct pollfd fds[RENEWAL_FDS])
{
	fds[0] = (struct pollfd){.fd = loader_fd(r->loader), .events = POLLIN};
	fds[1] = (struct pollfd){
	    .fd = r->load == NULL ? -1 : load_fd(r->load), .events = POLLIN};
	/* Its end: a keyholder has nothing else to say. */
	fds[2] = (struct pollfd){
	    .fd = r->able ? keyholder_fd(credentials_keyholder(r->credentials))
	                  : -1};
	fds[3] = (struct pollfd){
	    .fd = r->retired == NULL ? -1 : keyholder_fd(r->retired)};
}

deadline
renewal_deadline(const struct renewal *r)
{
	if (r->load != NULL)
		return load_deadline(r->load);
	return r->able ? r->next_warning : r->next_try;
}

/* Once a day by either clock, since the wall clock may be set meanwhile. */
static void
warn_daily(struct renewal *r, deadline now)
{
	time_t wall = time(NULL);

	if (now < r->next_warning && wall - r->warned < WARNING_PERIOD_S)
		return;
	credentials_warn_of_end(r->credentials, r->options, wall);
	note_warning(r, wall);
}

static void
continue_load(struct renewal *r)
{
	switch (load_continue(r->load)) {
	case LOAD_PENDING:
		break;
	case LOAD_FAILED:
		finish_renewal(r, false);
		break;
	case LOAD_DONE:
		finish_renewal(r, put_in_use(r) == 0);
		break;
	}
}

void
renewal_continue(struct renewal *r, const struct pollfd fds[RENEWAL_FDS])
{
	int64_t now = deadline_now();

	if (fds[0].revents != 0)
		loader_handle(r->loader);
	if (fds[2].revents != 0) {
		log_line(LOG_ERR, "the keyholder is gone");
		r->able = false;
		r->next_try = now;
	}
	if (fds[3].revents != 0) {
		keyholder_free(r->retired);
		r->retired = NULL;
	}
	if (r->load != NULL &&
	    (fds[1].revents != 0 || now >= load_deadline(r->load)))
		continue_load(r);
	if (r->able)
		warn_daily(r, now);
	if (!r->able && r->load == NULL && now >= r->next_try)
		begin_renewal(r);
}
