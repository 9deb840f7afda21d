/*
 * The session processes of a listener: forked, remembered, reaped.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listener/session_table.h"
#include "unit.h"
#include "unit_kernel.h"

static struct peer
someone(uint16_t port)
{
	struct peer peer = {.began = port, .length = 42};
	struct sockaddr_in *address = (void *)&peer.address;

	address->sin_family = AF_INET;
	address->sin_port = htons(port);
	return peer;
}

/* No descriptors are passed on. */
static const int none[SESSION_TABLE_FDS] = {-1, -1};

/* A child that leaves `pings` behind and ends. */
static pid_t
fork_one(struct session_table *c, uint16_t port, uint64_t pings)
{
	struct peer peer = someone(port);
	struct session_result *result;
	pid_t pid = session_table_fork(c, &peer, none, &result);

	if (pid == 0) {
		/* What the last one in this slot left is not there. */
		if (result->pings_clear != 0 || result->why[0] != '\0')
			_exit(1);
		result->pings_clear = pings;
		result->end = SESSION_QUIT;
		memset(result->why, '\n', sizeof(result->why));
		_exit(0);
	}
	return pid;
}

static void
expect_one(struct session_table *c, pid_t pid, uint16_t port, uint64_t pings)
{
	struct session_result result;
	struct peer peer;
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(session_table_reap(c, pid, &peer, &result), 0);
	ck_assert_int_eq(peer.began, port);
	ck_assert_uint_eq(peer.length, 42);
	ck_assert_int_eq(
	    ((struct sockaddr_in *)&peer.address)->sin_port, htons(port));
	ck_assert_uint_eq(result.pings_clear, pings);
	ck_assert_uint_eq(result.end, SESSION_QUIT);
	/* Made safe to log. */
	ck_assert_uint_eq(strlen(result.why), sizeof(result.why) - 1);
	ck_assert_uint_eq(strspn(result.why, "."), sizeof(result.why) - 1);
}

START_TEST(leaves_a_result_behind)
{
	struct session_table *c = session_table_new(4, 0, -1);
	pid_t pid = fork_one(c, 1, 7);

	ck_assert_int_gt(pid, 0);
	ck_assert_uint_eq(session_table_count(c), 1);
	expect_one(c, pid, 1, 7);
	ck_assert_uint_eq(session_table_count(c), 0);
	session_table_free(c);
}
END_TEST

START_TEST(reaps_in_any_order)
{
	struct session_table *c = session_table_new(4, 0, -1);
	static const int order[] = {2, 0, 3, 1};
	pid_t pids[4];

	for (int round = 0; round < 3; round++) {
		for (uint16_t i = 0; i < 4; i++)
			pids[i] = fork_one(c, i, i + 100U);
		for (size_t i = 0; i < 4; i++)
			expect_one(c, pids[order[i]], (uint16_t)order[i],
			    (uint64_t)order[i] + 100);
	}
	ck_assert_uint_eq(session_table_count(c), 0);
	session_table_free(c);
}
END_TEST

