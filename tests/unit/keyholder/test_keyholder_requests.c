/*
 * What a session that was broken into may send to the keyholder: it neither
 * ends it, nor holds it up, nor leaves a descriptor in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keyholder/keyholder_process.h"
#include "keyholder/keyholder_wire.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_keyholder.h"

#define HEAD offsetof(struct keyholder_request, octets)
#define MOST_FDS 64

static struct keyholder *k;
static size_t held; /* descriptors of the keyholder at first */

static void
set_up(void)
{
	k = unit_keyholder_start();
	/* It has closed the channel of its first signature. */
	unit_wait_asleep(keyholder_pid(k));
	/* Only root can look into a process that is not dumpable. */
	if (geteuid() == 0)
		held = unit_descriptors(keyholder_pid(k));
}

/* Whatever was sent: it is still there, answers, and holds no more. */
static void
tear_down(void)
{
	ck_assert_int_eq(waitpid(keyholder_pid(k), NULL, WNOHANG), 0);
	ck_assert_msg(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256), "%s",
	    signer_why(unit_signer()));
	if (geteuid() == 0)
		ck_assert_uint_eq(
		    unit_descriptors_settle(keyholder_pid(k), held), held);
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}

/* Sends `size` octets with `count` descriptors. */
static void
send_with(
    int channel, const void *data, size_t size, const int *fds, size_t count)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(MOST_FDS * sizeof(int))];
	} control;
	struct iovec iov = {(void *)(uintptr_t)data, size};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	memset(&control, 0, sizeof(control));
	if (count > 0) {
		struct cmsghdr *c;

		message.msg_control = control.octets;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	}
	ck_assert_int_eq(
	    sendmsg(channel, &message, MSG_NOSIGNAL), (ssize_t)size);
}

static struct keyholder_request
good_request(void)
{
	struct keyholder_request request = {
	    .key = 1,
	    .kind = KEYHOLDER_HASH,
	    .algorithm = GNUTLS_SIGN_ECDSA_SHA256,
	    .size = 32,
	};

	return request;
}

/* A channel whose end here waits for replies. */
static int
open_channel(void)
{
	int channel = keyholder_open_channel(k);

	ck_assert_int_ne(channel, -1);
	ck_assert_int_eq(fcntl(channel, F_SETFL, 0), 0);
	return channel;
}

#define CLOSED 1

/* The status of the reply, or CLOSED where the channel is closed instead. */
static int
reply_status(int channel)
{
	struct keyholder_reply reply;
	ssize_t n = recv(channel, &reply, sizeof(reply), 0);

	if (n == 0)
		return CLOSED;
	ck_assert_int_ge(n, (ssize_t)offsetof(struct keyholder_reply, u));
	return reply.status;
}

/* Sends a request over a channel of its own.  Whatever comes of it, that
 * channel is closed then. */
static int
ask(const struct keyholder_request *request, size_t size)
{
	int channel = open_channel(), status;

	send_with(channel, request, size, NULL, 0);
	status = reply_status(channel);
	if (status != CLOSED)
		ck_assert_int_eq(reply_status(channel), CLOSED);
	close(channel);
	return status;
}

START_TEST(a_good_request)
{
	struct keyholder_request request = good_request();

	ck_assert_int_eq(ask(&request, HEAD + 32), 0);
}
END_TEST

/* One signature is what a handshake takes. */
START_TEST(a_second_request)
{
	struct keyholder_request request = good_request();
	int channel = open_channel();

	send_with(channel, &request, HEAD + 32, NULL, 0);
	ck_assert_int_eq(reply_status(channel), 0);
	ck_assert_int_eq(reply_status(channel), CLOSED);
	ck_assert_int_eq(send(channel, &request, HEAD + 32, MSG_NOSIGNAL), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(channel);
}
END_TEST

START_TEST(an_empty_packet)
{
	struct keyholder_request request = good_request();

	ck_assert_int_eq(ask(&request, 0), CLOSED);
}
END_TEST

/* The keys are read already. */
START_TEST(a_request_to_read_the_keys)
{
	struct keyholder_request request = {.kind = KEYHOLDER_PREPARE};

	ck_assert_int_eq(ask(&request, HEAD), CLOSED);
}
END_TEST

START_TEST(a_short_packet)
{
	struct keyholder_request request = good_request();

	for (size_t size = 1; size < HEAD; size++)
		ck_assert_int_eq(ask(&request, size), CLOSED);
}
END_TEST

START_TEST(a_long_packet)
{
	static char data[sizeof(struct keyholder_request) + 1000];
	struct keyholder_request request = good_request();

	/* What is said and what is sent agree, but are more than there may
	 * be. */
	request.size = KEYHOLDER_DATA_MAX + 1000;
	memcpy(data, &request, sizeof(request));
	ck_assert_int_eq(ask((void *)data, sizeof(data)), CLOSED);
	request.size = KEYHOLDER_DATA_MAX;
	memcpy(data, &request, sizeof(request));
	ck_assert_int_eq(ask((void *)data, sizeof(data)), CLOSED);
}
END_TEST

START_TEST(a_wrong_size)
{
	static const uint32_t sizes[] = {
	    0, 1, 31, 33, KEYHOLDER_DATA_MAX, INT32_MAX, UINT32_MAX};
	struct keyholder_request request = good_request();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		request.size = sizes[i];
		ck_assert_int_eq(ask(&request, HEAD + 32), CLOSED);
	}
}
END_TEST

