/*
 * The descriptors of a process.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "unit.h"
#include "unit_kernel.h"

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* Whether just these are left, from 3 on.  In a process of its own, as the
 * test's own descriptors would go, too. */
static bool
leaves(const int *keep, size_t count)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		for (int fd = 3; fd < 20; fd++)
			dup2(0, fd);
		descriptors_keep(keep, count);
		for (int fd = 0; fd < 300; fd++) {
			bool kept = fd < 3;

			for (size_t i = 0; i < count; i++)
				kept = kept || keep[i] == fd;
			if (is_open(fd) != kept)
				_exit(1);
		}
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

START_TEST(keeps_these_and_no_other)
{
	ck_assert(leaves(NULL, 0));
	ck_assert(leaves((int[]){3}, 1));
	ck_assert(leaves((int[]){19}, 1));
	ck_assert(leaves((int[]){7, 5, 6}, 3));
	ck_assert(leaves((int[]){12, -1, 4}, 3));
	ck_assert(leaves((int[]){9, 9}, 2));
	ck_assert(leaves((int[]){-1, -1}, 2));
	ck_assert(leaves((int[]){1, 8}, 2));
}
END_TEST

/* Puts a file at each of `at`, where not -1, each larger by an octet than the
 * one before; places them, and looks which is where. */
static bool
places(const int *at, size_t count)
{
	pid_t pid = fork();
	int fds[4], status;

	if (pid == 0) {
		for (int fd = 3; fd < 20; fd++)
			dup2(0, fd);
		for (size_t i = 0; i < count; i++) {
			int file = at[i] == -1 ? -1 : memfd_create("f", 0);

			fds[i] = at[i];
			if (file != -1 &&
			    (ftruncate(file, (off_t)i + 1) == -1 ||
				dup2(file, at[i]) == -1))
				_exit(1);
		}
		if (descriptors_place(fds, count) == -1)
			_exit(1);
		for (size_t i = 0; i < count; i++) {
			off_t size = lseek(3 + (int)i, 0, SEEK_END);

			if (fds[i] != (at[i] == -1 ? -1 : 3 + (int)i) ||
			    size != (at[i] == -1 ? -1 : (off_t)i + 1))
				_exit(1);
		}
		for (int fd = 3 + (int)count; fd < 300; fd++)
			if (is_open(fd))
				_exit(1);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

START_TEST(places_them_in_order)
{
	ck_assert(places((int[]){3, 4, 5}, 3));
	ck_assert(places((int[]){10, 11, 12}, 3));
	ck_assert(places((int[]){4, 3}, 2));
	ck_assert(places((int[]){5, 3, 4}, 3));
	ck_assert(places((int[]){4, 5, 3}, 3));
	ck_assert(places((int[]){19, -1, 3}, 3));
	ck_assert(places((int[]){-1, 3}, 2));
	ck_assert(places((int[]){4, -1}, 2));
}
END_TEST

/* As an old kernel or a container's filter has it. */
START_TEST(keeps_no_other_where_close_range_is_refused)
{
	unit_kernel_lacks(SYS_close_range, _i);
	ck_assert(leaves(NULL, 0));
	ck_assert(leaves((int[]){3}, 1));
	ck_assert(leaves((int[]){19}, 1));
	ck_assert(leaves((int[]){7, 5, 6}, 3));
	ck_assert(leaves((int[]){12, -1, 4}, 3));
}
END_TEST

#ifndef UNIT_SANITIZED

/* A limit that was lowered since says nothing about what is open, and there
 * may be no descriptor to spare to find out. */
START_TEST(keeps_no_other_beyond_the_limit)
{
	struct rlimit few = {8, 8};

	unit_kernel_lacks(SYS_close_range, ENOSYS);
	for (int fd = 3; fd < 300; fd++)
		dup2(0, fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert(leaves((int[]){7, 5, 6}, 3));
}
END_TEST

#endif

START_TEST(never_goes_on_with_others)
{
	pid_t pid;
	int status;

	unit_kernel_lacks(SYS_close_range, ENOSYS);
	unit_kernel_lacks(SYS_openat, ENOENT);
	pid = fork();
	if (pid == 0) {
		close(2);
		descriptors_keep(NULL, 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

/* Whether 0, 1 and 2 are taken after the `closed` of them, a bit mask, were
 * not, those are of no use, and the others what they were. */
static bool
reserves(int closed)
{
	pid_t pid = fork();
	int status, pipes[2];

	if (pid == 0) {
		if (pipe(pipes) == -1)
			_exit(1);
		for (int fd = 0; fd < 3; fd++) {
			dup2(pipes[fd == 0 ? 0 : 1], fd);
			if (closed & 1 << fd)
				close(fd);
		}
		if (descriptors_reserve_standard() == -1)
			_exit(1);
		for (int fd = 0; fd < 3; fd++) {
			bool usable = fd == 0 ? read(fd, NULL, 0) == 0
			                      : write(fd, "", 1) == 1;

			if (!is_open(fd) || usable == (closed >> fd & 1))
				_exit(1);
		}
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

START_TEST(reserves_those_that_are_closed)
{
	ck_assert(reserves(_i));
}
END_TEST

/* Receives a packet of one octet, and the descriptor with it, or -1. */
static int
receive(int socket)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int))];
	} control;
	char octet;
	struct iovec iov = {&octet, 1};
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.octets,
	    .msg_controllen = sizeof(control.octets)};
	const struct cmsghdr *c;
	int fd = -1;

	ck_assert_int_eq(recvmsg(socket, &message, MSG_DONTWAIT), 1);
	ck_assert_int_eq(octet, 'x');
	c = CMSG_FIRSTHDR(&message);
	if (c != NULL)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

START_TEST(sends_a_packet_with_a_descriptor_or_without)
{
	int pair[2], ends[2], received;
	char octet;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(descriptors_send(pair[0], "x", 1, -1), 0);
	ck_assert_int_eq(receive(pair[1]), -1);
	ck_assert_int_eq(descriptors_send(pair[0], "x", 1, ends[1]), 0);
	received = receive(pair[1]);
	ck_assert_int_eq(write(received, "y", 1), 1);
	ck_assert_int_eq(read(ends[0], &octet, 1), 1);
	ck_assert_int_eq(octet, 'y');
	close(pair[1]);
	ck_assert_int_eq(descriptors_send(pair[0], "x", 1, -1), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(pair[0]);
	close(received);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("descriptors");
	TCase *c = unit_case(suite, "descriptors");

	tcase_add_test(c, keeps_these_and_no_other);
	tcase_add_test(c, places_them_in_order);
	tcase_add_loop_test(
	    c, keeps_no_other_where_close_range_is_refused, EPERM, EPERM + 1);
	tcase_add_loop_test(
	    c, keeps_no_other_where_close_range_is_refused, ENOSYS, ENOSYS + 1);
#ifndef UNIT_SANITIZED /* which opens files of its own */
	tcase_add_test(c, keeps_no_other_beyond_the_limit);
#endif
	tcase_add_test(c, never_goes_on_with_others);
	tcase_add_loop_test(c, reserves_those_that_are_closed, 0, 8);
	tcase_add_test(c, sends_a_packet_with_a_descriptor_or_without);
	return unit_main(suite);
}
