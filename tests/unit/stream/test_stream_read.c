/*
 * What else than our protocol's lines is read from a stream: longer lines, up
 * to any octet, exactly so many octets.  Of what follows, nothing is taken.
 */
#include <string.h>
#include <unistd.h>

#include "stream/stream.h"
#include "unit.h"
#include "unit_peer.h"

/* As for services. */
#define SERVICES_LINE_MAX 8192
/* A deadline that is over: the next wait ends at once. */
#define OVER 1

static struct stream *s;
static int ours;
static struct unit_peer peer;
static char data[SERVICES_LINE_MAX], sent[SERVICES_LINE_MAX + 1];

static void
set_up(void)
{
	int fds[2];

	unit_pair(fds);
	ours = fds[0];
	peer = (struct unit_peer){.fd = fds[1]};
	s = stream_new(ours, SERVICES_LINE_MAX);
	ck_assert_ptr_nonnull(s);
}

static void
tear_down(void)
{
	stream_free(s);
	s = NULL;
}

static void
hang_up(void)
{
	close(peer.fd);
}

START_TEST(takes_lines_as_long_as_it_was_told)
{
	memset(sent, 'x', sizeof(sent));
	sent[SERVICES_LINE_MAX - 1] = '\n';
	unit_send(peer.fd, sent, SERVICES_LINE_MAX);
	ck_assert_int_eq(
	    stream_read_line(s, data, sizeof(data)), SERVICES_LINE_MAX - 1);
	ck_assert_mem_eq(data, sent, SERVICES_LINE_MAX - 1);

	memset(sent, 'x', sizeof(sent));
	unit_send(peer.fd, sent, sizeof(sent));
	ck_assert_int_eq(
	    stream_read_line(s, data, sizeof(data)), STREAM_TOO_LONG);
	ck_assert_uint_eq(unit_waiting(ours), 1);
	hang_up();
}
END_TEST

START_TEST(reads_up_to_any_octet_and_no_further)
{
	unit_send_text(peer.fd, "<a b='\n'>\r\n <c>\026");
	ck_assert_int_eq(stream_read_until(s, '>', data, sizeof(data)), 9);
	ck_assert_mem_eq(data, "<a b='\n'>", 9);
	ck_assert_uint_eq(unit_waiting(ours), 7);
	ck_assert_int_eq(stream_read_until(s, '>', data, sizeof(data)), 6);
	ck_assert_mem_eq(data, "\r\n <c>", 6);
	ck_assert_uint_eq(unit_waiting(ours), 1);
	ck_assert_uint_eq(stream_octets_in(s), 15);
	hang_up();
}
END_TEST

START_TEST(bounds_what_it_reads_up_to_an_octet)
{
	unit_send_text(peer.fd, "abc>abcd>");
	ck_assert_int_eq(stream_read_until(s, '>', data, 4), 4);
	ck_assert_int_eq(stream_read_until(s, '>', data, 4), STREAM_TOO_LONG);
	ck_assert_uint_eq(unit_waiting(ours), 1);
	hang_up();
}
END_TEST

START_TEST(reads_exactly_so_many_octets)
{
	const char octets[] = "S\0\n\026rest";

	unit_send(peer.fd, octets, sizeof(octets) - 1);
	ck_assert_int_eq(stream_read_exact(s, data, 1), 0);
	ck_assert_int_eq(data[0], 'S');
	ck_assert_uint_eq(unit_waiting(ours), sizeof(octets) - 2);
	ck_assert_int_eq(stream_read_exact(s, data, 3), 0);
	ck_assert_mem_eq(data, octets + 1, 3);
	ck_assert_uint_eq(unit_waiting(ours), 4);
	ck_assert_uint_eq(stream_octets_in(s), 4);
	hang_up();
}
END_TEST

START_TEST(tells_an_end_among_the_octets_from_one_before_them)
{
	unit_send_text(peer.fd, "abc");
	hang_up();
	ck_assert_int_eq(stream_read_exact(s, data, 2), 0);
	ck_assert_int_eq(stream_read_exact(s, data, 2), STREAM_TRUNCATED);
	ck_assert_int_eq(stream_read_exact(s, data, 2), STREAM_EOF);
}
END_TEST

