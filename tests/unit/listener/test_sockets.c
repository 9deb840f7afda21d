/*
 * Listening sockets: what is bound, what is refused with one line, and what is
 * inherited.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listener/sockets.h"
#include "log/log.h"
#include "log/systemd.h"
#include "unit.h"

static struct sockets sockets;
static char directory[] = "/tmp/pingtls-sockets.XXXXXX";
static char path[64];

static void
set_up(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
}

static void
tear_down(void)
{
	unlink(path);
	rmdir(directory);
}

/* Listens on these; nothing is said about it. */
static void
accept_addresses(const char *const *addresses, size_t count)
{
	const char *said;
	int ret;

	unit_capture_begin(STDERR_FILENO);
	ret = sockets_listen(&sockets, addresses, count);
	said = unit_capture_end();
	ck_assert_str_eq(said, "");
	ck_assert_int_eq(ret, 0);
}

/* Is refused with one line, and leaves nothing open. */
static void
refuse(const char *const *addresses, size_t count, const char *why)
{
	size_t before = unit_descriptors(getpid());
	char want[512];
	const char *said;
	int ret;

	unit_capture_begin(STDERR_FILENO);
	ret = sockets_listen(&sockets, addresses, count);
	said = unit_capture_end();
	snprintf(want, sizeof(want), "pingtlsd: cannot listen on %s\n", why);
	ck_assert_str_eq(said, want);
	ck_assert_int_eq(ret, -1);
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
}

static void
refuse_one(const char *address, const char *why)
{
	char line[400];

	snprintf(line, sizeof(line), "%s: %s", address, why);
	refuse(&address, 1, line);
}

static int
reach(const char *where)
{
	struct sockaddr_un remote = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ret;

	strcpy(remote.sun_path, where);
	ret = connect(fd, (struct sockaddr *)&remote, sizeof(remote));
	close(fd);
	return ret;
}

