/*
 * The server's credentials: what loads, what is refused with one line, and
 * which certificate a client gets.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "credentials/credential_files.h"
#include "credentials/credentials.h"
#include "log/log.h"
#include "stream/protocol.h"
#include "stream/stream.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_peer.h"

#define MOST_PAIRS 4

static struct key_pair pairs[MOST_PAIRS];
static struct credentials_options options;

/* The names of pairs, as make-certs calls them, NULL at the end. */
static struct credentials *
load(const char *const *names)
{
	char file[64];

	options.keyholder.pairs = pairs;
	options.keyholder.count = 0;
	for (; *names != NULL; names++) {
		struct key_pair *pair = &pairs[options.keyholder.count++];

		snprintf(file, sizeof(file), "%s-cert.pem", *names);
		pair->certificate_file = unit_file(file);
		snprintf(file, sizeof(file), "%s-key.pem", *names);
		pair->key_file = unit_file(file);
	}
	return credentials_load(&options);
}

static void
set_up(void)
{
	memset(&options, 0, sizeof(options));
}

/* Every keyholder ends with its credentials, those that failed as well. */
static void
tear_down(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Loads a pair of files; it must be refused with one line about `file`. */
static void
expect_refusal(
    const char *certificate, const char *key, const char *file, const char *why)
{
	struct credentials *c;
	const char *said;

	pairs[0] =
	    (struct key_pair){.certificate_file = certificate, .key_file = key};
	options.keyholder.pairs = pairs;
	options.keyholder.count = 1;
	unit_capture_begin(STDERR_FILENO);
	c = credentials_load(&options);
	said = unit_capture_end();
	ck_assert_ptr_null(c);
	ck_assert_msg(unit_lines(said) == 1, "%s", said);
	ck_assert_msg(strstr(said, file) != NULL, "%s", said);
	ck_assert_msg(strstr(said, why) != NULL, "%s", said);
}

static const char *const all[] = {"rsa", "ecdsa", "ecdsa384", "ed25519", NULL};

START_TEST(loads_every_kind_of_pair)
{
	struct credentials *c;
	const char *said;

	unit_capture_begin(STDERR_FILENO);
	c = load(all);
	said = unit_capture_end();
	ck_assert_str_eq(said, "");
	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_nonnull(credentials_keyholder(c));
	credentials_free(c);
}
END_TEST

START_TEST(refuses_files_that_are_not_there)
{
	const char *nowhere = unit_file("nowhere.pem");

	expect_refusal(nowhere, unit_file("ecdsa-key.pem"), nowhere,
	    "cannot read certificate");
}
END_TEST

START_TEST(refuses_a_key_in_the_certificates_file)
{
	size_t certificate_size, key_size;
	char *certificate =
	    unit_file_read(unit_file("ecdsa-cert.pem"), &certificate_size);
	char *key = unit_file_read(unit_file("ecdsa-key.pem"), &key_size),
	     *both;
	const char *path;

	ck_assert_int_ne(asprintf(&both, "%s%s", certificate, key), -1);
	path = unit_file_write("both.pem", both, strlen(both));
	expect_refusal(path, unit_file("ecdsa-key.pem"), path,
	    "it holds a private key, which must be in a file of its own");
	free(certificate);
	free(key);
	free(both);
}
END_TEST

START_TEST(refuses_what_is_no_certificate)
{
	static const char garbage[] =
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
	const char *key = unit_file("ecdsa-key.pem"), *path;

	path = unit_file_write("garbage.pem", garbage, sizeof(garbage) - 1);
	expect_refusal(path, key, path, "cannot use certificate");
	path = unit_file_write("noise.pem", "\0\377\n\n", 4);
	expect_refusal(path, key, path, "cannot use certificate");
	path = unit_file_write("empty.pem", "", 0);
	expect_refusal(path, key, path, "certificate");
}
END_TEST

START_TEST(refuses_what_is_not_valid_now)
{
	const char *expired = unit_file("expired-cert.pem"),
		   *not_yet = unit_file("not-yet-cert.pem");

	expect_refusal(expired, unit_file("expired-key.pem"), expired,
	    "expired on 2021-01-01 00:00:00 UTC");
	expect_refusal(not_yet, unit_file("not-yet-key.pem"), not_yet,
	    "is not valid before 2037-01-01 00:00:00 UTC");
}
END_TEST

START_TEST(refuses_a_key_that_does_not_match)
{
	static const uint8_t other[KEYHOLDER_ID_SIZE];
	static const char *const names[] = {"ecdsa", NULL};
	struct credentials *c = load(names);
	struct credential_files *files = credential_files_read(&options);
	struct bundle_buffer buffer;
	const char *said;

	ck_assert_int_eq(bundle_buffer_new(&buffer), 0);
	unit_capture_begin(STDERR_FILENO);
	ck_assert_int_eq(credential_files_bundle(files, other, &buffer), -1);
	said = unit_capture_end();
	ck_assert_uint_eq(unit_lines(said), 1);
	ck_assert_ptr_nonnull(strstr(said, pairs[0].key_file));
	ck_assert_ptr_nonnull(strstr(said, "does not match certificate"));
	bundle_buffer_free(&buffer);
	credential_files_free(files);
	credentials_free(c);
}
END_TEST

START_TEST(refuses_when_only_one_pair_is_wrong)
{
	static const char *const names[] = {"rsa", "ecdsa", "expired", NULL};
	const char *said;

	unit_capture_begin(STDERR_FILENO);
	ck_assert_ptr_null(load(names));
	said = unit_capture_end();
	ck_assert_uint_eq(unit_lines(said), 1);
	ck_assert_ptr_nonnull(strstr(said, "expired-cert.pem"));
}
END_TEST

START_TEST(refuses_a_priority_it_does_not_understand)
{
	options.priority = "NORMAL:+BOGUS";
	expect_refusal(unit_file("ecdsa-cert.pem"), unit_file("ecdsa-key.pem"),
	    "NORMAL:+BOGUS", "cannot use TLS priority");
}
END_TEST

START_TEST(a_refusal_leaves_nothing_open)
{
	size_t before = unit_descriptors(getpid());

	for (int i = 0; i < 10; i++)
		expect_refusal(unit_file("expired-cert.pem"),
		    unit_file("expired-key.pem"), "", "expired");
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
	credentials_free(NULL);
}
END_TEST

/* What the client saw: the algorithm and the common name of the leaf. */
static gnutls_pk_algorithm_t seen_algorithm;
static char seen_name[64];

static void
look(struct unit_peer *p)
{
	const gnutls_datum_t *list;
	unsigned int count;
	gnutls_x509_crt_t leaf;
	size_t size = sizeof(seen_name);

	list = gnutls_certificate_get_peers(p->tls, &count);
	if (list == NULL || gnutls_x509_crt_init(&leaf) < 0)
		return;
	gnutls_x509_crt_import(leaf, list, GNUTLS_X509_FMT_DER);
	seen_algorithm =
	    (gnutls_pk_algorithm_t)gnutls_x509_crt_get_pk_algorithm(leaf, NULL);
	gnutls_x509_crt_get_dn_by_oid(
	    leaf, GNUTLS_OID_X520_COMMON_NAME, 0, 0, seen_name, &size);
	gnutls_x509_crt_deinit(leaf);
	gnutls_bye(p->tls, GNUTLS_SHUT_WR);
}

/* A handshake with a client of this priority; returns its end of it. */
static int
shake_hands(struct credentials *c, const char *priority, const char *name)
{
	static struct unit_peer peer;
	int fds[2], error, channel;
	gnutls_session_t session = credentials_session(c, &error);
	struct stream *s;

	ck_assert_msg(session != NULL, "%s", gnutls_strerror(error));
	unit_pair(fds);
	peer = (struct unit_peer){
	    .fd = fds[1],
	    .role = GNUTLS_CLIENT,
	    .priority = priority,
	    .name = name,
	    .talk = look,
	};
	unit_peer_start(&peer);
	s = stream_new(fds[0], PROTOCOL_LINE_MAX);
	channel = keyholder_open_channel(credentials_keyholder(c));
	signer_set_channel(credentials_signer(c), channel);
	error = stream_upgrade(s, session);
	close(channel);
	stream_close(s, 0);
	stream_free(s);
	unit_peer_join(&peer);
	ck_assert_int_eq(error == 0, peer.handshake == 0);
	return peer.handshake;
}

/* Each key signs in a handshake, in the versions that have it. */
static const struct {
	const char *priority;
	gnutls_pk_algorithm_t algorithm;
} offers[] = {
    {UNIT_TLS_1_2 ":-SIGN-ALL:+SIGN-RSA-SHA256", GNUTLS_PK_RSA},
    {UNIT_TLS_1_2 ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256", GNUTLS_PK_RSA},
    {UNIT_TLS_1_3 ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256", GNUTLS_PK_RSA},
    {UNIT_TLS_1_2 ":-SIGN-ALL:+SIGN-ECDSA-SHA256", GNUTLS_PK_ECDSA},
    {UNIT_TLS_1_3 ":-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256", GNUTLS_PK_ECDSA},
    {UNIT_TLS_1_3 ":-SIGN-ALL:+SIGN-ECDSA-SECP384R1-SHA384", GNUTLS_PK_ECDSA},
    {UNIT_TLS_1_2 ":-SIGN-ALL:+SIGN-EDDSA-ED25519", GNUTLS_PK_EDDSA_ED25519},
    {UNIT_TLS_1_3 ":-SIGN-ALL:+SIGN-EDDSA-ED25519", GNUTLS_PK_EDDSA_ED25519},
};
#define OFFERS ((int)(sizeof(offers) / sizeof(offers[0])))

START_TEST(shows_the_certificate_that_the_client_can_use)
{
	struct credentials *c;

	c = load(all);
	ck_assert_ptr_nonnull(c);
	for (int i = 0; i < OFFERS; i++) {
		seen_algorithm = GNUTLS_PK_UNKNOWN;
		ck_assert_msg(
		    shake_hands(c, offers[i].priority, "localhost") == 0, "%s",
		    offers[i].priority);
		ck_assert_int_eq(seen_algorithm, offers[i].algorithm);
	}
	credentials_free(c);
}
END_TEST

/* What gnutls_rnd(3) gives. */
struct drawn {
	uint64_t random, nonce;
};

static struct drawn
draw(void)
{
	struct drawn d;

	gnutls_rnd(GNUTLS_RND_RANDOM, &d.random, sizeof(d.random));
	gnutls_rnd(GNUTLS_RND_NONCE, &d.nonce, sizeof(d.nonce));
	return d;
}

/* A state of random numbers is copied at a fork.  GnuTLS notices one by
 * fork(2), but not this. */
static struct drawn
draw_in_a_child(const struct credentials *c)
{
	struct drawn d = {0, 0};
	int pair[2], error;
	pid_t pid;

	ck_assert_int_eq(pipe(pair), 0);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		if (credentials_session(c, &error) == NULL)
			_exit(1);
		d = draw();
		_exit(write(pair[1], &d, sizeof(d)) != sizeof(d));
	}
	close(pair[1]);
	ck_assert_int_eq(read(pair[0], &d, sizeof(d)), sizeof(d));
	close(pair[0]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return d;
}

START_TEST(sessions_of_two_children_use_different_random_numbers)
{
	static const char *const names[] = {"ecdsa", NULL};
	struct credentials *c = load(names);
	struct drawn one, other;

	ck_assert_ptr_nonnull(c);
	draw(); /* there is a state */
	one = draw_in_a_child(c);
	other = draw_in_a_child(c);
	ck_assert_uint_ne(one.random, other.random);
	ck_assert_uint_ne(one.nonce, other.nonce);
	credentials_free(c);
}
END_TEST

START_TEST(shows_the_certificate_of_the_name)
{
	static const char *const names[] = {"ecdsa", "other", NULL};
	struct credentials *c = load(names);

	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(shake_hands(c, "NORMAL", "other.example"), 0);
	ck_assert_str_eq(seen_name, "other.example");
	ck_assert_int_eq(shake_hands(c, "NORMAL", "localhost"), 0);
	ck_assert_str_eq(seen_name, "localhost");
	/* The first where no name is known. */
	ck_assert_int_eq(shake_hands(c, "NORMAL", "no.example"), 0);
	ck_assert_str_eq(seen_name, "localhost");
	ck_assert_int_eq(shake_hands(c, "NORMAL", NULL), 0);
	ck_assert_str_eq(seen_name, "localhost");
	credentials_free(c);
}
END_TEST

/* Neither old versions nor RSA key transport, whatever the priority says. */
START_TEST(keeps_the_floor)
{
	static const char *const wishes[] = {
	    NULL, "NORMAL:+VERS-TLS1.1:+VERS-TLS1.0:+RSA", "LEGACY"};
	struct credentials *c;

	options.priority = wishes[_i];
	c = load(all);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(shake_hands(c, UNIT_TLS_1_2, NULL), 0);
	ck_assert_int_lt(
	    shake_hands(c, "NORMAL:-VERS-ALL:+VERS-TLS1.1", NULL), 0);
	ck_assert_int_lt(
	    shake_hands(c, "NORMAL:-VERS-ALL:+VERS-TLS1.0", NULL), 0);
	ck_assert_int_lt(shake_hands(c, UNIT_TLS_1_2 ":-KX-ALL:+RSA", NULL), 0);
	credentials_free(c);
}
END_TEST

/* With the options as they are. */
static void
expect_only_tls_1_3(void)
{
	struct credentials *c = load(all);

	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(shake_hands(c, UNIT_TLS_1_3, NULL), 0);
	ck_assert_int_lt(shake_hands(c, UNIT_TLS_1_2, NULL), 0);
	credentials_free(c);
}

START_TEST(heeds_the_priority)
{
	options.priority = UNIT_TLS_1_3;
	expect_only_tls_1_3();
}
END_TEST

START_TEST(heeds_the_oldest_version)
{
	static const char *const wishes[] = {NULL, "NORMAL:+VERS-TLS1.2"};

	options.oldest = POLICY_TLS_1_3;
	options.priority = wishes[_i];
	expect_only_tls_1_3();
}
END_TEST

START_TEST(refuses_a_policy_that_leaves_no_version)
{
	options.oldest = POLICY_TLS_1_3;
	options.priority = UNIT_TLS_1_2;
	expect_refusal(unit_file("ecdsa-cert.pem"), unit_file("ecdsa-key.pem"),
	    UNIT_TLS_1_2, "cannot use TLS priority");
}
END_TEST

START_TEST(refuses_a_client_ca_that_is_none)
{
	const char *certificate = unit_file("ecdsa-cert.pem");
	const char *key = unit_file("ecdsa-key.pem"), *path;

	path = options.clients.ca_file = unit_file("nowhere.pem");
	expect_refusal(certificate, key, path, "cannot read client CA");
	path = options.clients.ca_file = unit_file_write("none.pem", "\n", 1);
	expect_refusal(certificate, key, path, "cannot use client CA");
}
END_TEST

START_TEST(refuses_a_ticket_key_that_is_none)
{
	const char *path = unit_file("nowhere.key");

	options.tickets.key_file = path;
	expect_refusal(unit_file("ecdsa-cert.pem"), unit_file("ecdsa-key.pem"),
	    path, "cannot read ticket key");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("credentials");
	TCase *c = unit_case(suite, "credentials");
	int status;

	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_INFO);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, loads_every_kind_of_pair);
	tcase_add_test(c, refuses_files_that_are_not_there);
	tcase_add_test(c, refuses_a_key_in_the_certificates_file);
	tcase_add_test(c, refuses_what_is_no_certificate);
	tcase_add_test(c, refuses_what_is_not_valid_now);
	tcase_add_test(c, refuses_a_key_that_does_not_match);
	tcase_add_test(c, refuses_when_only_one_pair_is_wrong);
	tcase_add_test(c, refuses_a_priority_it_does_not_understand);
	tcase_add_test(c, a_refusal_leaves_nothing_open);
	tcase_add_test(c, shows_the_certificate_that_the_client_can_use);
	tcase_add_test(c, shows_the_certificate_of_the_name);
	tcase_add_test(
	    c, sessions_of_two_children_use_different_random_numbers);
	tcase_add_loop_test(c, keeps_the_floor, 0, 3);
	tcase_add_test(c, heeds_the_priority);
	tcase_add_loop_test(c, heeds_the_oldest_version, 0, 2);
	tcase_add_test(c, refuses_a_policy_that_leaves_no_version);
	tcase_add_test(c, refuses_a_client_ca_that_is_none);
	tcase_add_test(c, refuses_a_ticket_key_that_is_none);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