START_TEST(uses_slots_again)
{
	struct session_table *c = session_table_new(2, 0, -1);
	pid_t first = fork_one(c, 1, 1), second = fork_one(c, 2, 2), third;

	ck_assert_int_eq(fork_one(c, 3, 3), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_eq(session_table_count(c), 2);
	expect_one(c, first, 1, 1);
	third = fork_one(c, 3, 3);
	ck_assert_int_gt(third, 0);
	/* The slot was given to one only. */
	expect_one(c, second, 2, 2);
	expect_one(c, third, 3, 3);
	session_table_free(c);
}
END_TEST

/* Its memory is an object of its own, of one page, which it cannot make larger:
 * beyond there is nothing. */
START_TEST(reaches_no_result_but_its_own)
{
	struct session_table *c = session_table_new(3, 0, -1);
	struct session_result *result;
	struct peer peer = someone(1);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *larger;
	int status;
	pid_t pid;

	signal(SIGBUS, SIG_DFL); /* AddressSanitizer has a handler */
	for (uint16_t i = 0; i < 2; i++)
		fork_one(c, i, 1);
	pid = session_table_fork(c, &peer, none, &result);
	if (pid == 0) {
		larger = mremap((void *)((uintptr_t)result & ~(page - 1)), page,
		    3 * page, MREMAP_MAYMOVE);
		if (larger == MAP_FAILED)
			_exit(1);
		larger[page - 1] = 1;
		larger[_i * (int)page] = 1;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WIFSIGNALED(status), _i != 0);
	if (_i != 0)
		ck_assert_int_eq(WTERMSIG(status), SIGBUS);
	while (waitpid(-1, NULL, 0) > 0)
		;
	session_table_free(c);
}
END_TEST

/* Whether `fd` is open in this process. */
static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* A kernel, or a container's filter, may refuse either of the two calls. */
static void
play_kernel(int lacks)
{
	if (lacks == 1)
		unit_kernel_lacks(SYS_clone3, ENOSYS);
	if (lacks == 2)
		unit_kernel_lacks(SYS_close_range, ENOSYS);
}

/* The child has them, and they are closed here once it has; what it closes is
 * closed in it alone. */
START_TEST(passes_descriptors_on)
{
	int go[2], pair[2], fds[SESSION_TABLE_FDS], control, status;
	struct session_table *c;
	struct session_result *result;
	struct peer peer = someone(1);
	char octet;
	pid_t pid;

	play_kernel(_i);
	ck_assert_int_eq(pipe(go), 0);
	c = session_table_new(3, 0, go[0]);
	unit_pair(pair);
	control = dup(pair[0]);
	fds[0] = pair[1];
	fds[1] = -1;
	pid = session_table_fork(c, &peer, fds, &result);
	if (pid == 0) {
		close(go[1]);
		close(control);
		/* Waits for the end of file, which only the parent can give. */
		_exit(read(go[0], &octet, 1) == 0 && is_open(pair[1]) &&
			      send(pair[1], "x", 1, 0) == 1
			  ? 0
			  : 1);
	}
	while (!session_table_settle(c))
		sched_yield();
	ck_assert(!is_open(pair[1]));
	ck_assert(is_open(control) && is_open(go[1]) && is_open(go[0]));
	close(go[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(recv(pair[0], &octet, 1, 0), 1);
	/* All ends of it are closed. */
	ck_assert_int_eq(recv(pair[0], &octet, 1, 0), 0);
	session_table_free(c);
}
END_TEST

/* Even one that ended before it had them. */
START_TEST(closes_the_descriptors_of_a_child_that_has_ended)
{
	struct session_table *c = session_table_new(3, 0, -1);
	struct session_result *result, left;
	struct peer peer = someone(1);
	int pair[2], status;
	pid_t pid;

	unit_pair(pair);
	pid = session_table_fork(c, &peer, pair, &result);
	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(session_table_reap(c, pid, &peer, &left), 0);
	ck_assert(!is_open(pair[0]) && !is_open(pair[1]));
	ck_assert(session_table_settle(c));
	session_table_free(c);
}
END_TEST

/* Refused from now on only: the child ends, and closes nothing of ours. */
START_TEST(a_child_that_cannot_leave_the_descriptors_ends)
{
	struct session_table *c = session_table_new(1, 0, -1);
	struct session_result *result;
	struct peer peer = someone(1);
	int pair[2], status;
	pid_t pid;

	unit_pair(pair);
	unit_kernel_lacks(SYS_close_range, EPERM);
	pid = session_table_fork(c, &peer, none, &result);
	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
	ck_assert(is_open(pair[0]) && is_open(pair[1]));
	session_table_free(c);
}
END_TEST

START_TEST(knows_none_but_its_own)
{
	struct session_table *c = session_table_new(2, 0, -1);
	struct session_result result;
	struct peer peer;
	pid_t pid = fork_one(c, 1, 1);

	ck_assert_int_eq(session_table_reap(c, getpid(), &peer, &result), -1);
	expect_one(c, pid, 1, 1);
	ck_assert_int_eq(session_table_reap(c, pid, &peer, &result), -1);
	session_table_free(c);
}
END_TEST

/* One that says nothing crashed: that is how a result starts out. */
START_TEST(signals_each)
{
	struct session_table *c = session_table_new(3, 0, -1);
	struct session_result result, *shared;
	struct peer peer = someone(1);
	pid_t pids[3];
	int status;

	signal(SIGTERM, SIG_DFL); /* Check has a handler for its runner */
	for (int i = 0; i < 3; i++) {
		pids[i] = session_table_fork(c, &peer, none, &shared);
		if (pids[i] == 0)
			for (;;)
				pause();
	}
	session_table_signal(c, SIGTERM);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFSIGNALED(status));
		ck_assert_int_eq(WTERMSIG(status), SIGTERM);
		ck_assert_int_eq(
		    session_table_reap(c, pids[i], &peer, &result), 0);
		ck_assert_uint_eq(result.end, SESSION_CRASHED);
	}
	session_table_free(c);
}
END_TEST

/* Many, in an order of ends that has nothing to do with that of begins. */
START_TEST(finds_each_of_many)
{
	enum { MANY = 300 };
	struct session_table *c = session_table_new(MANY, 0, -1);
	pid_t pids[MANY];

	for (uint16_t i = 0; i < MANY; i++)
		pids[i] = fork_one(c, i, i + 1U);
	for (uint16_t i = 0; i < MANY; i++) {
		uint16_t j = (uint16_t)(i * 7U % MANY);

		expect_one(c, pids[j], j, j + 1U);
		ck_assert_uint_eq(session_table_count(c), MANY - 1U - i);
	}
	session_table_free(c);
}
END_TEST

/* A child that stays. */
static pid_t
fork_idle(struct session_table *c, uint16_t port)
{
	struct session_result *result;
	struct peer peer = someone(port);
	pid_t pid = session_table_fork(c, &peer, none, &result);

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

START_TEST(kills_each_that_is_overdue_once)
{
	struct session_table *c = session_table_new(3, 1000, -1);
	struct session_result result;
	struct peer peer;
	int64_t now, end;
	pid_t pids[3];
	int status;

	ck_assert_int_eq(session_table_next_end(c), DEADLINE_NEVER);
	now = deadline_now();
	for (uint16_t i = 0; i < 3; i++)
		pids[i] = fork_idle(c, i);
	end = session_table_next_end(c);
	ck_assert_int_ge(end, now + 1000000000);
	ck_assert(!session_table_kill_overdue(c, end - 1, &peer));
	ck_assert(session_table_kill_overdue(c, end, &peer));
	ck_assert_int_eq(peer.began, 0);
	ck_assert(!session_table_kill_overdue(c, end, &peer));
	ck_assert_int_eq(waitpid(pids[0], &status, 0), pids[0]);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

	/* The next is as old as it was, whoever has gone. */
	ck_assert_int_ge(session_table_next_end(c), end);
	kill(pids[1], SIGKILL);
	ck_assert_int_eq(waitpid(pids[1], &status, 0), pids[1]);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
		    session_table_reap(c, pids[i], &peer, &result), 0);
	ck_assert(
	    session_table_kill_overdue(c, session_table_next_end(c), &peer));
	ck_assert_int_eq(peer.began, 2);
	ck_assert_int_eq(session_table_next_end(c), DEADLINE_NEVER);
	ck_assert_int_eq(waitpid(pids[2], &status, 0), pids[2]);
	session_table_free(c);
}
END_TEST

START_TEST(free_takes_null)
{
	session_table_free(NULL);
}
END_TEST

/* A child that has been idle since `since`, and stays. */
static pid_t
fork_silent(
    struct session_table *c, uint16_t port, int64_t since, bool upgraded)
{
	struct peer peer = someone(port);
	struct session_result *result;
	pid_t pid = session_table_fork(c, &peer, none, &result);

	if (pid == 0) {
		result->idle_since = since;
		result->upgraded = upgraded;
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	waitpid(pid, NULL, WUNTRACED);
	return pid;
}

static void
expect_evicted(struct session_table *c, pid_t pid, uint16_t port)
{
	struct session_result result;
	struct peer peer;
	int status;

	ck_assert_int_eq(session_table_evict(c, &peer), 0);
	ck_assert_int_eq(peer.began, port);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(session_table_reap(c, pid, &peer, &result), 1);
	ck_assert_int_eq(peer.began, port);
}

/* One that has said nothing yet is idle since its connection, and one over TLS
 * stays. */
START_TEST(evicts_the_one_idle_longest_in_the_clear)
{
	struct session_table *c = session_table_new(5, 0, -1);
	pid_t tls = fork_silent(c, 1, 1, true);
	pid_t busy = fork_silent(c, 2, 3000, false);
	pid_t idle = fork_silent(c, 3, 1000, false);
	pid_t silent = fork_silent(c, 2000, 0, false);
	struct peer peer;

	expect_evicted(c, idle, 3);
	expect_evicted(c, silent, 2000);
	/* Not the same one twice, though it is still there. */
	ck_assert_int_eq(session_table_evict(c, &peer), 0);
	ck_assert_int_eq(session_table_evict(c, &peer), -1);
	ck_assert_uint_eq(session_table_count(c), 2);
	ck_assert_int_eq(waitpid(busy, NULL, 0), busy);
	kill(tls, SIGKILL);
	ck_assert_int_eq(waitpid(tls, NULL, 0), tls);
	session_table_free(c);
}
END_TEST

/* However many older ones are over TLS. */
START_TEST(evicts_behind_many_over_tls)
{
	enum { MANY = 1500 };
	struct session_table *c = session_table_new(MANY + 1, 0, -1);
	struct session_result *result;
	struct rlimit limit;
	struct peer peer;

	/* Each session's result is an open file. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (uint16_t i = 1; i <= MANY; i++) {
		peer = someone(i);
		if (session_table_fork(c, &peer, none, &result) == 0) {
			result->upgraded = 1;
			_exit(0);
		}
	}
	ck_assert_uint_eq(session_table_count(c), MANY);
	/* They have ended, of which the table is not told. */
	while (wait(NULL) > 0)
		;
	expect_evicted(c, fork_silent(c, MANY + 1, 0, false), MANY + 1);
	session_table_free(c);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("session table");
	TCase *c = unit_case(suite, "session table");

	tcase_add_test(c, leaves_a_result_behind);
	tcase_add_test(c, reaps_in_any_order);
	tcase_add_test(c, uses_slots_again);
	tcase_add_loop_test(c, reaches_no_result_but_its_own, 0, 3);
	tcase_add_loop_test(c, passes_descriptors_on, 0, 3);
	tcase_add_test(c, closes_the_descriptors_of_a_child_that_has_ended);
	tcase_add_test(c, a_child_that_cannot_leave_the_descriptors_ends);
	tcase_add_test(c, knows_none_but_its_own);
	tcase_add_test(c, signals_each);
	tcase_add_test(c, finds_each_of_many);
	tcase_add_test(c, evicts_the_one_idle_longest_in_the_clear);
	tcase_add_test(c, evicts_behind_many_over_tls);
	tcase_add_test(c, kills_each_that_is_overdue_once);
	tcase_add_test(c, free_takes_null);
	return unit_main(suite);
}
