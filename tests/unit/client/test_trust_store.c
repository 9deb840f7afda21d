/*
 * The system's trust store: of it, what a chain needs and nothing else.
 */
#include "client/trust_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit.h"
#include "unit_certificate.h"
#include "unit_files.h"

enum { LEAF, INTERMEDIATE, ROOT, NAMESAKE, STRANGER, CERTIFICATES };

static struct unit_certificate made[CERTIFICATES];
static gnutls_datum_t chain[2];
static gnutls_x509_trust_list_t list;

static void
set_up(void)
{
	time_t from = time(NULL) - UNIT_DAY;

	unit_certificate_make(&made[ROOT], "root", from, true, &made[ROOT]);
	unit_certificate_make(
	    &made[NAMESAKE], "root", from, true, &made[NAMESAKE]);
	unit_certificate_make(
	    &made[STRANGER], "stranger", from, true, &made[STRANGER]);
	unit_certificate_make(
	    &made[INTERMEDIATE], "intermediate", from, true, &made[ROOT]);
	unit_certificate_make(
	    &made[LEAF], "mx.example.net", from, false, &made[INTERMEDIATE]);
	chain[0] = made[LEAF].der;
	chain[1] = made[INTERMEDIATE].der;
	ck_assert_int_eq(gnutls_x509_trust_list_init(&list, 0), 0);
}

static void
tear_down(void)
{
	gnutls_x509_trust_list_deinit(list, 1);
	for (int i = 0; i < CERTIFICATES; i++)
		unit_certificate_free(&made[i]);
}

static void
add_text(char *store, size_t size, const char *text)
{
	size_t used = strlen(store);

	snprintf(store + used, size - used, "%s", text);
}

/* Writes a store with these certificates, other text between them; -1 ends. */
static const char *
store_of(const int *which)
{
	char store[16384] = "";

	for (; *which != -1; which++) {
		add_text(store, sizeof(store), "# Some CA, of --- somewhere\n");
		add_text(
		    store, sizeof(store), (const char *)made[*which].pem.data);
	}
	return unit_file_write("store.pem", store, strlen(store));
}

/* True if the certificate is in the list; `count` becomes how many are. */
static bool
trusts(const gnutls_datum_t *der, unsigned int *count)
{
	gnutls_x509_trust_list_iter_t at = NULL;
	gnutls_x509_crt_t certificate;
	bool found = false;

	for (*count = 0;
	     gnutls_x509_trust_list_iter_get_ca(list, &at, &certificate) == 0;
	     ++*count) {
		found |= gnutls_x509_crt_equals2(certificate, der) != 0;
		gnutls_x509_crt_deinit(certificate);
	}
	return found;
}

static unsigned int
trusted(void)
{
	unsigned int count;

	trusts(&made[ROOT].der, &count);
	return count;
}

/* Reads the store, and adds from it what the chain needs.  Returns how many
 * certificates it holds. */
static int
add_from(
    const char *file, const gnutls_datum_t *certificates, unsigned int size)
{
	struct trust_store *store = trust_store_read(file);
	unsigned int count = trust_store_size(store);

	ck_assert_ptr_nonnull(store);
	trust_store_add(store, list, certificates, size);
	trust_store_free(store);
	return (int)count;
}

