/*
 * The keyholder: what it signs, how it starts, how it fails and how it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gnutls/x509.h>

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

START_TEST(signs_with_every_key)
{
	struct keyholder *k = unit_keyholder_start(_i == 0);

	for (int i = 0; i < SIGNATURES; i++) {
		ck_assert_msg(
		    unit_signs(k, signatures[i].index, signatures[i].algorithm),
		    "%s: %s", gnutls_sign_get_name(signatures[i].algorithm),
		    keyholder_why(k));
		ck_assert_str_eq(keyholder_why(k), "");
	}
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

/* So the test above can fail: another key's signature does not verify. */
START_TEST(signs_with_the_key_that_is_asked_for)
{
	static unsigned char text[] = "what is signed";
	const gnutls_datum_t data = {text, sizeof(text)};
	struct keyholder *k = unit_keyholder_start(true);
	gnutls_pubkey_t other = unit_public_key("other");
	gnutls_privkey_t key = unit_private_key(k, 1);
	gnutls_datum_t signature;

	ck_assert_int_eq(gnutls_privkey_sign_data2(key,
			     GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &signature),
	    0);
	ck_assert_int_lt(gnutls_pubkey_verify_data2(other,
			     GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &signature),
	    0);
	gnutls_free(signature.data);
	gnutls_privkey_deinit(key);
	gnutls_pubkey_deinit(other);
	unit_keyholder_end(k);
}
END_TEST

START_TEST(knows_the_ids_of_the_keys_it_has_read)
{
	struct keyholder *k = unit_keyholder_start(true);
	unsigned char id[KEYHOLDER_ID_SIZE];
	gnutls_pubkey_t public;
	size_t size;

	for (size_t i = 0; i < UNIT_KEYS; i++) {
		public = unit_public_key(unit_key_names[i]);
		size = sizeof(id);
		ck_assert_int_eq(gnutls_pubkey_get_key_id(public,
				     GNUTLS_KEYID_USE_SHA256, id, &size),
		    0);
		gnutls_pubkey_deinit(public);
		ck_assert_mem_eq(keyholder_id(k, i), id, sizeof(id));
	}
	ck_assert_ptr_null(keyholder_id(k, UNIT_KEYS));
	unit_keyholder_end(k);

	k = unit_keyholder_start(false);
	ck_assert_ptr_null(keyholder_id(k, 0));
	unit_keyholder_end(k);
}
END_TEST

START_TEST(describes_the_key)
{
	struct keyholder *k = unit_keyholder_start(false);
	gnutls_privkey_t key = unit_private_key(k, 2);
	unsigned int bits;

	ck_assert_int_eq(
	    gnutls_privkey_get_pk_algorithm(key, &bits), GNUTLS_PK_ECDSA);
	ck_assert_uint_eq(bits, 384);
	gnutls_privkey_deinit(key);
	unit_keyholder_end(k);
}
END_TEST

