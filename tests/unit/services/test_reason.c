/*
 * The reasons of failures: each has its token and its words, and no two the
 * same.
 */
#include <stddef.h>
#include <string.h>

#include "services/reason.h"
#include "unit.h"

START_TEST(each_has_a_token_of_its_own)
{
	for (int i = REASON_NONE + 1; i < REASONS; i++) {
		const char *token = reason_token((enum reason)i);

		ck_assert_ptr_nonnull(token);
		ck_assert_uint_gt(strlen(token), 0);
		/* Fit for a label, a key and a shell. */
		ck_assert_uint_eq(strspn(token, "abcdefghijklmnopqrstuvwxyz-"),
		    strlen(token));
		for (int k = REASON_NONE + 1; k < i; k++)
			ck_assert_str_ne(token, reason_token((enum reason)k));
	}
}
END_TEST

START_TEST(each_has_words)
{
	for (int i = REASON_NONE + 1; i < REASONS; i++) {
		const char *words = reason_words((enum reason)i);

		ck_assert_ptr_nonnull(words);
		ck_assert_uint_gt(strlen(words), 0);
		/* The plugins' guidelines: no "|" in the text. */
		ck_assert_ptr_null(strchr(words, '|'));
	}
}
END_TEST

START_TEST(what_is_none_has_neither)
{
	static const enum reason none[] = {
	    REASON_NONE, REASONS, (enum reason)1000};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ck_assert_ptr_null(reason_token(none[i]));
		ck_assert_ptr_null(reason_words(none[i]));
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reason");
	TCase *c = unit_case(suite, "reason");

	tcase_add_test(c, each_has_a_token_of_its_own);
	tcase_add_test(c, each_has_words);
	tcase_add_test(c, what_is_none_has_neither);
	return unit_main(suite);
}
