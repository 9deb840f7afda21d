/*
 * TLSA records of usage 2 for each authority of a chain, however the chain was
 * sent.
 */
#include <time.h>

#include "client/tlsa_match.h"
#include "unit.h"
#include "unit_certificate.h"
#include "unit_tlsa.h"

/* Each issued by the next, up to the root. */
enum {
	LEAF,
	ISSUER,
	INTERMEDIATE,
	ROOT,
	AUTHORITIES,

	STRANGER = AUTHORITIES,
	RENEWED, /* the issuer's, with the same key */
	CROSS,   /* the intermediate's, issued by the stranger */
	FORGED,  /* with the issuer's name and another key */
	CERTIFICATES
};

#define SENT_MAX 6

static struct unit_certificate made[CERTIFICATES];
static gnutls_datum_t der[SENT_MAX];
static struct tlsa_peer peer;
static struct tlsa_result result;

/* One of the certificates may have expired. */
static void
make_chain(int expired)
{
	time_t from[CERTIFICATES], now = time(NULL);

	for (int i = 0; i < CERTIFICATES; i++)
		from[i] = now - (i == expired ? 20 : 1) * UNIT_DAY;
	unit_certificate_make(
	    &made[ROOT], "root", from[ROOT], true, &made[ROOT]);
	unit_certificate_make(
	    &made[STRANGER], "stranger", from[STRANGER], true, &made[STRANGER]);
	unit_certificate_make(&made[INTERMEDIATE], "intermediate",
	    from[INTERMEDIATE], true, &made[ROOT]);
	unit_certificate_make(
	    &made[ISSUER], "issuer", from[ISSUER], true, &made[INTERMEDIATE]);
	unit_certificate_make(
	    &made[LEAF], "mx.example.net", from[LEAF], false, &made[ISSUER]);
	unit_certificate_make_again(&made[RENEWED], "issuer", from[RENEWED],
	    &made[ISSUER], &made[INTERMEDIATE]);
	unit_certificate_make_again(&made[CROSS], "intermediate", from[CROSS],
	    &made[INTERMEDIATE], &made[STRANGER]);
	unit_certificate_make(
	    &made[FORGED], "issuer", from[FORGED], true, &made[INTERMEDIATE]);
}

static void
set_up(void)
{
	make_chain(-1);
}

static void
tear_down(void)
{
	for (int i = 0; i < CERTIFICATES; i++)
		unit_certificate_free(&made[i]);
}

/* What the server sends, up to -1. */
static void
send_chain(const int *sent)
{
	unsigned int size = 0;

	for (; size < SENT_MAX && sent[size] >= 0; size++)
		der[size] = made[sent[size]].der;
	peer =
	    (struct tlsa_peer){.chain = {der, size}, .name = "mx.example.net"};
}
#define SEND(...) send_chain((const int[SENT_MAX + 1]){__VA_ARGS__, -1})

/* The verdict by the record "2 SELECTOR MATCHING" of this certificate. */
static enum tlsa_verdict
check_kind(int of, uint8_t selector, uint8_t matching)
{
	struct tlsa record =
	    unit_tlsa_of(&made[of], TLSA_DANE_TA, selector, matching);

	tlsa_check(&record, 1, &peer, &result);
	return result.verdict;
}

/* All kinds of record that publish it agree on the verdict and its cause. */
static void
expect(int of, enum tlsa_verdict verdict, unsigned int status)
{
	for (uint8_t selector = 0; selector <= 1; selector++)
		for (uint8_t matching = 0; matching <= 2; matching++) {
			ck_assert_int_eq(
			    check_kind(of, selector, matching), verdict);
			ck_assert_uint_eq(result.chain_status, status);
		}
}

/* `beyond` is the issuer of the last certificate that is linked to the leaf. */
static const struct {
	int sent[SENT_MAX + 1], beyond;
} arrangements[] = {
    {{LEAF, -1}, ISSUER},
    {{LEAF, ISSUER, -1}, INTERMEDIATE},
    {{LEAF, ISSUER, INTERMEDIATE, -1}, ROOT},
    {{LEAF, ISSUER, INTERMEDIATE, ROOT, -1}, AUTHORITIES},
    {{LEAF, INTERMEDIATE, ISSUER, -1}, ROOT},
    {{LEAF, ROOT, INTERMEDIATE, ISSUER, -1}, AUTHORITIES},
    {{LEAF, STRANGER, ISSUER, INTERMEDIATE, -1}, ROOT},
    {{LEAF, ISSUER, STRANGER, INTERMEDIATE, -1}, ROOT},
    {{LEAF, ISSUER, INTERMEDIATE, STRANGER, -1}, ROOT},
    {{LEAF, ISSUER, ISSUER, INTERMEDIATE, INTERMEDIATE, -1}, ROOT},
    {{LEAF, LEAF, ISSUER, INTERMEDIATE, -1}, ROOT},
    {{LEAF, RENEWED, ISSUER, INTERMEDIATE, -1}, ROOT},
    {{LEAF, INTERMEDIATE, ROOT, -1}, ISSUER},
};
#define ARRANGEMENTS ((int)(sizeof(arrangements) / sizeof(arrangements[0])))

