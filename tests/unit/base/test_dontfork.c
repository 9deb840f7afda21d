/*
 * Memory that no child has.
 */
#include "base/dontfork.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define SIZE 10
#define MOST 1000

START_TEST(a_child_does_not_have_it)
{
	char *memory = dontfork_new(SIZE);
	int status;
	pid_t pid;

	memset(memory, 1, SIZE);
	signal(SIGSEGV, SIG_DFL); /* AddressSanitizer has a handler */
	pid = fork();
	if (pid == 0)
		_exit(((volatile char *)memory)[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	dontfork_free(memory, SIZE);
}
END_TEST

/* All that it has, each apart from the others and zeroed, and no more. */
START_TEST(a_pool_gives_what_it_has)
{
	struct dontfork_pool *p = dontfork_pool_new(SIZE, MOST);
	static unsigned char *objects[MOST];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MOST; i++) {
			objects[i] = dontfork_pool_take(p);
			ck_assert_ptr_nonnull(objects[i]);
			ck_assert_uint_eq(
			    (uintptr_t)objects[i] % _Alignof(max_align_t), 0);
			for (int j = 0; j < SIZE; j++)
				ck_assert_uint_eq(objects[i][j], 0);
			memset(objects[i], i % 256, SIZE);
		}
		errno = 0;
		ck_assert_ptr_null(dontfork_pool_take(p));
		ck_assert_int_eq(errno, ENOMEM);
		for (int i = 0; i < MOST; i++)
			for (int j = 0; j < SIZE; j++)
				ck_assert_int_eq(objects[i][j], i % 256);
		for (int i = 0; i < MOST; i++)
			dontfork_pool_give(p, objects[i * 7 % MOST]);
	}
	dontfork_pool_give(p, NULL);
	dontfork_pool_free(p);
}
END_TEST

START_TEST(free_takes_null)
{
	dontfork_free(NULL, SIZE);
	dontfork_pool_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dontfork");
	TCase *c = unit_case(suite, "dontfork");

	tcase_add_test(c, a_child_does_not_have_it);
	tcase_add_test(c, a_pool_gives_what_it_has);
	tcase_add_test(c, free_takes_null);
	return unit_main(suite);
}
