/*
 * Client certificates: who is let in, the verdict on who is not, and the alert
 * that goes with it.
 */
#include <stdio.h>
#include <string.h>

#include "credentials/client_auth.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_handshake.h"
#include "unit_peer.h"

static gnutls_certificate_credentials_t ours;
static struct client_auth *auth;
static struct client_auth_options options;

static void
set_up(void)
{
	ours = unit_server_credentials("ecdsa");
	auth = NULL;
	options =
	    (struct client_auth_options){.ca_file = "as named by an option"};
}

static void
tear_down(void)
{
	client_auth_free(auth);
	gnutls_certificate_free_credentials(ours);
}

/* Trusts ca.pem from now on. */
static void
load(void)
{
	gnutls_datum_t pem, der;

	ck_assert_int_eq(gnutls_load_file(unit_file("ca.pem"), &pem), 0);
	ck_assert_int_eq(
	    gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der), 0);
	ck_assert_int_eq(client_auth_new(&options, &der, 1, ours, &auth), 0);
	gnutls_free(pem.data);
	gnutls_free(der.data);
}

/* A client's session with the pair NAME of make-certs, which it sends whomever
 * the server trusts; NULL: none. */
static gnutls_session_t
new_client(const char *name, const char *priority,
    gnutls_certificate_credentials_t *theirs)
{
	gnutls_session_t client;

	if (name != NULL)
		*theirs = unit_server_credentials(name);
	else
		gnutls_certificate_allocate_credentials(theirs);
	ck_assert_int_eq(gnutls_init(&client, GNUTLS_CLIENT | GNUTLS_NONBLOCK |
						  GNUTLS_FORCE_CLIENT_CERT),
	    0);
	gnutls_priority_set_direct(client, priority, NULL);
	gnutls_credentials_set(client, GNUTLS_CRD_CERTIFICATE, *theirs);
	return client;
}

/* A client's handshake.  Returns its GnuTLS code and leaves behind the alert,
 * -1 for none, and the client's name. */
static int alert;
static char who[CLIENT_AUTH_NAME_MAX];

static int
greet(const char *name, const char *priority)
{
	gnutls_certificate_credentials_t theirs;
	gnutls_session_t client = new_client(name, priority, &theirs);
	gnutls_session_t server = unit_server_session(ours, priority);
	int ret;

	client_auth_ask(auth, server);
	ret = unit_handshake(client, server);
	alert = client_auth_alert(server, ret);
	who[0] = '\0';
	if (ret == 0)
		client_auth_name(server, who, sizeof(who));
	gnutls_deinit(client);
	gnutls_deinit(server);
	gnutls_certificate_free_credentials(theirs);
	return ret;
}

static const char *const versions[] = {UNIT_TLS_1_2, UNIT_TLS_1_3};

START_TEST(names_whom_it_knows)
{
	load();
	ck_assert_int_eq(greet("client", versions[_i]), 0);
	ck_assert_str_eq(who, "CN=pingtls test client");
	ck_assert_str_eq(client_auth_why(auth), "");
	ck_assert_int_eq(alert, -1);
}
END_TEST

START_TEST(refuses_with_the_cause_and_its_alert)
{
	static const struct {
		const char *name;
		int alert;
		const char *why;
	} wrong[] = {
	    {"stranger-client", GNUTLS_A_UNKNOWN_CA, "its issuer is unknown"},
	    {"expired", GNUTLS_A_CERTIFICATE_EXPIRED, "it has expired"},
	    {"not-yet", GNUTLS_A_CERTIFICATE_EXPIRED, "it is not valid yet"},
	    {"ecdsa", GNUTLS_A_UNSUPPORTED_CERTIFICATE,
		"it is not for a TLS client"},
	};
	char want[128];

	load();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_int_eq(greet(wrong[i].name, versions[_i]),
		    GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
		ck_assert_int_eq(alert, wrong[i].alert);
		snprintf(want, sizeof(want),
		    "the client's certificate is refused: %s", wrong[i].why);
		ck_assert_str_eq(client_auth_why(auth), want);
	}
	/* And forgets it with the next client. */
	ck_assert_int_eq(greet("client", versions[_i]), 0);
	ck_assert_str_eq(client_auth_why(auth), "");
}
END_TEST

START_TEST(wants_a_certificate_unless_optional)
{
	load();
	ck_assert_int_lt(greet(NULL, versions[_i]), 0);
	ck_assert_int_eq(alert, _i == 0 ? GNUTLS_A_HANDSHAKE_FAILURE
					: GNUTLS_A_CERTIFICATE_REQUIRED);
	ck_assert_str_eq(
	    client_auth_why(auth), "the client sent no certificate");
	client_auth_free(auth);
	options.optional = true;
	load();
	ck_assert_int_eq(greet(NULL, versions[_i]), 0);
	ck_assert_str_eq(who, "");
	ck_assert_int_eq(greet("stranger-client", versions[_i]),
	    GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
	ck_assert_int_eq(alert, GNUTLS_A_UNKNOWN_CA);
}
END_TEST

START_TEST(asks_nobody_where_no_file_is_named)
{
	options.ca_file = NULL;
	ck_assert_int_eq(client_auth_new(&options, NULL, 0, ours, &auth), 0);
	ck_assert_ptr_null(auth);
	ck_assert_int_eq(greet("client", versions[_i]), 0);
	ck_assert_str_eq(who, "");
	ck_assert_str_eq(client_auth_why(auth), "");
	ck_assert_int_eq(alert, -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client_auth");
	TCase *c = unit_case(suite, "client_auth");
	int ret;

	unit_files_make();
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(c, names_whom_it_knows, 0, 2);
	tcase_add_loop_test(c, refuses_with_the_cause_and_its_alert, 0, 2);
	tcase_add_loop_test(c, wants_a_certificate_unless_optional, 0, 2);
	tcase_add_loop_test(c, asks_nobody_where_no_file_is_named, 0, 2);
	ret = unit_main(suite);
	unit_files_remove();
	return ret;
}