START_TEST(each_authority_that_was_sent_or_is_in_the_record)
{
	int beyond = arrangements[_i].beyond;

	send_chain(arrangements[_i].sent);
	for (int of = ISSUER; of < AUTHORITIES; of++)
		for (uint8_t selector = 0; selector <= 1; selector++)
			for (uint8_t matching = 0; matching <= 2; matching++) {
				bool good =
				    of < beyond ||
				    (of == beyond && matching == TLSA_EXACT);

				ck_assert_int_eq(
				    check_kind(of, selector, matching),
				    good ? TLSA_MATCHED : TLSA_MISMATCH);
			}
	expect(STRANGER, TLSA_MISMATCH, 0);
	expect(LEAF, TLSA_MISMATCH, 0);
}
END_TEST

START_TEST(for_the_name_alone)
{
	SEND(LEAF, ISSUER, INTERMEDIATE, ROOT);
	peer.name = "other.example.net";
	for (int of = ISSUER; of < AUTHORITIES; of++)
		expect(of, TLSA_MISMATCH,
		    GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER);
}
END_TEST

/* What is behind the authority may have expired, and nothing else. */
START_TEST(by_certificates_that_are_valid)
{
	tear_down();
	make_chain(_i);
	SEND(LEAF, ISSUER, INTERMEDIATE, ROOT);
	for (int of = ISSUER; of < AUTHORITIES; of++)
		if (of < _i)
			expect(of, TLSA_MATCHED, 0);
		else
			expect(of, TLSA_MISMATCH,
			    GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED);
}
END_TEST

START_TEST(by_signatures_that_are_right)
{
	SEND(LEAF, FORGED, INTERMEDIATE);
	expect(FORGED, TLSA_MISMATCH,
	    GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNATURE_FAILURE);
	expect(INTERMEDIATE, TLSA_MISMATCH,
	    GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNATURE_FAILURE);
}
END_TEST

/* A key is in several certificates. */
START_TEST(by_whichever_of_several_is_valid)
{
	tear_down();
	make_chain(RENEWED);
	SEND(LEAF, RENEWED, ISSUER, INTERMEDIATE);
	ck_assert_int_eq(check_kind(ISSUER, 1, 1), TLSA_MATCHED);
	SEND(LEAF, ISSUER, RENEWED, INTERMEDIATE);
	ck_assert_int_eq(check_kind(ISSUER, 1, 1), TLSA_MATCHED);
	ck_assert_int_eq(check_kind(ISSUER, 1, 0), TLSA_MATCHED);
	SEND(LEAF, RENEWED, INTERMEDIATE);
	expect(
	    RENEWED, TLSA_MISMATCH, GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED);
}
END_TEST

/* The same authority under another root is the same authority. */
START_TEST(by_a_cross_certificate)
{
	SEND(LEAF, ISSUER, CROSS);
	expect(CROSS, TLSA_MATCHED, 0);
	ck_assert_int_eq(check_kind(INTERMEDIATE, 0, 0), TLSA_MATCHED);
	ck_assert_int_eq(check_kind(INTERMEDIATE, 0, 1), TLSA_MISMATCH);
	ck_assert_int_eq(check_kind(STRANGER, 0, 0), TLSA_MATCHED);
	ck_assert_int_eq(check_kind(STRANGER, 1, 0), TLSA_MATCHED);
	SEND(LEAF, ISSUER, INTERMEDIATE, CROSS);
	expect(CROSS, TLSA_MATCHED, 0);
	expect(INTERMEDIATE, TLSA_MATCHED, 0);
}
END_TEST

START_TEST(never_by_itself)
{
	unit_certificate_free(&made[LEAF]);
	unit_certificate_make(&made[LEAF], "mx.example.net",
	    time(NULL) - UNIT_DAY, _i == 1, &made[LEAF]);
	SEND(LEAF);
	expect(LEAF, TLSA_MISMATCH, 0);
	SEND(LEAF, LEAF);
	expect(LEAF, TLSA_MISMATCH, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tlsa_anchor");
	TCase *c = unit_case(suite, "tlsa_anchor");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(c, each_authority_that_was_sent_or_is_in_the_record,
	    0, ARRANGEMENTS);
	tcase_add_test(c, for_the_name_alone);
	tcase_add_loop_test(
	    c, by_certificates_that_are_valid, LEAF, AUTHORITIES);
	tcase_add_test(c, by_signatures_that_are_right);
	tcase_add_test(c, by_whichever_of_several_is_valid);
	tcase_add_test(c, by_a_cross_certificate);
	tcase_add_loop_test(c, never_by_itself, 0, 2);
	return unit_main(suite);
}