START_TEST(adds_the_issuer_and_no_other)
{
	const char *store = store_of((int[]){STRANGER, ROOT, -1});
	unsigned int count;

	ck_assert_int_eq(add_from(store, chain, 2), 2);
	ck_assert(trusts(&made[ROOT].der, &count));
	ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(adds_all_of_the_issuers_name)
{
	const char *store = store_of((int[]){NAMESAKE, ROOT, -1});

	ck_assert_int_eq(add_from(store, chain, 2), 2);
	ck_assert_uint_eq(trusted(), 2);
}
END_TEST

START_TEST(adds_what_the_server_sent_itself)
{
	const char *store = store_of((int[]){LEAF, STRANGER, INTERMEDIATE, -1});

	ck_assert_int_eq(add_from(store, chain, 2), 3);
	ck_assert_uint_eq(trusted(), 2);
}
END_TEST

START_TEST(adds_nothing_twice)
{
	const char *store = store_of((int[]){ROOT, ROOT, -1});

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(add_from(store, chain, 2), 2);
	ck_assert_uint_eq(trusted(), 1);
}
END_TEST

START_TEST(adds_nothing_for_a_stranger)
{
	const char *store = store_of((int[]){STRANGER, -1});

	ck_assert_int_eq(add_from(store, chain, 2), 1);
	ck_assert_uint_eq(trusted(), 0);
	ck_assert_int_eq(add_from(store, NULL, 0), 1);
}
END_TEST

/* Whatever is in the store: what is a certificate counts, the rest does not. */
START_TEST(skips_what_it_cannot_parse)
{
	char store[16384] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
			    "-----END CERTIFICATE-----\n"
			    "-----BEGIN X509 CRL-----\nMAA=\n"
			    "-----END X509 CRL-----\n"
			    "-----BEGIN CERTIFICATE-----\n*\n"
			    "-----END CERTIFICATE-----\n";

	add_text(store, sizeof(store), (const char *)made[ROOT].pem.data);
	add_text(store, sizeof(store), "-----BEGIN CERTIFICATE-----\nMII");
	ck_assert_int_eq(
	    add_from(
		unit_file_write("store.pem", store, strlen(store)), chain, 2),
	    1);
	ck_assert_uint_eq(trusted(), 1);
}
END_TEST

START_TEST(knows_the_other_label_of_certificates)
{
	static const char label[] = "X509 CERTIFICATE";
	gnutls_datum_t pem;
	const char *store;

	ck_assert_int_eq(
	    gnutls_pem_base64_encode2(label, &made[ROOT].der, &pem), 0);
	store = unit_file_write("store.pem", pem.data, pem.size);
	gnutls_free(pem.data);
	ck_assert_int_eq(add_from(store, chain, 2), 1);
	ck_assert_uint_eq(trusted(), 1);
}
END_TEST

START_TEST(skips_certificates_that_are_broken)
{
	gnutls_datum_t der = made[INTERMEDIATE].der;

	/* Its names are found in no chain that is cut. */
	for (unsigned int size = 0; size < der.size; size++) {
		const gnutls_datum_t cut = {der.data, size};

		ck_assert_int_eq(
		    add_from(store_of((int[]){ROOT, -1}), &cut, 1), 1);
	}
	ck_assert_uint_eq(trusted(), 0);
}
END_TEST

START_TEST(says_that_the_store_cannot_be_read)
{
	ck_assert_ptr_null(trust_store_read("/nowhere/store.pem"));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_uint_eq(trust_store_size(NULL), 0);
	ck_assert_int_eq(
	    add_from(unit_file_write("empty.pem", "", 0), chain, 2), 0);
}
END_TEST

/* Debian's own, if it is there: GnuTLS knows no certificate of it that is not
 * found. */
START_TEST(finds_every_certificate_of_the_system)
{
	gnutls_x509_crt_t *all;
	gnutls_datum_t store, der;
	unsigned int count, now;

	if (gnutls_load_file(TRUST_STORE_FILE, &store) < 0)
		return;
	ck_assert_int_ge(gnutls_x509_crt_list_import2(
			     &all, &count, &store, GNUTLS_X509_FMT_PEM, 0),
	    0);
	for (unsigned int i = 0; i < count; i++) {
		gnutls_x509_crt_export2(all[i], GNUTLS_X509_FMT_DER, &der);
		ck_assert_int_eq(add_from(TRUST_STORE_FILE, &der, 1), count);
		ck_assert(trusts(&der, &now));
		gnutls_free(der.data);
		gnutls_x509_crt_deinit(all[i]);
	}
	gnutls_free(all);
	gnutls_free(store.data);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trust_store");
	TCase *store = unit_case(suite, "store");
	int status;

	tcase_add_checked_fixture(store, set_up, tear_down);
	tcase_add_test(store, adds_the_issuer_and_no_other);
	tcase_add_test(store, adds_all_of_the_issuers_name);
	tcase_add_test(store, adds_what_the_server_sent_itself);
	tcase_add_test(store, adds_nothing_twice);
	tcase_add_test(store, adds_nothing_for_a_stranger);
	tcase_add_test(store, skips_what_it_cannot_parse);
	tcase_add_test(store, knows_the_other_label_of_certificates);
	tcase_add_test(store, skips_certificates_that_are_broken);
	tcase_add_test(store, says_that_the_store_cannot_be_read);
	tcase_add_test(store, finds_every_certificate_of_the_system);
	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