/* Starts one for the key file `path`: it must say why not, in a line. */
static void
expect_refusal(const char *path, const char *want)
{
	struct key_pair pair = {.key_file = path};
	struct keyholder_options options = {
	    .pairs = &pair,
	    .count = 1,
	    .wait = true,
	};
	char why[KEYHOLDER_WHY_MAX] = "";

	ck_assert_ptr_null(keyholder_start(&options, why));
	ck_assert_ptr_nonnull(strstr(why, path));
	ck_assert_msg(strstr(why, want) != NULL, "%s", why);
	ck_assert_ptr_null(strchr(why, '\n'));
	while (waitpid(-1, NULL, 0) > 0)
		;
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

START_TEST(a_refusal_leaves_nothing_open)
{
	size_t before = unit_descriptors(getpid());

	for (int i = 0; i < 10; i++)
		expect_refusal(unit_file("nowhere.pem"), "No such file");
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
}
END_TEST

/* Without `wait`, with the one key of this file. */
static struct keyholder *
start_lazily(const char *key_file)
{
	/* They outlive the keyholder. */
	static struct key_pair pair;
	static struct keyholder_options options = {.pairs = &pair, .count = 1};
	char why[KEYHOLDER_WHY_MAX] = "";
	struct keyholder *k;

	pair.key_file = key_file;
	k = keyholder_start(&options, why);
	ck_assert_msg(k != NULL, "%s", why);
	return k;
}

/* The first signature says so, and each after it. */
START_TEST(a_lazy_one_says_it_when_asked)
{
	const char *key = unit_file("nowhere.pem");
	struct keyholder *k = start_lazily(key);

	for (int i = 0; i < 3; i++) {
		ck_assert(!unit_signs(k, 0, GNUTLS_SIGN_RSA_SHA256));
		ck_assert_ptr_nonnull(
		    strstr(keyholder_why(k), "No such file or directory"));
		ck_assert_ptr_nonnull(strstr(keyholder_why(k), key));
	}
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

START_TEST(a_lazy_one_reads_no_key_before)
{
	struct keyholder *k;
	size_t size;
	char *pem;

	/* It is opened at the start, and what is in it comes later. */
	k = start_lazily(unit_file_write("late-key.pem", "", 0));
	pem = unit_file_read(unit_file("rsa-key.pem"), &size);
	unit_file_write("late-key.pem", pem, size);
	free(pem);
	ck_assert_msg(
	    unit_signs(k, 0, GNUTLS_SIGN_RSA_SHA256), "%s", keyholder_why(k));
	/* Then it has it, and needs the file no more. */
	ck_assert_int_eq(unlink(unit_file("late-key.pem")), 0);
	ck_assert_msg(
	    unit_signs(k, 0, GNUTLS_SIGN_RSA_SHA256), "%s", keyholder_why(k));
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

/* The key comes through a FIFO, which shows when it is read. */
START_TEST(a_lazy_one_reads_its_keys_when_woken)
{
	const char *key = unit_file("fifo-key.pem");
	struct keyholder *k;
	size_t size;
	char *pem;
	int fifo;

	ck_assert_int_eq(mkfifo(key, 0600), 0);
	fifo = open(key, O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(fifo, -1);
	k = start_lazily(key);
	pem = unit_file_read(unit_file("rsa-key.pem"), &size);
	ck_assert_int_eq(write(fifo, pem, size), (ssize_t)size);
	free(pem);
	ck_assert_uint_eq(unit_waiting(fifo), size);
	keyholder_wake(k);
	while (unit_waiting(fifo) > 0)
		usleep(1000);
	close(fifo);
	ck_assert_msg(
	    unit_signs(k, 0, GNUTLS_SIGN_RSA_SHA256), "%s", keyholder_why(k));
	ck_assert_int_eq(unit_keyholder_end(k), 0);
	unlink(key);
}
END_TEST

START_TEST(ends_with_the_last_who_can_ask)
{
	struct keyholder *k = unit_keyholder_start(true);
	int go[2], status;
	pid_t asker, pid = keyholder_pid(k);
	char octet;

	ck_assert_int_eq(pipe(go), 0);
	asker = fork();
	if (asker == 0) {
		/* Outlives its parent's way to ask, and still can. */
		close(go[1]);
		if (read(go[0], &octet, 1) != 0)
			_exit(1);
		_exit(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256) ? 0 : 1);
	}
	close(go[0]);
	keyholder_free(k);
	close(go[1]);
	ck_assert_int_eq(waitpid(asker, &status, 0), asker);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* A terminal's or a manager's signals to the group are not for it. */
START_TEST(heeds_no_signal_that_can_be_blocked)
{
	struct keyholder *k = unit_keyholder_start(true);

	kill(keyholder_pid(k), SIGTERM);
	kill(keyholder_pid(k), SIGINT);
	kill(keyholder_pid(k), SIGHUP);
	ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_int_eq(unit_keyholder_end(k), 0);
}
END_TEST

START_TEST(holds_its_socket_and_nothing_else)
{
	struct keyholder *k = unit_keyholder_start(true);

	/* 0, 1 and 2 are /dev/null. */
	ck_assert_uint_eq(unit_descriptors(keyholder_pid(k)), 4);
	for (int i = 0; i < 20; i++)
		ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_uint_eq(unit_descriptors_settle(keyholder_pid(k), 4), 4);
	unit_keyholder_end(k);
}
END_TEST

START_TEST(its_end_is_an_error_and_no_hang)
{
	struct keyholder *k = unit_keyholder_start(true);
	size_t before;

	ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	before = unit_descriptors(getpid());
	kill(keyholder_pid(k), SIGKILL);
	for (int i = 0; i < 3; i++) {
		ck_assert(!unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
		ck_assert_str_ne(keyholder_why(k), "");
	}
	ck_assert_uint_le(unit_descriptors(getpid()), before);
	ck_assert_int_eq(unit_keyholder_end(k), SIGKILL);
}
END_TEST

/* The same while it is asked: the answer will never come. */
START_TEST(its_end_while_asked_is_an_error_and_no_hang)
{
	struct keyholder *k = unit_keyholder_start(true);
	pid_t pid = keyholder_pid(k), killer;

	kill(pid, SIGSTOP);
	killer = fork();
	if (killer == 0) {
		unit_wait_asleep(getppid());
		kill(pid, SIGKILL);
		_exit(0);
	}
	ck_assert(!unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_str_eq(keyholder_why(k), "the keyholder is gone");
	ck_assert_int_eq(waitpid(killer, NULL, 0), killer);
	unit_keyholder_end(k);
}
END_TEST

START_TEST(an_answer_is_waited_for_until_the_deadline)
{
	struct keyholder *k = unit_keyholder_start(true);

	kill(keyholder_pid(k), SIGSTOP);
	keyholder_set_deadline(k, deadline_in(50));
	ck_assert(!unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_ptr_nonnull(strstr(keyholder_why(k), strerror(ETIMEDOUT)));
	/* The late answer goes to no one, and the next one is right. */
	kill(keyholder_pid(k), SIGCONT);
	keyholder_set_deadline(k, DEADLINE_NEVER);
	ck_assert(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256));
	ck_assert_str_eq(keyholder_why(k), "");
	unit_keyholder_end(k);
}
END_TEST

START_TEST(an_answer_leaves_no_descriptor_open)
{
	struct keyholder *k = unit_keyholder_start(true);
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

	tcase_add_loop_test(c, signs_with_every_key, 0, 2);
	tcase_add_test(c, signs_with_the_key_that_is_asked_for);
	tcase_add_test(c, knows_the_ids_of_the_keys_it_has_read);
	tcase_add_test(c, describes_the_key);
	tcase_add_test(c, says_which_key_it_cannot_use);
	tcase_add_test(c, a_refusal_leaves_nothing_open);
	tcase_add_test(c, a_lazy_one_says_it_when_asked);
	tcase_add_test(c, a_lazy_one_reads_no_key_before);
	tcase_add_test(c, a_lazy_one_reads_its_keys_when_woken);
	tcase_add_test(c, ends_with_the_last_who_can_ask);
	tcase_add_test(c, heeds_no_signal_that_can_be_blocked);
	/* Only root can look into a process that is not dumpable. */
	if (geteuid() == 0)
		tcase_add_test(c, holds_its_socket_and_nothing_else);
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
