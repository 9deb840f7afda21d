/*
 * The TLS policy: what is not understood is named.
 */
#include "tls/policy.h"

#include <string.h>

#include "unit.h"

static char why[POLICY_WHY_MAX];

START_TEST(the_part_that_is_not_understood)
{
	static const char *const strings[][2] = {
	    {"NORML", "\"NORML\" is not understood"},
	    {"NORMAL:+FOO:-SHA1", "\"+FOO\" is not understood"},
	    {"NORMAL:%BAR", "\"%BAR\" is not understood"},
	    {"NORMAL:-VERS-ALL", "priorities"},
	    {"NORMAL:", "it has an empty part at character 8"},
	    {"NORMAL::+FOO", "it has an empty part at character 8"},
	    {":NORMAL", "it has an empty part at character 1"},
	    {"", "cannot use TLS priority \"\": it has an empty part"},
	};
	gnutls_priority_t policy;
	char string[1000];

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		ck_assert_int_eq(
		    policy_init(&policy, strings[i][0], POLICY_TLS_1_2, why),
		    -1);
		ck_assert_msg(strstr(why, strings[i][1]) != NULL, "%s", why);
	}
	memset(string, 'x', sizeof(string) - 1);
	string[sizeof(string) - 1] = '\0';
	ck_assert_int_eq(policy_init(&policy, string, POLICY_TLS_1_2, why), -1);
	ck_assert_ptr_nonnull(strstr(why, "xx...\": \"xx"));
	ck_assert_ptr_nonnull(strstr(why, "xx...\" is not understood"));
}
END_TEST

START_TEST(good_ones)
{
	static const char *const strings[] = {
	    NULL, "NORMAL", "SECURE256:-VERS-TLS1.2"};
	gnutls_priority_t policy;

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		ck_assert_int_eq(
		    policy_init(&policy, strings[i], POLICY_TLS_1_2, why), 0);
		gnutls_priority_deinit(policy);
	}
}
END_TEST

/* The keyholder makes no others (signing.h). */
START_TEST(no_signature_over_sha1)
{
	static const char *const strings[] = {
	    NULL, "NORMAL", "LEGACY:+SIGN-ALL", "NORMAL:+SIGN-RSA-SHA1"};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		gnutls_priority_t policy;
		const unsigned int *schemes;
		int count;

		ck_assert_int_eq(
		    policy_init(&policy, strings[i], POLICY_TLS_1_2, why), 0);
		count = gnutls_priority_sign_list(policy, &schemes);
		ck_assert_int_gt(count, 0);
		for (int j = 0; j < count; j++)
			ck_assert_int_ne(
			    gnutls_sign_get_hash_algorithm(
				(gnutls_sign_algorithm_t)schemes[j]),
			    GNUTLS_DIG_SHA1);
		gnutls_priority_deinit(policy);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy");
	TCase *c = unit_case(suite, "policy");

	tcase_add_test(c, the_part_that_is_not_understood);
	tcase_add_test(c, good_ones);
	tcase_add_test(c, no_signature_over_sha1);
	return unit_main(suite);
}
