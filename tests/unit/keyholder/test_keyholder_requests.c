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
	k = unit_keyholder_start(true);
	/* Only root can look into a process that is not dumpable. */
	if (geteuid() == 0)
		held = unit_descriptors(keyholder_pid(k));
}

/* Whatever was sent: it is still there, answers, and holds no more. */
static void
tear_down(void)
{
	ck_assert_int_eq(waitpid(keyholder_pid(k), NULL, WNOHANG), 0);
	ck_assert_msg(
	    unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256), "%s", keyholder_why(k));
	if (geteuid() == 0)
		ck_assert_uint_eq(
		    unit_descriptors_settle(keyholder_pid(k), held), held);
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}

/* Sends `size` octets with `count` descriptors. */
static void
send_with(const void *data, size_t size, const int *fds, size_t count)
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
	ck_assert_int_eq(sendmsg(keyholder_socket(k), &message, MSG_NOSIGNAL),
	    (ssize_t)size);
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

/* Sends a request with a socket for its reply; returns the reply's status, or
 * 1 where the socket is closed without one. */
static int
ask(const struct keyholder_request *request, size_t size)
{
	struct keyholder_reply reply;
	ssize_t n;
	int pair[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	send_with(request, size, &pair[1], 1);
	close(pair[1]);
	n = recv(pair[0], &reply, sizeof(reply), 0);
	close(pair[0]);
	if (n == 0)
		return 1;
	ck_assert_int_ge(n, (ssize_t)offsetof(struct keyholder_reply, u));
	return reply.status;
}

START_TEST(a_good_request)
{
	struct keyholder_request request = good_request();

	ck_assert_int_eq(ask(&request, HEAD + 32), 0);
}
END_TEST

START_TEST(an_empty_packet)
{
	struct keyholder_request request = good_request();

	send_with("", 0, NULL, 0);
	ck_assert_int_eq(ask(&request, HEAD + 32), 0);
}
END_TEST

START_TEST(an_empty_packet_with_a_descriptor)
{
	struct keyholder_request request = good_request();

	ck_assert_int_eq(ask(&request, 0), 1);
}
END_TEST

START_TEST(a_short_packet)
{
	struct keyholder_request request = good_request();

	for (size_t size = 1; size < HEAD; size++)
		ck_assert_int_eq(ask(&request, size), 1);
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
	ck_assert_int_eq(ask((void *)data, sizeof(data)), 1);
	request.size = KEYHOLDER_DATA_MAX;
	memcpy(data, &request, sizeof(request));
	ck_assert_int_eq(ask((void *)data, sizeof(data)), 1);
}
END_TEST

START_TEST(a_wrong_size)
{
	static const uint32_t sizes[] = {
	    0, 1, 31, 33, KEYHOLDER_DATA_MAX, INT32_MAX, UINT32_MAX};
	struct keyholder_request request = good_request();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		request.size = sizes[i];
		ck_assert_int_eq(ask(&request, HEAD + 32), 1);
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

/*
 * A hash of a length that its algorithm does not have.  GnuTLS 3.7.9 takes an
 * RSA-PSS hash to be as long as it should be, and signs what lies behind a
 * shorter one: an octet less a time, that tells the keyholder's memory.
 */
START_TEST(a_wrong_hash)
{
	static const struct {
		uint32_t key;
		gnutls_sign_algorithm_t algorithm;
		uint32_t size;
	} cases[] = {
	    {0, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 32},
	    {0, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 48},
	    {0, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 64},
	    {0, GNUTLS_SIGN_RSA_SHA256, 32},
	    {1, GNUTLS_SIGN_ECDSA_SHA256, 32},
	    {2, GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, 48},
	};
	struct keyholder_request request = good_request();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint32_t right = cases[i].size,
			       sizes[] = {0, 1, right - 1, right + 1,
				   KEYHOLDER_DATA_MAX};

		request.key = cases[i].key;
		request.algorithm = (uint32_t)cases[i].algorithm;
		request.size = right;
		ck_assert_int_eq(ask(&request, HEAD + right), 0);
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			request.size = sizes[j];
			ck_assert_msg(ask(&request, HEAD + sizes[j]) < 0,
			    "%s of %u octets",
			    gnutls_sign_get_name(cases[i].algorithm), sizes[j]);
		}
	}
}
END_TEST

