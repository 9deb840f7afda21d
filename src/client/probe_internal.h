/*
 * What the files of a probe share.
 */
#ifndef PINGTLS_PROBE_INTERNAL_H
#define PINGTLS_PROBE_INTERNAL_H

#include "client/probe.h"

/* Frees what the step has, and ends. */
void probe_finish(struct probe *);

/* Records why it failed, and ends. */
void probe_fail(struct probe *, enum reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Starts the process of the conversation, once it is connected. */
void probe_talk(struct probe *);

/* Takes in what that process tells, or that it has ended or is overdue. */
void probe_listen(struct probe *);

#endif
