/*
 * Session tickets: which key resumes which session, for how long, and which
 * files are no key.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "credentials/tickets.h"
#include "tls/policy.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_peer.h"

#define NS_PER_MS INT64_C(1000000)

/* What the client keeps from one session for the next. */
static gnutls_datum_t kept;

struct client {
	pthread_t thread;
	int fd;
	const char *priority;
	int handshake;
};

/* The client: resumes what it kept, and keeps what it gets. */
static void *
run_client(void *argument)
{
	struct client *client = argument;
	gnutls_session_t session =
	    unit_tls_session(GNUTLS_CLIENT, client->priority);
	char octet;

	if (kept.data != NULL)
		gnutls_session_set_data(session, kept.data, kept.size);
	gnutls_transport_set_int(session, client->fd);
	client->handshake = gnutls_handshake(session);
	if (client->handshake == 0) {
		/* The tickets come before the octet. */
		while (gnutls_record_recv(session, &octet, 1) == GNUTLS_E_AGAIN)
			;
		gnutls_free(kept.data);
		kept.data = NULL;
		gnutls_session_get_data2(session, &kept);
	}
	gnutls_deinit(session);
	close(client->fd);
	return NULL;
}

/* A session with this server, which it frees; returns whether it was resumed.
 */
static bool
resumed(gnutls_session_t server, const char *priority)
{
	struct client client = {.priority = priority};
	bool was;
	int fds[2];

	unit_pair(fds);
	client.fd = fds[1];
	ck_assert_int_eq(
	    pthread_create(&client.thread, NULL, run_client, &client), 0);
	gnutls_transport_set_int(server, fds[0]);
	ck_assert_int_eq(gnutls_handshake(server), 0);
	ck_assert_int_eq(gnutls_record_send(server, "x", 1), 1);
	was = gnutls_session_is_resumed(server) != 0;
	pthread_join(client.thread, NULL);
	ck_assert_int_eq(client.handshake, 0);
	gnutls_deinit(server);
	close(fds[0]);
	return was;
}

static bool
resumed_with(const struct tickets *t)
{
	gnutls_session_t server = unit_tls_session(GNUTLS_SERVER, UNIT_TLS_1_3);

	ck_assert_int_eq(tickets_enable(t, server), 0);
	return resumed(server, UNIT_TLS_1_3);
}

/* Reads a key file.  Returns what is wrong with it, or NULL. */
static const char *
fault_of(const char *file, unsigned char *key)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	const char *fault;

	ck_assert_int_ne(fd, -1);
	fault = tickets_read_key(fd, key);
	close(fd);
	return fault;
}

static struct tickets *
load(const char *file)
{
	struct tickets_options options = {
	    .key_file = file, .generate = file == NULL};
	unsigned char octets[TICKETS_KEY_SIZE];
	const gnutls_datum_t key = {octets, sizeof(octets)};
	struct tickets *t;

	if (file != NULL)
		ck_assert_ptr_null(fault_of(file, octets));
	ck_assert_int_eq(tickets_new(&options, &key, &t), 0);
	ck_assert_ptr_nonnull(t);
	return t;
}

static const char *
write_key(const char *name, char fill)
{
	char key[TICKETS_KEY_SIZE];
	const char *path;

	memset(key, fill, sizeof(key));
	path = unit_file_write(name, key, sizeof(key));
	ck_assert_int_eq(chmod(path, 0640), 0);
	return path;
}

static void
tear_down(void)
{
	gnutls_free(kept.data);
	kept.data = NULL;
	gnutls_global_set_time_function(time);
}

START_TEST(are_none_unless_asked_for)
{
	struct tickets_options options = {.generate = false};
	struct tickets *t;

	ck_assert_int_eq(tickets_new(&options, NULL, &t), 0);
	ck_assert_ptr_null(t);
	ck_assert(!resumed_with(NULL));
	ck_assert(!resumed_with(NULL));
	tickets_rotate(NULL, INT64_MAX);
	tickets_free(NULL);
}
END_TEST

START_TEST(resume_under_the_same_key)
{
	struct tickets *t = load(NULL), *other = load(NULL);

	ck_assert(!resumed_with(t));
	ck_assert(resumed_with(t));
	ck_assert(resumed_with(t));
	ck_assert(!resumed_with(other));
	ck_assert(resumed_with(other));
	tickets_free(t);
	tickets_free(other);
}
END_TEST

START_TEST(resume_under_the_key_of_a_file)
{
	struct tickets *one = load(write_key("shared.key", 'a'));
	struct tickets *two = load(unit_file("shared.key"));
	struct tickets *other = load(write_key("other.key", 'b'));

	ck_assert(!resumed_with(one));
	ck_assert(resumed_with(two));
	ck_assert(!resumed_with(other));
	tickets_free(one);
	tickets_free(two);
	tickets_free(other);
}
END_TEST

