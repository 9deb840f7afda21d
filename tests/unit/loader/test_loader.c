/*
 * The loader as the listener asks it, in ways in which a listener that was
 * taken over may ask, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader/load.h"
#include "loader/loader_wire.h"
#include "log/log.h"
#include "unit.h"
#include "unit_files.h"

static struct key_pair pair;
static const char *listening[2];
static struct credentials_options credentials;
static struct loader_options options;
static struct loader *loader;

static void
set_up(void)
{
	pair.certificate_file = unit_file("ecdsa-cert.pem");
	pair.key_file = unit_file("ecdsa-key.pem");
	credentials = (struct credentials_options){
	    .keyholder = {.pairs = &pair, .count = 1}};
	options = (struct loader_options){
	    .credentials = &credentials, .listen = listening};
}

static void
start(void)
{
	loader = loader_start(&options);
	ck_assert_ptr_nonnull(loader);
}

/* It ends with the last who could ask it, and its keyholders do. */
static void
tear_down(void)
{
	loader_end(loader);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static struct load *
begin(void)
{
	struct load *load = load_begin(loader);

	ck_assert_ptr_nonnull(load);
	return load;
}

static void
loads(void)
{
	struct load *load = begin();
	struct bundle bundle;

	ck_assert_int_eq(load_wait(load, -1), LOAD_DONE);
	ck_assert_int_eq(load_bundle(load, &bundle), 0);
	ck_assert_uint_eq(bundle.count, 1);
	close(load_take_keyholder(load));
	load_free(load);
}

START_TEST(loads_again_and_again)
{
	start();
	for (int i = 0; i < 3; i++)
		loads();
}
END_TEST

/* What it logs meanwhile. */
static const char *
fails(void)
{
	struct load *load;

	unit_capture_begin(STDERR_FILENO);
	load = begin();
	ck_assert_int_eq(load_wait(load, -1), LOAD_FAILED);
	load_free(load);
	return unit_capture_end();
}

START_TEST(says_in_one_line_why_a_load_fails)
{
	const char *said;

	pair.key_file = unit_file("nowhere.pem");
	start();
	said = fails();
	ck_assert_uint_eq(unit_lines(said), 1);
	ck_assert_msg(strstr(said, pair.key_file) != NULL, "%s", said);
	ck_assert_msg(strstr(said, "No such file") != NULL, "%s", said);
}
END_TEST

START_TEST(refuses_a_load_beside_one_that_hangs)
{
	const char *said;
	struct load *hanging;

	pair.certificate_file = unit_file("hangs.pem");
	ck_assert_int_eq(mkfifo(pair.certificate_file, 0600), 0);
	start();
	hanging = begin();
	said = fails();
	ck_assert_uint_eq(unit_lines(said), 1);
	ck_assert_msg(
	    strstr(said, "an earlier load still waits") != NULL, "%s", said);
	ck_assert_int_eq(load_continue(hanging), LOAD_PENDING);
	load_free(hanging);
}
END_TEST

/* Sends a request of `size` octets. */
static void
ask(uint32_t kind, size_t size, int descriptor)
{
	struct loader_request request = {.kind = kind};

	ck_assert_int_eq(loader_send(loader, &request, size, descriptor), 0);
}

START_TEST(goes_on_after_what_is_no_request)
{
	size_t head = sizeof(uint32_t);

	start();
	ask(LOADER_LOAD, head, -1);
	ask(0, head, -1);
	ask(4711, head, STDIN_FILENO);
	ask(LOADER_LOAD, head, STDIN_FILENO);
	ask(LOADER_WRITE_METRICS, head, -1);
	ask(LOADER_REMOVE_PID_FILE, sizeof(struct loader_request), -1);
	loads();
}
END_TEST

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

START_TEST(removes_what_the_options_name_and_nothing_else)
{
	const char *socket = unit_file_write("socket", "", 0);
	const char *pid = unit_file_write("pid", "", 0);

	listening[0] = socket;
	listening[1] = "127.0.0.1:1";
	options.listen_count = 2;
	options.pid_file = pid;
	start();
	loader_remove_sockets(loader);
	loads(); /* after which it is done */
	ck_assert(!is_there(socket));
	ck_assert(is_there(pid));
	loader_remove_pid_file(loader);
	loads();
	ck_assert(!is_there(pid));
	ck_assert(is_there(pair.certificate_file));
}
END_TEST

START_TEST(writes_the_metrics)
{
	const char *path = unit_file("metrics");
	size_t size;
	char *read;

	options.metrics_file = path;
	start();
	ck_assert_int_eq(loader_write_metrics(loader, "pings 1\n", 8), 0);
	while (!is_there(path))
		usleep(1000);
	read = unit_file_read(path, &size);
	ck_assert_str_eq(read, "pings 1\n");
	free(read);
}
END_TEST

START_TEST(finishes_the_metrics_before_it_ends)
{
	const char *path = unit_file("last/metrics");
	size_t size;
	char *read;

	ck_assert_int_eq(mkdir(unit_file("last"), 0700), 0);
	options.metrics_file = path;
	start();
	ck_assert_int_eq(loader_write_metrics(loader, "pings 1\n", 8), 0);
	loader_end(loader);
	loader = NULL;
	read = unit_file_read(path, &size);
	ck_assert_str_eq(read, "pings 1\n");
	free(read);
	/* Else a temporary file is left. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(unit_file("last")), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loader");
	TCase *c = unit_case(suite, "loader");
	int status;

	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_INFO);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, loads_again_and_again);
	tcase_add_test(c, says_in_one_line_why_a_load_fails);
	tcase_add_test(c, refuses_a_load_beside_one_that_hangs);
	tcase_add_test(c, goes_on_after_what_is_no_request);
	tcase_add_test(c, removes_what_the_options_name_and_nothing_else);
	tcase_add_test(c, writes_the_metrics);
	tcase_add_test(c, finishes_the_metrics_before_it_ends);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
