/*
 * The keyholder: what it signs, how it starts, how it fails and how it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "keyholder/keys.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_keyholder.h"

static const struct {
	size_t index;
	gnutls_sign_algorithm_t algorithm;
} signatures[] = {
    {0, GNUTLS_SIGN_RSA_SHA256}, /* PKCS#1 v1.5: TLS 1.2 */
    {0, GNUTLS_SIGN_RSA_SHA512},
    {0, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256},
    {0, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384},
    {0, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512},
    {1, GNUTLS_SIGN_ECDSA_SHA256},
    {1, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256},
    {2, GNUTLS_SIGN_ECDSA_SHA384},
    {2, GNUTLS_SIGN_ECDSA_SECP384R1_SHA384},
    {3, GNUTLS_SIGN_EDDSA_ED25519},
};
#define SIGNATURES ((int)(sizeof(signatures) / sizeof(signatures[0])))

/* Has a hash signed over this channel. */
static bool
sign_over(int channel)
{
	struct keyholder_request request = {
	    .key = 1,
	    .kind = KEYHOLDER_HASH,
	    .algorithm = GNUTLS_SIGN_ECDSA_SHA256,
	    .size = 32,
	};
	struct keyholder_reply reply = {.status = -1};

	ck_assert_int_eq(fcntl(channel, F_SETFL, 0), 0);
	return send(channel, &request,
		   offsetof(struct keyholder_request, octets) + 32,
		   MSG_NOSIGNAL) != -1 &&
	       recv(channel, &reply, sizeof(reply), 0) > 0 && reply.status == 0;
}

START_TEST(signs_with_every_key)
{
	struct keyholder *k = unit_keyholder_start();

	for (int i = 0; i < SIGNATURES; i++) {
		ck_assert_msg(
		    unit_signs(k, signatures[i].index, signatures[i].algorithm),
		    "%s: %s", gnutls_sign_get_name(signatures[i].algorithm),
		    signer_why(unit_signer()));
		ck_assert_str_eq(signer_why(unit_signer()), "");
	}
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

/* Reads the key of this file in this process. */
static struct keys *
read_one(const char *path)
{
	static struct key_pair pair;
	static struct keyholder_options options = {.pairs = &pair, .count = 1};
	struct keys *keys = keys_new(&options);

	ck_assert_ptr_nonnull(keys);
	pair.key_file = path;
	if (keys_open(keys) == 0)
		(void)keys_read(keys);
	return keys;
}

START_TEST(knows_the_id_of_a_key_that_was_read)
{
	unsigned char id[KEYHOLDER_ID_SIZE];
	gnutls_pubkey_t public;
	struct keys *keys;
	char file[64];
	size_t size;

	for (size_t i = 0; i < UNIT_KEYS; i++) {
		public = unit_public_key(unit_key_names[i]);
		size = sizeof(id);
		ck_assert_int_eq(gnutls_pubkey_get_key_id(public,
				     GNUTLS_KEYID_USE_SHA256, id, &size),
		    0);
		gnutls_pubkey_deinit(public);
		snprintf(file, sizeof(file), "%s-key.pem", unit_key_names[i]);
		keys = read_one(unit_file(file));
		ck_assert_str_eq(keys_why(keys), "");
		ck_assert_mem_eq(keys_id(keys, 0), id, sizeof(id));
		keys_free(keys);
	}
}
END_TEST

/* The key file `path` cannot be used, which is said in a line. */
static void
expect_refusal(const char *path, const char *want)
{
	struct keys *keys = read_one(path);
	const char *why = keys_why(keys);

	ck_assert_ptr_nonnull(strstr(why, path));
	ck_assert_msg(strstr(why, want) != NULL, "%s", why);
	ck_assert_ptr_null(strchr(why, '\n'));
	keys_free(keys);
}

/* A PKCS#8 key under a password. */
static const char *
encrypted_key(void)
{
	static char pem[8192];
	size_t size = sizeof(pem);
	gnutls_x509_privkey_t key;

	gnutls_x509_privkey_init(&key);
	ck_assert_int_eq(
	    gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, 256, 0), 0);
	ck_assert_int_eq(
	    gnutls_x509_privkey_export_pkcs8(key, GNUTLS_X509_FMT_PEM, "secret",
		GNUTLS_PKCS_PBES2_AES_256, pem, &size),
	    0);
	gnutls_x509_privkey_deinit(key);
	return unit_file_write("encrypted-key.pem", pem, size);
}

START_TEST(says_which_key_it_cannot_use)
{
	static const char garbage[] = "-----BEGIN "
				      "PRIVATE KEY-----\nAAAA\n-----END "
				      "PRIVATE KEY-----\n";

	expect_refusal(unit_file("nowhere.pem"), "No such file or directory");
	expect_refusal(encrypted_key(), "it is encrypted");
	expect_refusal(
	    unit_file_write("garbage.pem", garbage, sizeof(garbage) - 1),
	    "cannot use key");
	expect_refusal(
	    unit_file_write("noise.pem", "\0\377\n\n", 4), "cannot use key");
	expect_refusal(unit_file_write("empty.pem", "", 0), "key");
	expect_refusal(unit_file("ecdsa-cert.pem"), "cannot use key");
	/* A directory can be opened but not read. */
	ck_assert_int_eq(mkdir(unit_file("directory"), 0700), 0);
	expect_refusal(unit_file("directory"), "cannot read key");
	ck_assert_int_eq(rmdir(unit_file("directory")), 0);
	if (geteuid() != 0) {
		const char *path = unit_file_write("secret.pem", "x", 1);

		ck_assert_int_eq(chmod(path, 0), 0);
		expect_refusal(path, "Permission denied");
	}
}
END_TEST

