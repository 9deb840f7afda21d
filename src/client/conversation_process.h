/*
 * The process of a conversation: forked once the connection stands, and
 * confined before it reads the first octet, so that a server which takes it
 * over has nothing but its own connection.
 */
#ifndef PINGTLS_CONVERSATION_PROCESS_H
#define PINGTLS_CONVERSATION_PROCESS_H

#include <sys/types.h>

#include "client/conversation.h"
#include "confine/sandbox.h"

struct conversation_process {
	pid_t pid;
	int channel; /* where its records come from (record.h) */
};

/*
 * Starts the process for the connection `fd`, which it takes over.  It holds
 * the conversation of the setup (whose reporter and own address are set here).
 * `sandbox` is of SANDBOX_CLIENT; NULL: it is not confined. Returns 0, or -1
 * with errno.
 *
 * The setup is copied before the fork: it may be in memory that children do not
 * inherit (base/dontfork.h), but not what it points to.
 */
int conversation_process_start(struct conversation_process *,
    const struct conversation_setup *, const struct sandbox *sandbox, int fd,
    enum outcome_mode);

/* Tells it to end; its last record is still to come. */
void conversation_process_stop(const struct conversation_process *);

/* Kills it if it is still there, and frees what the parent has of it.  Returns
 * its wait status. */
int conversation_process_end(struct conversation_process *);

#endif
