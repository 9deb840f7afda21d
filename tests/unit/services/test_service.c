/*
 * The table of services: names, aliases and ports.
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "services/service.h"
#include "unit.h"

START_TEST(finds_each_by_its_names)
{
	const struct service *s;

	for (size_t i = 0; (s = service_at(i)) != NULL; i++) {
		ck_assert_ptr_eq(service_find(s->name), s);
		if (s->alias != NULL)
			ck_assert_ptr_eq(service_find(s->alias), s);
	}
	ck_assert_ptr_eq(service_find("SMTP"), service_find("smtp"));
	ck_assert_ptr_null(service_find("smt"));
	ck_assert_ptr_null(service_find("smtpx"));
	ck_assert_ptr_null(service_find(""));
}
END_TEST

/* A service has STARTTLS or implicit TLS, and a port of its own. */
START_TEST(each_can_be_pinged)
{
	const struct service *s;

	for (size_t i = 0; (s = service_at(i)) != NULL; i++) {
		ck_assert_int_ne(s->implicit, s->upgrade != NULL);
		ck_assert(s->port != 0 || strcmp(s->name, "tls") == 0);
		/* ALPN only where the port may be shared. */
		ck_assert(s->alpn == NULL || s->implicit);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("service");
	TCase *c = unit_case(suite, "service");

	tcase_add_test(c, finds_each_by_its_names);
	tcase_add_test(c, each_can_be_pinged);
	return unit_main(suite);
}