START_TEST(shows_what_it_has_of_a_line)
{
	const char *octets;

	ck_assert_uint_eq(stream_unfinished(s, &octets), 0);
	unit_send_text(peer.fd, "one\n220");
	ck_assert_int_eq(stream_read_line(s, data, sizeof(data)), 3);
	ck_assert_uint_eq(stream_unfinished(s, &octets), 0);
	stream_set_deadline(s, OVER);
	ck_assert_int_eq(
	    stream_read_line(s, data, sizeof(data)), STREAM_TIMEOUT);
	ck_assert_uint_eq(stream_unfinished(s, &octets), 3);
	ck_assert_mem_eq(octets, "220", 3);
	hang_up();
	ck_assert_int_eq(
	    stream_read_line(s, data, sizeof(data)), STREAM_TRUNCATED);
	ck_assert_uint_eq(stream_unfinished(s, &octets), 3);
}
END_TEST

/* A handshake or an alert, which has no LF to wait for. */
START_TEST(knows_tls_where_a_line_had_to_be)
{
	static const char *const records[] = {"\026\003\001", "\025\003\003"};
	const char *octets;

	unit_send_text(peer.fd, records[_i]);
	ck_assert_int_eq(
	    stream_read_line(s, data, sizeof(data)), STREAM_EARLY_TLS);
	ck_assert_uint_eq(stream_unfinished(s, &octets), 3);
	hang_up();
}
END_TEST

/* The same over TLS, from a peer that sends an octet a record. */
static void
talk(struct unit_peer *p)
{
	memset(sent, 'x', SERVICES_LINE_MAX);
	sent[SERVICES_LINE_MAX - 1] = '\n';
	sent[SERVICES_LINE_MAX] = '\0';
	unit_peer_say(p, sent);
	for (const char *at = "<a>bcdefg"; *at != '\0'; at++)
		unit_peer_say(p, (const char[]){*at, '\0'});
	gnutls_bye(p->tls, GNUTLS_SHUT_WR);
	unit_peer_linger(p);
}

START_TEST(reads_the_same_over_tls)
{
	peer.role = GNUTLS_SERVER;
	peer.priority = UNIT_TLS_1_3;
	peer.talk = talk;
	unit_peer_start(&peer);
	ck_assert_int_eq(
	    stream_upgrade(s, unit_tls_session(GNUTLS_CLIENT | GNUTLS_NONBLOCK,
				  UNIT_TLS_1_3)),
	    0);
	ck_assert_int_eq(
	    stream_read_line(s, data, sizeof(data)), SERVICES_LINE_MAX - 1);
	ck_assert_int_eq(stream_read_until(s, '>', data, sizeof(data)), 3);
	ck_assert_mem_eq(data, "<a>", 3);
	ck_assert_int_eq(stream_read_exact(s, data, 4), 0);
	ck_assert_mem_eq(data, "bcde", 4);
	ck_assert_int_eq(stream_read_exact(s, data, 4), STREAM_TRUNCATED);
	ck_assert_int_eq(stream_read_exact(s, data, 4), STREAM_EOF);
	stream_free(s);
	s = NULL;
	unit_peer_join(&peer);
	ck_assert_int_eq(peer.handshake, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stream_read");
	TCase *c = unit_case(suite, "stream_read");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, takes_lines_as_long_as_it_was_told);
	tcase_add_test(c, reads_up_to_any_octet_and_no_further);
	tcase_add_test(c, bounds_what_it_reads_up_to_an_octet);
	tcase_add_test(c, reads_exactly_so_many_octets);
	tcase_add_test(c, tells_an_end_among_the_octets_from_one_before_them);
	tcase_add_test(c, shows_what_it_has_of_a_line);
	tcase_add_loop_test(c, knows_tls_where_a_line_had_to_be, 0, 2);
	tcase_add_test(c, reads_the_same_over_tls);
	return unit_main(suite);
}
