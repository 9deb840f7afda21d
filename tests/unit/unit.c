/*
 * What the unit tests share: the runner, pairs of sockets, and a descriptor's
 * output caught as text.
 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* No test takes a second; under valgrind on a busy machine some take ten. */
#define HANG_SECONDS 60

TCase *
unit_case(Suite *suite, const char *name)
{
	TCase *c = tcase_create(name);

	tcase_set_timeout(c, HANG_SECONDS);
	suite_add_tcase(suite, c);
	return c;
}

int
unit_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	/* Each test is forked: none may inherit, and print again, what another
	 * left in the buffer. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void
unit_pair(int fds[2])
{
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

void
unit_tcp_pair(int fds[2])
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(listener, -1);
	ck_assert_int_eq(
	    bind(listener, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(
	    getsockname(listener, (struct sockaddr *)&address, &length), 0);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
	    connect(fds[1], (struct sockaddr *)&address, length), 0);
	fds[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ne(fds[0], -1);
	close(listener);
}

void
unit_send(int fd, const void *data, size_t size)
{
	const char *from = data;

	while (size > 0) {
		ssize_t n = send(fd, from, size, MSG_NOSIGNAL);

		ck_assert_int_gt(n, 0);
		from += n;
		size -= (size_t)n;
	}
}

void
unit_send_text(int fd, const char *text)
{
	unit_send(fd, text, strlen(text));
}

ssize_t
unit_receive_all(int fd, char *data, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = recv(fd, data + length, size - length, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

size_t
unit_waiting(int fd)
{
	int waiting = 0;

	ck_assert_int_eq(ioctl(fd, FIONREAD, &waiting), 0);
	return (size_t)waiting;
}

size_t
unit_descriptors(pid_t pid)
{
	char path[64];
	size_t count = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	ck_assert_ptr_nonnull(directory);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count - 2; /* "." and ".." */
}

size_t
unit_descriptors_settle(pid_t pid, size_t count)
{
	for (int i = 0; i < 5000 && unit_descriptors(pid) != count; i++)
		usleep(1000);
	return unit_descriptors(pid);
}

void
unit_wait_asleep(pid_t pid)
{
	char path[64], state = '\0';
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	while (state != 'S') {
		stat = fopen(path, "re");
		ck_assert_ptr_nonnull(stat);
		/* No test has a parenthesis in its name. */
		ck_assert_int_eq(fscanf(stat, "%*d (%*[^)]) %c", &state), 1);
		fclose(stat);
		usleep(1000);
	}
}

int
unit_words(const char *program, const char *line, char *argv[])
{
	static char copy[4096], name[64];
	int argc = 0;

	snprintf(name, sizeof(name), "%s", program);
	snprintf(copy, sizeof(copy), "%s", line);
	argv[argc++] = name;
	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " ")) {
		ck_assert_int_lt(argc, UNIT_WORDS_MOST - 1);
		argv[argc++] = w;
	}
	argv[argc] = NULL;
	return argc;
}

static struct {
	int fd, saved;
	FILE *file;
	char text[16384];
} capture;

void
unit_capture_begin(int fd)
{
	fflush(NULL);
	capture.fd = fd;
	capture.saved = dup(fd);
	capture.file = tmpfile();
	ck_assert_ptr_nonnull(capture.file);
	ck_assert_int_eq(dup2(fileno(capture.file), fd), fd);
}

const char *
unit_capture_end(void)
{
	size_t length;

	fflush(NULL);
	dup2(capture.saved, capture.fd);
	close(capture.saved);
	rewind(capture.file);
	length = fread(capture.text, 1, sizeof(capture.text) - 1, capture.file);
	capture.text[length] = '\0';
	fclose(capture.file);
	return capture.text;
}

size_t
unit_lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}
