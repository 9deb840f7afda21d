/*
 * TLSA records against chains.
 */
#include "client/tlsa_match.h"

#include <time.h>

#include "unit.h"
#include "unit_certificate.h"
#include "unit_tlsa.h"

enum { LEAF, INTERMEDIATE, ROOT, STRANGER, CERTIFICATES };

static struct unit_certificate made[CERTIFICATES];
static gnutls_datum_t der[CERTIFICATES];
static struct tlsa record;
static struct tlsa_peer peer;
static struct tlsa_result result;

static void
make_chain(time_t from)
{
	time_t now = time(NULL);

	unit_certificate_make(
	    &made[ROOT], "root", now - UNIT_DAY, true, &made[ROOT]);
	unit_certificate_make(
	    &made[STRANGER], "stranger", now - UNIT_DAY, true, &made[STRANGER]);
	unit_certificate_make(&made[INTERMEDIATE], "intermediate",
	    now - UNIT_DAY, true, &made[ROOT]);
	unit_certificate_make(
	    &made[LEAF], "mx.example.net", from, false, &made[INTERMEDIATE]);
	for (int i = 0; i < CERTIFICATES; i++)
		der[i] = made[i].der;
	peer = (struct tlsa_peer){.chain = {der, 3}, .name = "mx.example.net"};
}

static void
set_up(void)
{
	make_chain(time(NULL) - UNIT_DAY);
}

static void
tear_down(void)
{
	for (int i = 0; i < CERTIFICATES; i++)
		unit_certificate_free(&made[i]);
}

static struct tlsa
record_of(uint8_t usage, uint8_t selector, uint8_t matching, int i)
{
	return unit_tlsa_of(&made[i], usage, selector, matching);
}

static enum tlsa_verdict
check(size_t count, const struct tlsa *records)
{
	tlsa_check(records, count, &peer, &result);
	return result.verdict;
}

static const struct {
	uint8_t usage, selector, matching;
	int of;
	enum tlsa_verdict verdict;
} kinds[] = {
    {3, 1, 1, LEAF, TLSA_MATCHED},
    {3, 0, 1, LEAF, TLSA_MATCHED},
    {3, 1, 2, LEAF, TLSA_MATCHED},
    {3, 0, 0, LEAF, TLSA_MATCHED},
    {3, 1, 0, LEAF, TLSA_MATCHED},
    {2, 1, 1, INTERMEDIATE, TLSA_MATCHED},
    {2, 0, 1, INTERMEDIATE, TLSA_MATCHED},
    {2, 1, 1, ROOT, TLSA_MATCHED},
    {2, 0, 2, ROOT, TLSA_MATCHED},
    {2, 0, 0, ROOT, TLSA_MATCHED},
    {3, 1, 1, INTERMEDIATE, TLSA_MISMATCH},
    {3, 1, 1, STRANGER, TLSA_MISMATCH},
    /* RFC 7671, 5.2: the server's own certificate is no issuer. */
    {2, 1, 1, LEAF, TLSA_MISMATCH},
    {2, 1, 1, STRANGER, TLSA_MISMATCH},
    {2, 0, 0, STRANGER, TLSA_MISMATCH},
    /* Nothing says that the chain was verified as PKIX wants it. */
    {1, 1, 1, LEAF, TLSA_MISMATCH},
    {0, 1, 1, ROOT, TLSA_MISMATCH},
    {4, 1, 1, LEAF, TLSA_UNUSABLE},
    {3, 2, 1, LEAF, TLSA_UNUSABLE},
};

START_TEST(each_kind_of_record)
{
	record = record_of(kinds[_i].usage, kinds[_i].selector,
	    kinds[_i].matching, kinds[_i].of);
	ck_assert_int_eq(check(1, &record), kinds[_i].verdict);
}
END_TEST

START_TEST(a_root_that_was_not_sent)
{
	peer.chain.size = 2;
	record = record_of(2, 0, 0, ROOT);
	ck_assert_int_eq(check(1, &record), TLSA_MATCHED);
	record = record_of(2, 0, 1, ROOT);
	ck_assert_int_eq(check(1, &record), TLSA_MISMATCH);
}
END_TEST

/* RFC 7671, 5.2.3. */
START_TEST(a_key_that_signed_the_last_certificate)
{
	for (unsigned int size = 1; size <= 2; size++) {
		peer.chain.size = size;
		record = record_of(2, 1, 0, size == 1 ? INTERMEDIATE : ROOT);
		ck_assert_int_eq(check(1, &record), TLSA_MATCHED);
		peer.name = "other.example.net";
		ck_assert_int_eq(check(1, &record), TLSA_MISMATCH);
		ck_assert(result.chain_status & GNUTLS_CERT_UNEXPECTED_OWNER);
		peer.name = "mx.example.net";
		record = record_of(2, 1, 0, STRANGER);
		ck_assert_int_eq(check(1, &record), TLSA_MISMATCH);
		ck_assert_uint_eq(result.chain_status, 0);
	}
	record = record_of(2, 1, 0, ROOT);
	record.size--;
	ck_assert_int_eq(check(1, &record), TLSA_MISMATCH);
}
END_TEST