START_TEST(rotate_in_time)
{
	struct tickets *t = load(NULL);
	int64_t whole = TICKETS_ROTATION_MS * NS_PER_MS;
	int64_t later = deadline_now() + whole;

	ck_assert(!resumed_with(t));
	tickets_rotate(t, later - whole / 2);
	ck_assert(resumed_with(t));
	tickets_rotate(t, later);
	ck_assert(!resumed_with(t));
	ck_assert(resumed_with(t));
	/* And from then on again. */
	tickets_rotate(t, later + whole - 1);
	ck_assert(resumed_with(t));
	tickets_rotate(t, later + whole);
	ck_assert(!resumed_with(t));
	tickets_free(t);
}
END_TEST

START_TEST(leave_the_key_of_a_file_alone)
{
	struct tickets *t = load(write_key("file.key", 'c'));

	ck_assert(!resumed_with(t));
	tickets_rotate(t, deadline_now() + TICKETS_ROTATION_MS * NS_PER_MS * 9);
	ck_assert(resumed_with(t));
	tickets_free(t);
}
END_TEST

static time_t ahead;

static time_t
shifted(time_t *to)
{
	time_t now = time(NULL) + ahead;

	if (to != NULL)
		*to = now;
	return now;
}

START_TEST(last_for_their_lifetime)
{
	struct tickets *t = load(NULL);

	gnutls_global_set_time_function(shifted);
	ahead = 0;
	ck_assert(!resumed_with(t));
	ahead = TICKETS_LIFETIME_S - 60;
	ck_assert(resumed_with(t));
	/* The ticket of the resumed session is no younger than the first. */
	ahead = TICKETS_LIFETIME_S + 60;
	ck_assert(!resumed_with(t));
	tickets_free(t);
}
END_TEST

/* A client that wants to resume without a new key exchange ... */
#define WITHOUT_EXCHANGE UNIT_TLS_1_3 ":+PSK"

/* ... may not, though it may if the priority says so and no more is said. */
START_TEST(never_resume_without_a_key_exchange)
{
	struct tickets *t = load(NULL);
	gnutls_session_t server;
	gnutls_priority_t policy;
	char why[POLICY_WHY_MAX];

	for (int i = 0; i < 2; i++) {
		server = unit_tls_session(GNUTLS_SERVER, WITHOUT_EXCHANGE);
		ck_assert_int_eq(tickets_enable(t, server), 0);
		ck_assert_int_eq(resumed(server, WITHOUT_EXCHANGE), i == 1);
	}
	ck_assert_int_eq(
	    policy_init(&policy, WITHOUT_EXCHANGE, POLICY_TLS_1_2, why), 0);
	for (int i = 0; i < 2; i++) {
		server = unit_tls_session(GNUTLS_SERVER, WITHOUT_EXCHANGE);
		ck_assert_int_eq(gnutls_priority_set(server, policy), 0);
		ck_assert_int_eq(tickets_enable(t, server), 0);
		ck_assert(!resumed(server, WITHOUT_EXCHANGE));
	}
	gnutls_priority_deinit(policy);
	tickets_free(t);
}
END_TEST

static void
expect_refusal(const char *file, const char *why)
{
	unsigned char octets[TICKETS_KEY_SIZE];
	const char *fault = fault_of(file, octets);

	ck_assert_ptr_nonnull(fault);
	ck_assert_msg(strstr(fault, why) != NULL, "%s", fault);
}

START_TEST(refuse_files_that_are_no_key)
{
	char octets[TICKETS_KEY_SIZE + 1] = "";
	const size_t sizes[] = {0, 1, TICKETS_KEY_SIZE - 1, sizeof(octets)};
	const char *path;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		path = unit_file_write("size.key", octets, sizes[i]);
		chmod(path, 0600);
		expect_refusal(path, "must have 64 octets");
	}
}
END_TEST

START_TEST(refuse_files_that_others_can_use)
{
	static const mode_t modes[] = {0604, 0602, 0601, 0644};
	const char *path = write_key("open.key", 'd');

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		chmod(path, modes[i]);
		expect_refusal(path, "others");
	}
	chmod(path, 0400);
	tickets_free(load(path));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tickets");
	TCase *c = unit_case(suite, "tickets");
	int status;

	tcase_add_checked_fixture(c, NULL, tear_down);
	tcase_add_test(c, are_none_unless_asked_for);
	tcase_add_test(c, resume_under_the_same_key);
	tcase_add_test(c, resume_under_the_key_of_a_file);
	tcase_add_test(c, rotate_in_time);
	tcase_add_test(c, leave_the_key_of_a_file_alone);
	tcase_add_test(c, last_for_their_lifetime);
	tcase_add_test(c, never_resume_without_a_key_exchange);
	tcase_add_test(c, refuse_files_that_are_no_key);
	tcase_add_test(c, refuse_files_that_others_can_use);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
