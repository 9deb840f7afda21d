/*
 * What the files of the acceptor share.
 */
#ifndef PINGTLS_ACCEPTOR_INTERNAL_H
#define PINGTLS_ACCEPTOR_INTERNAL_H

#include "listener/acceptor.h"
#include "listener/admission.h"
#include "listener/pending.h"
#include "log/log_limit.h"

/* A pause in which some descriptor, process or memory may come free. */
#define SHORTAGE_MS 100

struct acceptor {
	const struct listener_options *options;
	struct stats *stats;
	struct admission *admission;
	struct pending *pending; /* NULL: there are no proxies */
	/* Separate, so that a flood of one kind does not hide the others. */
	struct log_limit rejections, penalties, shortages;
	size_t listening; /* sockets */
	int epoll;        /* the listening sockets, and the pending */
	deadline pause;
	void (*reap)(void *, bool); /* NULL: none */
	void *reap_object;
};

/* Applies the limits of the options.  Returns 0, or -1 with errno. */
int acceptor_set_limits(struct acceptor *, const struct listener_options *);

/* Refuses and closes a connection, and logs the reason `why`. */
void acceptor_refuse(struct acceptor *, const struct peer *, int fd,
    enum reject_reason, const char *why);

/* Admits or refuses a connection.  Returns `fd`, or -1 if refused. */
int acceptor_admit(struct acceptor *, struct peer *, int fd);

#endif