START_TEST(a_chain_of_one_and_two_records)
{
	struct tlsa both[] = {
	    record_of(2, 0, 1, ROOT), record_of(3, 1, 1, LEAF)};

	peer.chain.size = 1;
	ck_assert_int_eq(check(2, both), TLSA_MATCHED);
	ck_assert_ptr_eq(result.record, &both[1]);
}
END_TEST

START_TEST(usage_3_ignores_names_and_usage_2_does_not)
{
	peer.name = "other.example.net";
	record = record_of(3, 1, 1, LEAF);
	ck_assert_int_eq(check(1, &record), TLSA_MATCHED);
	record = record_of(2, 1, 1, ROOT);
	ck_assert_int_eq(check(1, &record), TLSA_MISMATCH);
	ck_assert_uint_eq(result.chain_status,
	    GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER);
}
END_TEST

START_TEST(usage_3_ignores_dates_and_usage_2_does_not)
{
	tear_down();
	make_chain(time(NULL) - 20 * UNIT_DAY);
	record = record_of(3, 1, 1, LEAF);
	ck_assert_int_eq(check(1, &record), TLSA_MATCHED);
	record = record_of(2, 1, 1, INTERMEDIATE);
	ck_assert_int_eq(check(1, &record), TLSA_MISMATCH);
	ck_assert_uint_eq(
	    result.chain_status, GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED);
}
END_TEST

START_TEST(usages_0_and_1_take_a_verified_path_and_do_not_count_for_mail)
{
	struct tlsa both[] = {
	    record_of(0, 1, 1, ROOT), record_of(1, 1, 1, LEAF)};

	/* The root is trusted and was not sent. */
	peer.chain.size = 2;
	peer.path = (struct tlsa_chain){der, 3};
	ck_assert_int_eq(check(1, &both[0]), TLSA_MATCHED);
	ck_assert_int_eq(check(1, &both[1]), TLSA_MATCHED);
	/* What was sent beside the path does not count. */
	both[0] = record_of(0, 1, 1, STRANGER);
	ck_assert_int_eq(check(1, &both[0]), TLSA_MISMATCH);
	peer.without_pkix = true;
	ck_assert_int_eq(check(2, both), TLSA_UNUSABLE);
}
END_TEST

START_TEST(the_stronger_digest_outdoes_the_weaker)
{
	struct tlsa both[] = {
	    record_of(3, 1, 1, LEAF), record_of(3, 1, 2, STRANGER)};

	ck_assert_int_eq(check(2, both), TLSA_MISMATCH);
	both[1].selector = TLSA_CERTIFICATE;
	ck_assert_int_eq(check(2, both), TLSA_MATCHED);
}
END_TEST

/* Of the records that fail, the one with the authority of the chain is told
 * of. */
START_TEST(the_failure_that_is_told)
{
	struct tlsa records[] = {record_of(3, 1, 1, STRANGER),
	    record_of(2, 1, 1, ROOT), record_of(2, 0, 0, STRANGER)};

	ck_assert_int_eq(check(1, records), TLSA_MISMATCH);
	ck_assert_ptr_eq(result.record, &records[0]);
	ck_assert_uint_eq(result.chain_status, 0);
	peer.name = "other.example.net";
	ck_assert_int_eq(check(3, records), TLSA_MISMATCH);
	ck_assert_ptr_eq(result.record, &records[1]);
}
END_TEST

START_TEST(the_record_of_a_certificate)
{
	ck_assert_int_eq(tlsa_of_certificate(&der[LEAF], &record), 0);
	ck_assert_uint_eq(record.size, 32);
	ck_assert_int_eq(check(1, &record), TLSA_MATCHED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tlsa_match");
	TCase *c = unit_case(suite, "tlsa_match");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(
	    c, each_kind_of_record, 0, sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_test(c, a_root_that_was_not_sent);
	tcase_add_test(c, a_key_that_signed_the_last_certificate);
	tcase_add_test(c, a_chain_of_one_and_two_records);
	tcase_add_test(c, usage_3_ignores_names_and_usage_2_does_not);
	tcase_add_test(c, usage_3_ignores_dates_and_usage_2_does_not);
	tcase_add_test(
	    c, usages_0_and_1_take_a_verified_path_and_do_not_count_for_mail);
	tcase_add_test(c, the_stronger_digest_outdoes_the_weaker);
	tcase_add_test(c, the_failure_that_is_told);
	tcase_add_test(c, the_record_of_a_certificate);
	return unit_main(suite);
}