/* With the one key of this file, which it has not read yet. */
static struct keyholder *
start(const char *key_file)
{
	/* They outlive the keyholder. */
	static struct key_pair pair;
	static struct keyholder_options options = {.pairs = &pair, .count = 1};
	char why[KEYHOLDER_WHY_MAX] = "";
	struct keyholder *k;

	options.policy = unit_policy();
	pair.key_file = key_file;
	k = keyholder_start(&options, why);
	ck_assert_msg(k != NULL, "%s", why);
	return k;
}

/* The first signature says so, and each after it. */
START_TEST(says_when_asked_why_it_cannot_sign)
{
	const char *key = unit_file("nowhere.pem");
	struct keyholder *k = start(key);

	for (int i = 0; i < 3; i++) {
		ck_assert(!unit_signs(k, 0, GNUTLS_SIGN_RSA_SHA256));
		ck_assert_ptr_nonnull(strstr(
		    signer_why(unit_signer()), "No such file or directory"));
		ck_assert_ptr_nonnull(strstr(signer_why(unit_signer()), key));
	}
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

START_TEST(reads_no_key_before_it_is_asked)
{
	struct keyholder *k;
	size_t size;
	char *pem;

	/* It is opened at the start, and what is in it comes later. */
	k = start(unit_file_write("late-key.pem", "", 0));
	pem = unit_file_read(unit_file("rsa-key.pem"), &size);
	unit_file_write("late-key.pem", pem, size);
	free(pem);
	ck_assert_msg(unit_signs(k, 0, GNUTLS_SIGN_RSA_SHA256), "%s",
	    signer_why(unit_signer()));
	/* Then it has it, and needs the file no more. */
	ck_assert_int_eq(unlink(unit_file("late-key.pem")), 0);
	ck_assert_msg(unit_signs(k, 0, GNUTLS_SIGN_RSA_SHA256), "%s",
	    signer_why(unit_signer()));
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

/* The key comes through a FIFO, which shows when it is read. */
START_TEST(reads_its_keys_when_woken)
{
	const char *key = unit_file("fifo-key.pem");
	struct keyholder *k;
	size_t size;
	char *pem;
	int fifo, channel;

	ck_assert_int_eq(mkfifo(key, 0600), 0);
	fifo = open(key, O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(fifo, -1);
	k = start(key);
	pem = unit_file_read(unit_file("rsa-key.pem"), &size);
	ck_assert_int_eq(write(fifo, pem, size), (ssize_t)size);
	free(pem);
	ck_assert_uint_eq(unit_waiting(fifo), size);
	channel = keyholder_open_channel(k);
	ck_assert_int_ne(channel, -1);
	signer_set_channel(unit_signer(), channel);
	signer_prepare(unit_signer());
	/* Waits for it to have been read: a FIFO has no end of file while we
	 * have it open. */
	while (unit_waiting(fifo) > 0)
		sched_yield();
	close(fifo);
	ck_assert_msg(unit_signs(k, 0, GNUTLS_SIGN_RSA_SHA256), "%s",
	    signer_why(unit_signer()));
	ck_assert_int_eq(unit_keyholder_end(k), 0);
	unlink(key);
}
END_TEST

/* Whether the other end of a channel is open. */
static bool
is_served(int channel)
{
	char octet;

	return recv(channel, &octet, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN;
}

START_TEST(ends_with_its_last_channel_once_retired)
{
	struct keyholder *k = unit_keyholder_start();
	pid_t pid = keyholder_pid(k);
	int channels[3], status;

	for (int i = 0; i < 3; i++)
		channels[i] = keyholder_open_channel(k);
	keyholder_retire(k);
	ck_assert_int_eq(keyholder_open_channel(k), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(channels[0]);
	close(channels[1]);
	/* It still signs for whoever was there. */
	ck_assert(sign_over(channels[2]));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(channels[2]);
	keyholder_free(k);
}
END_TEST

START_TEST(ends_when_it_is_let_go_with_all_its_channels)
{
	struct keyholder *k = unit_keyholder_start();
	int channel = keyholder_open_channel(k);

	ck_assert(is_served(channel));
	if (_i == 1)
		keyholder_retire(k);
	ck_assert_int_eq(unit_keyholder_end(k), 0);
	ck_assert(!is_served(channel));
	close(channel);
}
END_TEST

/* More channels than the socket between has room for, and the keyholder takes
 * none: whoever makes them is told, and never waits. */
START_TEST(a_channel_is_never_waited_for)
{
	struct keyholder *k = unit_keyholder_start();
	int channels[1000], count = 0;

	kill(keyholder_pid(k), SIGSTOP);
	while (
	    count < 1000 && (channels[count] = keyholder_open_channel(k)) != -1)
		count++;
	ck_assert_int_gt(count, 0);
	ck_assert_int_lt(count, 1000);
	ck_assert_int_eq(errno, EAGAIN);
	kill(keyholder_pid(k), SIGCONT);
	/* All that were made are served. */
	while (count > 0)
		ck_assert(sign_over(channels[--count]));
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

/* Signals of a terminal or of systemd to the whole group are not for it. */
START_TEST(heeds_no_signal_that_can_be_blocked)
{
	struct keyholder *k = unit_keyholder_start();

	kill(keyholder_pid(k), SIGTERM);
	kill(keyholder_pid(k), SIGINT);
	kill(keyholder_pid(k), SIGHUP);
	ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

START_TEST(holds_its_sockets_and_nothing_else)
{
	struct keyholder *k = unit_keyholder_start();
	int channel = keyholder_open_channel(k);

	/* 0, 1 and 2 are /dev/null; its control socket, epoll, the channel. */
	ck_assert_uint_eq(unit_descriptors_settle(keyholder_pid(k), 6), 6);
	close(channel);
	ck_assert_uint_eq(unit_descriptors_settle(keyholder_pid(k), 5), 5);
	for (int i = 0; i < 20; i++)
		ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_uint_eq(unit_descriptors_settle(keyholder_pid(k), 5), 5);
	unit_keyholder_end(k);
}
END_TEST

START_TEST(its_end_is_an_error_and_no_hang)
{
	struct keyholder *k = unit_keyholder_start();
	size_t before;

	ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	before = unit_descriptors(getpid());
	kill(keyholder_pid(k), SIGKILL);
	for (int i = 0; i < 3; i++) {
		ck_assert(!unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
		ck_assert_str_ne(signer_why(unit_signer()), "");
	}
	ck_assert_uint_le(unit_descriptors(getpid()), before);
	ck_assert_int_eq(unit_keyholder_end(k), SIGKILL);
}
END_TEST

/* The same while it is asked: the answer will never come. */
START_TEST(its_end_while_asked_is_an_error_and_no_hang)
{
	struct keyholder *k = unit_keyholder_start();
	pid_t pid = keyholder_pid(k), killer;

	kill(pid, SIGSTOP);
	killer = fork();
	if (killer == 0) {
		unit_wait_asleep(getppid());
		kill(pid, SIGKILL);
		_exit(0);
	}
	ck_assert(!unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_str_eq(signer_why(unit_signer()), "the keyholder is gone");
	ck_assert_int_eq(waitpid(killer, NULL, 0), killer);
	unit_keyholder_end(k);
}
END_TEST

START_TEST(an_answer_is_waited_for_until_the_deadline)
{
	struct keyholder *k = unit_keyholder_start();

	kill(keyholder_pid(k), SIGSTOP);
	signer_set_deadline(unit_signer(), deadline_in(50));
	ck_assert(!unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_ptr_nonnull(
	    strstr(signer_why(unit_signer()), strerror(ETIMEDOUT)));
	/* The late answer goes to no one, and the next one is right. */
	kill(keyholder_pid(k), SIGCONT);
	signer_set_deadline(unit_signer(), DEADLINE_NEVER);
	ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_str_eq(signer_why(unit_signer()), "");
	unit_keyholder_end(k);
}
END_TEST

START_TEST(an_answer_leaves_no_descriptor_open)
{
	struct keyholder *k = unit_keyholder_start();
	size_t before = unit_descriptors(getpid());

	ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
	unit_keyholder_end(k);
	ck_assert_uint_eq(unit_descriptors(getpid()), before - 1);
}
END_TEST

START_TEST(free_takes_null)
{
	keyholder_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keyholder");
	TCase *c = unit_case(suite, "keyholder");
	int status;

	tcase_add_test(c, signs_with_every_key);
	tcase_add_test(c, knows_the_id_of_a_key_that_was_read);
	tcase_add_test(c, says_which_key_it_cannot_use);
	tcase_add_test(c, says_when_asked_why_it_cannot_sign);
	tcase_add_test(c, reads_no_key_before_it_is_asked);
	tcase_add_test(c, reads_its_keys_when_woken);
	tcase_add_test(c, ends_with_its_last_channel_once_retired);
	tcase_add_loop_test(
	    c, ends_when_it_is_let_go_with_all_its_channels, 0, 2);
	tcase_add_test(c, a_channel_is_never_waited_for);
	tcase_add_test(c, heeds_no_signal_that_can_be_blocked);
	/* Only root can look into a process that is not dumpable. */
	if (geteuid() == 0)
		tcase_add_test(c, holds_its_sockets_and_nothing_else);
	tcase_add_test(c, its_end_is_an_error_and_no_hang);
	tcase_add_test(c, its_end_while_asked_is_an_error_and_no_hang);
	tcase_add_test(c, an_answer_is_waited_for_until_the_deadline);
	tcase_add_test(c, an_answer_leaves_no_descriptor_open);
	tcase_add_test(c, free_takes_null);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