/* MD2, by which GnuTLS 3.7.9 writes past the end of a buffer, and MD5. */
START_TEST(a_weak_algorithm)
{
	struct keyholder_request request = good_request();

	request.key = 0;
	for (request.kind = 0; request.kind < 2; request.kind++) {
		request.algorithm = GNUTLS_SIGN_RSA_MD2;
		for (request.size = 0; request.size <= 32; request.size++)
			ck_assert_int_lt(ask(&request, HEAD + request.size), 0);
		request.algorithm = GNUTLS_SIGN_RSA_MD5;
		request.size = 16;
		ck_assert_int_lt(ask(&request, HEAD + request.size), 0);
	}
}
END_TEST

/* Data, where only a hash is signed. */
START_TEST(data_instead_of_a_hash)
{
	struct keyholder_request request = good_request();

	request.kind = KEYHOLDER_DATA;
	ck_assert_int_lt(ask(&request, HEAD + 32), 0);
	request.key = 0;
	request.algorithm = GNUTLS_SIGN_RSA_SHA256;
	ck_assert_int_lt(ask(&request, HEAD + 32), 0);
	request.key = 3;
	request.algorithm = GNUTLS_SIGN_EDDSA_ED25519;
	ck_assert_int_eq(ask(&request, HEAD + 32), 0);
}
END_TEST

START_TEST(no_descriptor)
{
	struct keyholder_request request = good_request();

	for (int i = 0; i < 10; i++)
		send_with(&request, HEAD + 32, NULL, 0);
}
END_TEST

/* More than one, more than it makes room for, more than it has slots. */
START_TEST(many_descriptors)
{
	static const size_t counts[] = {2, 3, 8, 9, 10, MOST_FDS};
	struct keyholder_request request = good_request();
	int fds[MOST_FDS], pair[2];
	char octet;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		ck_assert_int_eq(
		    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair),
		    0);
		for (size_t j = 0; j < counts[i]; j++)
			fds[j] = pair[1];
		send_with(&request, HEAD + 32, fds, counts[i]);
		close(pair[1]);
		/* Whether it answers or not, it lets go of all of them. */
		while (recv(pair[0], &octet, 1, 0) > 0)
			;
		close(pair[0]);
	}
}
END_TEST

START_TEST(a_descriptor_that_is_no_socket)
{
	struct keyholder_request request = good_request();
	int fds[2], file = open("/dev/null", O_RDWR | O_CLOEXEC);
	char octet;

	send_with(&request, HEAD + 32, &file, 1);
	close(file);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	send_with(&request, HEAD + 32, &fds[1], 1);
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &octet, 1), 0);
	close(fds[0]);
}
END_TEST

/* Its own socket: the reply comes back to it as a request. */
START_TEST(the_keyholders_own_socket)
{
	struct keyholder_request request = good_request();
	int fd = keyholder_socket(k);

	for (int i = 0; i < 10; i++)
		send_with(&request, HEAD + 32, &fd, 1);
}
END_TEST

/* A reply socket that is full, and one that no one reads. */
START_TEST(a_reply_that_is_not_taken)
{
	struct keyholder_request request = good_request();
	char octet = 0;
	int pair[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	while (send(pair[1], &octet, 1, MSG_DONTWAIT) == 1)
		;
	ck_assert_int_eq(errno, EAGAIN);
	for (int i = 0; i < 3; i++)
		send_with(&request, HEAD + 32, &pair[1], 1);
	close(pair[0]);
	send_with(&request, HEAD + 32, &pair[1], 1);
	close(pair[1]);
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
	tcase_add_test(c, an_empty_packet);
	tcase_add_test(c, an_empty_packet_with_a_descriptor);
	tcase_add_test(c, a_short_packet);
	tcase_add_test(c, a_long_packet);
	tcase_add_test(c, a_wrong_size);
	tcase_add_test(c, a_wrong_key);
	tcase_add_test(c, a_wrong_algorithm);
	tcase_add_test(c, a_wrong_kind);
	tcase_add_test(c, a_wrong_hash);
	tcase_add_test(c, a_weak_algorithm);
	tcase_add_test(c, data_instead_of_a_hash);
	tcase_add_test(c, no_descriptor);
	tcase_add_test(c, many_descriptors);
	tcase_add_test(c, a_descriptor_that_is_no_socket);
	tcase_add_test(c, the_keyholders_own_socket);
	tcase_add_test(c, a_reply_that_is_not_taken);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
