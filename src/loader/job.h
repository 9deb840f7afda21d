/*
 * A job that the loader gives a child of its own, so that a file system that
 * hangs blocks only that.
 */
#ifndef PINGTLS_JOB_H
#define PINGTLS_JOB_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/deadline.h"

/*
 * It is over when the child's end of a pipe is closed: because the child has
 * ended or, after it wrote an octet, has become a keyholder.
 */
struct job {
	int pipe;  /* -1: there is none */
	pid_t pid; /* 0: it was waited for */
	bool done; /* there was the octet */
	deadline when;
};

/* Forks the child of a job, which must end in time.  Returns as fork(2), in the
 * child with its end of the pipe in `done`. */
pid_t job_fork(struct job *, int *done);

/* Waits a moment for a job that is about to end. */
void job_wait(struct job *);

/* Kills the child of a job, if there is one. */
void job_kill(const struct job *);

/* Ends a job that is over (`revents` of poll(2) for its pipe), and kills one
 * that takes too long.  That remains the job until its child has ended, which a
 * hung file system can prevent. */
void job_look_after(struct job *, short revents);

#endif
