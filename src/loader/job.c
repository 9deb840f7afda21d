#include "loader/job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "loader/loader.h"

/* From the end of a load, as the listener sees it, to that of its process. */
#define MOMENT_MS 1000

/* Notes the end of a job, whose pipe is readable. */
static void
end_job(struct job *job)
{
	char octet;

	job->done = read(job->pipe, &octet, 1) == 1;
	close(job->pipe);
	job->pipe = -1;
}

pid_t
job_fork(struct job *job, int *done)
{
	int ends[2], saved;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	job->pid = fork();
	if (job->pid == 0) {
		*done = ends[1];
		return 0;
	}
	saved = errno;
	close(ends[1]);
	if (job->pid == -1) {
		close(ends[0]);
		errno = saved;
		return -1;
	}
	job->pipe = ends[0];
	job->done = false;
	job->when = deadline_in(LOADER_TIME_MS);
	return job->pid;
}

void
job_kill(const struct job *job)
{
	if (job->pipe != -1 && job->pid > 0)
		kill(job->pid, SIGKILL);
}

void
job_wait(struct job *job)
{
	if (job->pipe != -1 &&
	    deadline_wait(job->pipe, POLLIN, deadline_in(MOMENT_MS), -1) == 1)
		end_job(job);
}

void
job_look_after(struct job *job, short revents)
{
	if (job->pipe == -1)
		return;
	if (revents != 0)
		end_job(job);
	else if (deadline_now() >= job->when) {
		job_kill(job);
		job->when = DEADLINE_NEVER;
	}
}
