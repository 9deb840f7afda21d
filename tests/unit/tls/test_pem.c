/*
 * What is wrong with a file that ought to be PEM.
 */
#include "tls/pem.h"

#include <string.h>

#include "unit.h"

#define BEGIN(label) "-----BEGIN " label "-----\n"

static const struct {
	const char *octets;
	size_t size;
	const char *label;
	const char *why; /* a part of what is said; NULL: nothing is wrong */
} files[] = {
    {"", 0, "CERTIFICATE", "empty"},
    {"\x30\x82\x01\x00\x30\x82", 6, "CERTIFICATE", "DER"},
    {"\x30\x82\x01\x00\x02\x01\x03", 7, "CERTIFICATE", "PKCS #12"},
    {"\x30\x80", 2, "CERTIFICATE", "no certificate"},
    {"\x30", 1, "CERTIFICATE", "no certificate"},
    {"0\x84\x01", 3, "CERTIFICATE", "no certificate"},
    {"\x30\x82\x01\x00\x02\x01\x03", 7, "PRIVATE KEY", "PKCS #12"},
    {"hello\n", 6, "PRIVATE KEY", "no private key"},
    {BEGIN("CERTIFICATE"), 28, "PRIVATE KEY", "no private key"},
    {BEGIN("CERTIFICATE"), 28, "CERTIFICATE", NULL},
    {"text\n" BEGIN("EC PRIVATE KEY"), 37, "PRIVATE KEY", NULL},
    {BEGIN("TRUSTED CERTIFICATE"), 36, "CERTIFICATE", NULL},
};

START_TEST(is_said)
{
	const char *why =
	    pem_missing(files[_i].octets, files[_i].size, files[_i].label);

	if (files[_i].why == NULL)
		ck_assert_msg(why == NULL, "%d: %s", _i, why);
	else {
		ck_assert_msg(why != NULL, "%d: nothing", _i);
		ck_assert_msg(
		    strstr(why, files[_i].why) != NULL, "%d: %s", _i, why);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pem");
	TCase *c = unit_case(suite, "pem");

	tcase_add_loop_test(c, is_said, 0, sizeof(files) / sizeof(files[0]));
	return unit_main(suite);
}