START_TEST(a_wrong_key)
{
	static const uint32_t keys[] = {
	    UNIT_KEYS, KEYHOLDER_KEYS_MAX, INT32_MAX, UINT32_MAX};
	struct keyholder_request request = good_request();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		request.key = keys[i];
		ck_assert_int_lt(ask(&request, HEAD + 32), 0);
	}
}
END_TEST

/* Algorithms that do not go with the key, or are none. */
START_TEST(a_wrong_algorithm)
{
	static const uint32_t odd[] = {1000, INT32_MAX, UINT32_MAX};
	struct keyholder_request request = good_request();

	for (uint32_t key = 0; key < UNIT_KEYS; key++)
		for (uint32_t kind = 0; kind < 2; kind++)
			for (uint32_t algorithm = 0; algorithm < 80;
			     algorithm++) {
				request.key = key;
				request.kind = kind;
				request.algorithm = algorithm;
				/* No matter which: there is an answer. */
				ck_assert_int_le(ask(&request, HEAD + 32), 0);
			}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		request = good_request();
		request.algorithm = odd[i];
		ck_assert_int_lt(ask(&request, HEAD + 32), 0);
	}
}
END_TEST

START_TEST(a_wrong_kind)
{
	struct keyholder_request request = good_request();

	request.kind = UINT32_MAX;
	ck_assert_int_lt(ask(&request, HEAD + 32), 0);
}
END_TEST

/* A keyholder by itself, whose channels are made here, without the option by
 * which newer kernels keep descriptors out.  Returns its control socket. */
static int
start_alone(pid_t *pid)
{
	static const struct key_pair pair;
	const struct keyholder_options options = {.pairs = &pair};
	int control[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
	*pid = fork();
	if (*pid == 0)
		keyholder_process(control[1], &options);
	close(control[1]);
	return control[0];
}

/* However many descriptors, and whatever they are: the channel is closed. */
START_TEST(descriptors)
{
	static const size_t counts[] = {1, 2, 9, MOST_FDS};
	struct keyholder_request request = good_request();
	int control, channel[2], fds[MOST_FDS];
	pid_t pid;

	control = start_alone(&pid);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		ck_assert_int_eq(socketpair(AF_UNIX,
				     SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel),
		    0);
		send_with(control, "", 1, &channel[1], 1);
		close(channel[1]);
		for (size_t j = 0; j < counts[i]; j++)
			fds[j] = j % 2 == 0 ? channel[0] : STDIN_FILENO;
		send_with(channel[0], &request, HEAD + 32, fds, counts[i]);
		ck_assert_int_eq(reply_status(channel[0]), CLOSED);
		close(channel[0]);
	}
	close(control);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* More than there is room for a reply, and no one takes it. */
START_TEST(a_reply_that_is_not_taken)
{
	struct keyholder_request request = good_request();
	int channels[100];

	for (int i = 0; i < 100; i++) {
		channels[i] = open_channel();
		send_with(channels[i], &request, HEAD + 32, NULL, 0);
	}
	ck_assert_int_eq(ask(&request, HEAD + 32), 0);
	for (int i = 0; i < 100; i++)
		close(channels[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keyholder_requests");
	TCase *c = unit_case(suite, "requests");
	int status;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_good_request);
	tcase_add_test(c, a_second_request);
	tcase_add_test(c, an_empty_packet);
	tcase_add_test(c, a_request_to_read_the_keys);
	tcase_add_test(c, a_short_packet);
	tcase_add_test(c, a_long_packet);
	tcase_add_test(c, a_wrong_size);
	tcase_add_test(c, a_wrong_key);
	tcase_add_test(c, a_wrong_algorithm);
	tcase_add_test(c, a_wrong_kind);
	tcase_add_test(c, descriptors);
	tcase_add_test(c, a_reply_that_is_not_taken);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
