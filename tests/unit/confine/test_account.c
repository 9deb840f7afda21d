/*
 * Who the service becomes, and what to look that up leaves behind.
 */
#include "confine/account.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static int (*const ways[])(const char *, struct account *) = {
    account_find, account_find_with_groups};

START_TEST(an_unknown_user_is_named_as_such)
{
	struct account account;

	ck_assert_int_eq(ways[_i]("no-such-user-here", &account), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(root_is_root)
{
	struct account account;

	ck_assert_int_eq(ways[_i]("root", &account), 0);
	ck_assert_str_eq(account.name, "root");
	ck_assert_uint_eq(account.uid, 0);
	ck_assert_uint_eq(account.gid, 0);
}
END_TEST

START_TEST(numbers_need_no_account)
{
	struct account account;

	ck_assert_int_eq(ways[_i]("60577:4294967294", &account), 0);
	ck_assert_uint_eq(account.uid, 60577);
	ck_assert_uint_eq(account.gid, 4294967294);
	ck_assert_int_eq(account.group_count, 1);
	ck_assert_uint_eq(account.groups[0], account.gid);
}
END_TEST

START_TEST(what_is_not_two_numbers_is_an_unknown_user)
{
	const char *const wrong[] = {"", ":", "1", "1:", ":1", "1:1:1", "-1:1",
	    "1: 1", "root:0", "4294967295:1", "1:4294967295",
	    "00000000000000000000000001:1"};
	struct account account;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_int_eq(ways[_i](wrong[i], &account), -1);
		ck_assert_int_eq(errno, ENOENT);
	}
}
END_TEST

START_TEST(has_the_groups_asked_for)
{
	gid_t groups[ACCOUNT_GROUPS_MAX];
	int count = ACCOUNT_GROUPS_MAX;
	struct account account;

	ck_assert_int_eq(account_find("daemon", &account), 0);
	ck_assert_int_eq(account.group_count, 1);
	ck_assert_uint_eq(account.groups[0], account.gid);
	ck_assert_int_eq(account_find_with_groups("daemon", &account), 0);
	ck_assert_int_ne(
	    getgrouplist("daemon", account.gid, groups, &count), -1);
	ck_assert_int_eq(account.group_count, count);
	ck_assert_mem_eq(
	    account.groups, groups, (size_t)count * sizeof(groups[0]));
}
END_TEST

/* Of this process, anonymous ones left out. */
static size_t
count_mapped_files(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	size_t count = 0;

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		count += strchr(line, '/') != NULL;
	fclose(maps);
	return count;
}

START_TEST(loads_nothing_into_the_caller)
{
	size_t before = count_mapped_files();
	struct account account;

	ck_assert_int_eq(account_find_with_groups("root", &account), 0);
	ck_assert_uint_eq(count_mapped_files(), before);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("account");
	TCase *c = unit_case(suite, "account");

	tcase_add_loop_test(c, an_unknown_user_is_named_as_such, 0, 2);
	tcase_add_loop_test(c, root_is_root, 0, 2);
	tcase_add_loop_test(c, numbers_need_no_account, 0, 2);
	tcase_add_loop_test(
	    c, what_is_not_two_numbers_is_an_unknown_user, 0, 2);
	tcase_add_test(c, has_the_groups_asked_for);
	tcase_add_test(c, loads_nothing_into_the_caller);
	return unit_main(suite);
}
