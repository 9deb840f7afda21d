#include "client/conversation_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/address.h"
#include "base/descriptors.h"
#include "client/record.h"
#include "confine/account.h"
#include "services/exchange.h"

/* A user and group without files, for root's conversations. */
static const struct account nobody = {
    .name = "65534:65534",
    .uid = 65534,
    .gid = 65534,
    .groups = {65534},
    .group_count = 1,
};

static void
add_layer(char *list, const char *name)
{
	size_t used = strlen(list);

	snprintf(list + used, OUTCOME_NAME_MAX - used, "%s%s",
	    used == 0 ? "" : "; ", name);
}

/* Confines this process as far as the kernel lets it, and lists what is
 * missing. */
static void
confine(const struct sandbox *sandbox, int ruleset, char *unconfined)
{
	char why[SANDBOX_WHY_MAX];
	bool root = geteuid() == 0;
	unsigned int missing;

	if (root && sandbox_give_up_privileges(&nobody, why) == -1)
		add_layer(unconfined, "a user of its own");
	if (sandbox_give_up_privileges(NULL, why) == -1)
		add_layer(unconfined, why);
	/* Only now: changing the user resets it (PR_SET_PDEATHSIG(2const)). */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	missing = sandbox_enter_as_possible(sandbox, ruleset);
	if ((missing & SANDBOX_LIMITS) != 0)
		add_layer(unconfined, "limits");
	if ((missing & SANDBOX_LANDLOCK) != 0)
		add_layer(unconfined, "Landlock");
	if ((missing & SANDBOX_SECCOMP) != 0)
		add_layer(unconfined, "seccomp");
}

/* Formats the address of this end of the connection. */
static void
note_own_address(int fd, char *text)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) == -1)
		strcpy(text, "127.0.0.1");
	else
		address_format_host(
		    (const struct sockaddr *)&address, length, text);
}

static _Noreturn void
hold(struct conversation_setup setup, const struct sandbox *sandbox, int fd,
    int channel, enum outcome_mode mode)
{
	static struct record_sender sender;
	struct outcome *o = &sender.record.outcome;
	/* In the order of enum sandbox_place. */
	int fds[] = {
	    fd, channel, sandbox == NULL ? -1 : sandbox_descriptor(sandbox)};
	struct reporter reporter = record_reporter(&sender);
	struct stream *stream;

	if (descriptors_place(fds, 3) == -1 ||
	    (stream = stream_new(fds[0], EXCHANGE_LINE_MAX)) == NULL)
		_exit(EXIT_FAILURE);
	sender.channel = fds[1];
	outcome_init(o);
	o->starttls.mode = mode;
	setup.reporter = &reporter;
	control_leave_to_parent(setup.control, fds[1]);
	if (sandbox == NULL)
		add_layer(o->unconfined, "any (--no-sandbox)");
	else {
		descriptors_drop_standard();
		confine(sandbox, fds[2], o->unconfined);
	}
	conversation_hold(&setup, stream, o);
	record_end(&sender);
	/* The kernel frees the rest: doing so here would cause copy-on-write
	 * faults. */
	_exit(EXIT_SUCCESS);
}

int
conversation_process_start(struct conversation_process *p,
    const struct conversation_setup *setup, const struct sandbox *sandbox,
    int fd, enum outcome_mode mode)
{
	struct conversation_setup own = *setup;
	char own_address[ADDRESS_TEXT_MAX];
	pid_t pid;
	int pair[2];

	/* A record is a message of its own, and comes whole or not at all. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	note_own_address(fd, own_address);
	own.own_address = own_address;
	pid = fork();
	if (pid == 0)
		hold(own, sandbox, fd, pair[1], mode);
	close(pair[1]);
	p->pid = pid;
	p->channel = pair[0];
	if (pid != -1) {
		close(fd);
		return 0;
	}
	close(pair[0]);
	return -1;
}

void
conversation_process_stop(const struct conversation_process *p)
{
	shutdown(p->channel, SHUT_WR);
}

int
conversation_process_end(struct conversation_process *p)
{
	int status = 0;

	close(p->channel);
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) == -1 && errno == EINTR)
		;
	return status;
}
