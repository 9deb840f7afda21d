/*
 * Each layer of the sandbox holds alone: what one refuses it refuses where the
 * kernel lacks the others.
 *
 * A kernel that lacks a layer is played by a filter of the test's own, for
 * which the layer's system calls succeed and do nothing.
 */
#include "confine/sandbox.h"

#include <fcntl.h>
#include <stdlib.h>

#include "unit.h"
#include "unit_attempts.h"

#if defined(HAVE_LIBSECCOMP) && !defined(UNIT_SANITIZED)

#include <seccomp.h>

/* The system calls by which a layer is put in force. */
static const struct layer {
	const char *name;
	unsigned int bit;
	int calls[2];
} layers[] = {
    {"limits", UNIT_LIMITS, {SCMP_SYS(setrlimit), SCMP_SYS(prlimit64)}},
    {"Landlock", UNIT_LANDLOCK,
	{SCMP_SYS(landlock_restrict_self), SCMP_SYS(landlock_restrict_self)}},
    {"filter", UNIT_FILTER, {SCMP_SYS(seccomp), SCMP_SYS(seccomp)}},
};
#define LAYERS ((int)(sizeof(layers) / sizeof(layers[0])))

struct confinement {
	const struct sandbox *sandbox;
	unsigned int only;
};

/* From now on the layers but `only` can no longer be put in force. */
static bool
lack_all_but(unsigned int only)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool done = filter != NULL;

	for (int i = 0; i < LAYERS; i++)
		for (int j = 0; layers[i].bit != only && j < 2; j++)
			done =
			    done && seccomp_rule_add(filter, SCMP_ACT_ERRNO(0),
					layers[i].calls[j], 0) == 0;
	/* The call that this makes is its own last. */
	done = done && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done;
}

static bool
enter(const void *how)
{
	const struct confinement *c = how;
	char why[SANDBOX_WHY_MAX];

	return sandbox_give_up_privileges(NULL, why) == 0 &&
	       lack_all_but(c->only) &&
	       sandbox_enter(c->sandbox, sandbox_descriptor(c->sandbox)) == 0;
}

/* A session has its connection and its channel open, so that the limit is
 * reached. */
static void
open_two(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd != -1 && fd < SANDBOX_CHANNEL);
	ck_assert_int_ne(fd, -1);
}

static void
check_alone(int index, enum sandbox_role role)
{
	const struct layer *layer = &layers[index / unit_attempt_count];
	const struct unit_attempt *a =
	    &unit_attempts[index % unit_attempt_count];
	bool expected = (unit_refusing(a, role) & layer->bit) == 0;
	struct confinement c = {.only = layer->bit};
	struct sandbox *sandbox;

	open_two();
	sandbox = sandbox_new(role);
	ck_assert_ptr_nonnull(sandbox);
	c.sandbox = sandbox;
	ck_assert_msg(unit_works(a->make, enter, &c) == expected,
	    "%s with %s alone %s", a->name, layer->name,
	    expected ? "is refused" : "works");
	sandbox_free(sandbox);
}

START_TEST(each_layer_of_a_session_holds_alone)
{
	check_alone(_i, SANDBOX_SESSION);
}
END_TEST

START_TEST(each_layer_of_the_keyholder_holds_alone)
{
	check_alone(_i, SANDBOX_KEYHOLDER);
}
END_TEST

START_TEST(each_layer_of_the_client_holds_alone)
{
	check_alone(_i, SANDBOX_CLIENT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sandbox_layers");
	TCase *c = unit_case(suite, "layers");
	int count = LAYERS * unit_attempt_count;

	tcase_add_checked_fixture(c, unit_become_user, NULL);
	tcase_add_loop_test(c, each_layer_of_a_session_holds_alone, 0, count);
	tcase_add_loop_test(
	    c, each_layer_of_the_keyholder_holds_alone, 0, count);
	tcase_add_loop_test(c, each_layer_of_the_client_holds_alone, 0, count);
	return unit_main(suite);
}

#else

#include <stdio.h>

int
main(void)
{
	puts("1..1\nok 1 - layers alone # SKIP "
	     "built without libseccomp or with AddressSanitizer");
	return EXIT_SUCCESS;
}

#endif