START_TEST(listens_on_several)
{
	const char *const addresses[] = {"127.0.0.1:0", "[127.0.0.2]:0", path};
	const char *said;

	accept_addresses(addresses, 3);
	ck_assert_uint_eq(sockets.count, 3);
	unit_capture_begin(STDERR_FILENO);
	sockets_announce(&sockets);
	said = unit_capture_end();
	ck_assert_uint_eq(unit_lines(said), 3);
	ck_assert_ptr_nonnull(
	    strstr(said, "pingtlsd: listening on 127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(said, "listening on 127.0.0.2:"));
	ck_assert_ptr_nonnull(strstr(said, path));
	ck_assert_ptr_null(strstr(said, ":0\n"));
	ck_assert_int_eq(reach(path), 0);
	sockets_remove(&sockets);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(closes_without_removing)
{
	const char *address = path;

	accept_addresses(&address, 1);
	sockets_close(&sockets);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(reach(path), -1);
}
END_TEST

START_TEST(replaces_what_a_dead_process_left)
{
	const char *address = path;

	accept_addresses(&address, 1);
	sockets_close(&sockets);
	accept_addresses(&address, 1);
	ck_assert_int_eq(reach(path), 0);
	sockets_remove(&sockets);
}
END_TEST

START_TEST(leaves_the_live_and_the_other_alone)
{
	struct sockets live;
	const char *address = path;
	FILE *file;

	accept_addresses(&address, 1);
	live = sockets;
	refuse_one(path, "Address already in use");
	ck_assert_int_eq(reach(path), 0);
	sockets_remove(&live);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	refuse_one(path, "Address already in use");
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

static const struct {
	const char *address, *why;
} mistakes[] = {
    {"", "not an address; say port, host:port, [ipv6]:port or /path"},
    {"[::1", "not an address; say port, host:port, [ipv6]:port or /path"},
    {":1", "not an address; say port, host:port, [ipv6]:port or /path"},
    {"a b:1", "not an address; say port, host:port, [ipv6]:port or /path"},
    {"1.2.3.4.5", "not an address; say port, host:port, [ipv6]:port or /path"},
    {"65536", "no port is above 65535"},
    {"127.0.0.1:65536", "no port is above 65535"},
    {"127.0.0.1:no-such-service", "Servname not supported for ai_socktype"},
    {"/nowhere/socket", "No such file or directory"},
    {"/0123456789012345678901234567890123456789012345678901234567890123456789"
     "01234567890123456789012345678901234567",
	"the path is too long"},
};

START_TEST(says_what_is_wrong)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		refuse_one(mistakes[i].address, mistakes[i].why);
}
END_TEST

/* One that cannot be bound takes those before it along. */
START_TEST(listens_on_all_or_none)
{
	const char *const addresses[] = {"127.0.0.1:0", path, "203.0.113.1:1"};

	refuse(addresses, 3, "203.0.113.1:1: Cannot assign requested address");
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(has_room_for_so_many)
{
	const char *addresses[SOCKETS_MAX + 1];
	char line[128];

	for (size_t i = 0; i < SOCKETS_MAX; i++)
		addresses[i] = "127.0.0.1:0";
	accept_addresses(addresses, SOCKETS_MAX);
	sockets_remove(&sockets);
	addresses[SOCKETS_MAX] = path;
	snprintf(line, sizeof(line), "%s: too many addresses", path);
	refuse(addresses, SOCKETS_MAX + 1, line);
	addresses[SOCKETS_MAX] = "127.0.0.1:0";
	refuse(addresses, SOCKETS_MAX + 1, "127.0.0.1:0: too many addresses");
}
END_TEST

/* Puts `fd` where systemd passes the first. */
static void
pass(int fd)
{
	ck_assert_int_eq(dup2(fd, SYSTEMD_FIRST_SOCKET), SYSTEMD_FIRST_SOCKET);
}

START_TEST(takes_over_what_listens_and_nothing_else)
{
	const char *address = path, *said;
	struct sockets ours;
	int pair[2], ret;

	accept_addresses(&address, 1);
	ours = sockets;
	pass(ours.fds[0]);
	ck_assert_int_eq(sockets_inherit(&sockets, 1), 0);
	ck_assert_uint_eq(sockets.count, 1);
	ck_assert_int_eq(sockets.fds[0], SYSTEMD_FIRST_SOCKET);
	/* The path is systemd's. */
	sockets_remove(&sockets);
	ck_assert_int_eq(access(path, F_OK), 0);
	sockets_remove(&ours);

	unit_pair(pair);
	pass(pair[0]);
	unit_capture_begin(STDERR_FILENO);
	ret = sockets_inherit(&sockets, 1);
	said = unit_capture_end();
	ck_assert_int_eq(ret, -1);
	ck_assert_str_eq(said, "pingtlsd: the socket passed as descriptor 3 is "
			       "no listening stream socket\n");
	unit_capture_begin(STDERR_FILENO);
	ret = sockets_inherit(&sockets, SOCKETS_MAX + 1);
	said = unit_capture_end();
	ck_assert_int_eq(ret, -1);
	ck_assert_str_eq(said, "pingtlsd: 65 sockets passed, more than 64\n");
}
END_TEST

START_TEST(knows_a_connection)
{
	const char *address = "127.0.0.1:0";
	int pair[2], pipes[2];

	unit_pair(pair);
	ck_assert(sockets_is_connected(pair[0]));
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert(!sockets_is_connected(pipes[0]));
	ck_assert(!sockets_is_connected(-1));
	accept_addresses(&address, 1);
	ck_assert(!sockets_is_connected(sockets.fds[0]));
	sockets_close(&sockets);
	close(pipes[0]);
	close(pipes[1]);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sockets");
	TCase *c = unit_case(suite, "sockets");

	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_DEBUG);
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, listens_on_several);
	tcase_add_test(c, closes_without_removing);
	tcase_add_test(c, replaces_what_a_dead_process_left);
	tcase_add_test(c, leaves_the_live_and_the_other_alone);
	tcase_add_test(c, says_what_is_wrong);
	tcase_add_test(c, listens_on_all_or_none);
	tcase_add_test(c, has_room_for_so_many);
	tcase_add_test(c, takes_over_what_listens_and_nothing_else);
	tcase_add_test(c, knows_a_connection);
	return unit_main(suite);
}
