/*
 * Conversations as JSON Lines.
 */
#include "report/json.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "unit.h"

static struct outcome o;
static json_t *object;

static void
set_up(void)
{
	outcome_init(&o);
	o.sequence = 1;
	o.at = INT64_C(1790000000123000000);
	strcpy(o.target, "smtp://mx.example.net");
	strcpy(o.service, "smtp");
	strcpy(o.host, "mx.example.net");
	o.port = 25;
}

static void
tear_down(void)
{
	json_decref(object);
	object = NULL;
}

/* Parses a line and frees it. */
static void
parse(char *line)
{
	ck_assert_ptr_nonnull(line);
	ck_assert_uint_eq(unit_lines(line), 1);
	ck_assert_int_eq(line[strlen(line) - 1], '\n');
	json_decref(object);
	object = json_loads(line, 0, NULL);
	ck_assert_ptr_nonnull(object);
	free(line);
}

/* The member at a path of names with dots between. */
static const json_t *
at(const char *path)
{
	const json_t *value = object;
	char name[64];
	size_t length;

	for (; value != NULL && *path != '\0'; path += length) {
		length = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		value = json_object_get(value, name);
		length += path[length] == '.';
	}
	ck_assert_ptr_nonnull(value);
	return value;
}

START_TEST(a_success)
{
	o.ok = true;
	o.verified = OUTCOME_YES;
	o.phase_ns[OUTCOME_TLS] = 41300123;
	o.phase_ns[OUTCOME_TOTAL] = 108629000;
	o.starttls.offered = OUTCOME_YES;
	strcpy(o.tls.version, "TLS1.3");
	o.certificate.seen = true;
	strcpy(o.certificate.names, "mx.example.net\nexample.net");
	o.certificate.not_after = 1790000000 + 86400 * 61;
	strcpy(o.certificate.key, "EC/ECDSA");
	o.certificate.key_bits = 256;
	parse(json_connection(&o));
	ck_assert_str_eq(json_string_value(at("type")), "connection");
	ck_assert_str_eq(
	    json_string_value(at("at")), "2026-09-21T14:13:20.123Z");
	ck_assert_int_eq(json_integer_value(at("port")), 25);
	ck_assert(json_is_true(at("ok")));
	ck_assert(json_is_null(at("reason")));
	ck_assert(json_is_null(at("pings")));
	ck_assert(json_is_null(at("ms.proxy")));
	ck_assert(json_real_value(at("ms.tls")) == 41.3);
	ck_assert(json_is_true(at("verified")));
	ck_assert(json_is_true(at("starttls.offered")));
	ck_assert_uint_eq(json_array_size(at("certificate.names")), 2);
	ck_assert_int_eq(json_integer_value(at("certificate.days_left")), 61);
	ck_assert_str_eq(json_string_value(at("certificate.not_after")),
	    "2026-11-21T14:13:20Z");
	ck_assert_str_eq(
	    json_string_value(at("certificate.key")), "EC/ECDSA 256");
}
END_TEST

START_TEST(a_failure_before_anything_was_seen)
{
	o.reason = REASON_RESOLVE;
	strcpy(o.message, "no such host");
	parse(json_connection(&o));
	ck_assert(json_is_false(at("ok")));
	ck_assert_str_eq(json_string_value(at("reason")), "resolve");
	ck_assert(json_is_null(at("address")));
	ck_assert(json_is_null(at("tls")));
	ck_assert(json_is_null(at("certificate")));
	ck_assert(json_is_null(at("verified")));
	ck_assert(json_is_null(at("ms.total")));
	ck_assert_uint_eq(json_array_size(at("problems")), 0);
}
END_TEST

START_TEST(a_certificate_that_is_over)
{
	o.certificate.seen = true;
	o.certificate.not_after = 1790000000 - 1;
	parse(json_connection(&o));
	ck_assert_int_eq(json_integer_value(at("certificate.days_left")), -1);
}
END_TEST

START_TEST(pings_of_our_own_protocol)
{
	o.pings[OUTCOME_CLEAR].sent = 3;
	times_add(&o.pings[OUTCOME_CLEAR].answers, 1000000);
	times_add(&o.pings[OUTCOME_CLEAR].answers, 3000000);
	parse(json_connection(&o));
	ck_assert_int_eq(json_integer_value(at("pings.clear.sent")), 3);
	ck_assert(json_real_value(at("pings.clear.ms.avg")) == 2);
	ck_assert(json_real_value(at("pings.clear.ms.mdev")) == 1);
	ck_assert(json_is_null(at("pings.tls.ms")));
}
END_TEST

START_TEST(a_summary)
{
	struct samples total = {0}, tls = {0};
	struct target_summary summary = {.target = "smtp://mx.example.net",
	    .connections = 3,
	    .ok = 2,
	    .total = &total,
	    .tls = &tls};

	summary.reasons[REASON_TIMEOUT] = 1;
	samples_add(&total, 1000000);
	samples_add(&total, 3000000);
	parse(json_summary(&summary));
	ck_assert_str_eq(json_string_value(at("type")), "summary");
	ck_assert_int_eq(json_integer_value(at("failed")), 1);
	ck_assert(json_real_value(at("loss_percent")) == 33.333);
	ck_assert_int_eq(json_integer_value(at("reasons.timeout")), 1);
	ck_assert_uint_eq(json_object_size(at("reasons")), 1);
	ck_assert(json_real_value(at("ms.total.max")) == 3);
	ck_assert(json_is_null(at("ms.total.p99")));
	ck_assert(json_is_null(at("ms.tls")));
	samples_clear(&total);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("json");
	TCase *c = unit_case(suite, "json");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_success);
	tcase_add_test(c, a_failure_before_anything_was_seen);
	tcase_add_test(c, a_certificate_that_is_over);
	tcase_add_test(c, pings_of_our_own_protocol);
	tcase_add_test(c, a_summary);
	return unit_main(suite);
}
