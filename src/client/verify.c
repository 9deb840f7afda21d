#include "client/verify.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/verify_internal.h"
#include "tls/certificate_names.h"
#include "tls/policy.h"

static int
load_authorities(struct verifier *t, char *why)
{
	const char *file = t->options->ca_file;
	int ret;

	if (file == NULL) {
		ret = gnutls_certificate_set_x509_system_trust(t->credentials);
		/* An empty store is no error: what is verified then fails. */
		if (ret >= 0)
			return 0;
		snprintf(why, VERIFY_TEXT_MAX,
		    "cannot use the system's trust store: %s",
		    gnutls_strerror(ret));
		return -1;
	}
	if (access(file, R_OK) == -1) {
		snprintf(why, VERIFY_TEXT_MAX, "cannot read %s: %s", file,
		    strerror(errno));
		return -1;
	}
	ret = gnutls_certificate_set_x509_trust_file(
	    t->credentials, file, GNUTLS_X509_FMT_PEM);
	if (ret > 0)
		return 0;
	snprintf(why, VERIFY_TEXT_MAX, "cannot use %s: %s", file,
	    ret == 0 ? "it holds no certificate" : gnutls_strerror(ret));
	return -1;
}

static int
load_identity(struct verifier *t, char *why)
{
	const char *certificate = t->options->certificate_file;
	const char *key = t->options->key_file;
	const char *const files[] = {certificate, key};
	int ret;

	if (certificate == NULL)
		return 0;
	for (int i = 0; i < 2; i++)
		if (access(files[i], R_OK) == -1) {
			snprintf(why, VERIFY_TEXT_MAX, "cannot read %s: %s",
			    files[i], strerror(errno));
			return -1;
		}
	ret = gnutls_certificate_set_x509_key_file(
	    t->credentials, certificate, key, GNUTLS_X509_FMT_PEM);
	if (ret >= 0)
		return 0;
	if (ret == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		snprintf(why, VERIFY_TEXT_MAX,
		    "key %s does not match certificate %s", key, certificate);
	else
		snprintf(why, VERIFY_TEXT_MAX, "cannot use %s with %s: %s",
		    certificate, key, gnutls_strerror(ret));
	return -1;
}

/*
 * Takes the name as certificates have it: an address without its zone (RFC
 * 4007, 11), in its usual form; a DNS name without the dot of the root.
 */
static int
set_name(struct verifier *t, const char *name, char *why)
{
	size_t length = strlen(name);
	char *zone;

	if (length == 0 || length >= sizeof(t->name)) {
		snprintf(why, VERIFY_TEXT_MAX,
		    "cannot verify a name that is %s: \"%.40s\"",
		    length == 0 ? "empty" : "too long", name);
		return -1;
	}
	memcpy(t->name, name, length + 1);
	zone = strchr(t->name, '%');
	if (zone != NULL)
		*zone = '\0';
	t->is_address = true;
	if (inet_pton(AF_INET, t->name, t->address) == 1) {
		t->address_size = 4;
		inet_ntop(AF_INET, t->address, t->name, sizeof(t->name));
	} else if (inet_pton(AF_INET6, t->name, t->address) == 1) {
		t->address_size = 16;
		inet_ntop(AF_INET6, t->address, t->name, sizeof(t->name));
	} else {
		t->is_address = false;
		memcpy(t->name, name, length + 1);
		if (length > 1 && t->name[length - 1] == '.')
			t->name[length - 1] = '\0';
	}
	return 0;
}

struct verifier *
verify_new(const struct verify_options *options, char *why)
{
	struct verifier *t = calloc(1, sizeof(*t));
	int ret;

	if (t == NULL) {
		snprintf(why, VERIFY_TEXT_MAX, "out of memory");
		return NULL;
	}
	t->options = options;
	if (set_name(t, options->name, why) == -1)
		goto fail;
	if (policy_init(&t->policy, options->priority, POLICY_TLS_1_2, why) ==
	    -1)
		goto fail;
	ret = gnutls_certificate_allocate_credentials(&t->credentials);
	if (ret < 0) {
		snprintf(why, VERIFY_TEXT_MAX, "%s", gnutls_strerror(ret));
		goto fail;
	}
	gnutls_certificate_set_verify_function(
	    t->credentials, verify_certificate);
	if (load_authorities(t, why) == 0 && load_identity(t, why) == 0)
		return t;
fail:
	verify_free(t);
	return NULL;
}

void
verify_free(struct verifier *t)
{
	if (t == NULL)
		return;
	if (t->credentials != NULL)
		gnutls_certificate_free_credentials(t->credentials);
	if (t->policy != NULL)
		gnutls_priority_deinit(t->policy);
	free(t);
}

gnutls_session_t
verify_session(struct verifier *t, int *error)
{
	gnutls_session_t session;

	t->why[0] = '\0';
	/* What the user gave is sent even if the server names other issuers:
	 * its alert then tells what is wrong with it. */
	*error =
	    policy_session(&session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT,
		t->policy, t->credentials);
	if (*error < 0)
		return NULL;
	gnutls_session_set_ptr(session, t);
	/* SNI has host names only (RFC 6066, 3). */
	if (!t->is_address)
		*error = gnutls_server_name_set(
		    session, GNUTLS_NAME_DNS, t->name, strlen(t->name));
	if (*error == 0)
		return session;
	gnutls_deinit(session);
	return NULL;
}

const char *
verify_why(const struct verifier *t)
{
	return t->why;
}

int
verify_look(const struct verifier *t, gnutls_session_t session,
    struct verify_facts *facts)
{
	gnutls_x509_crt_t certificate;
	unsigned char digest[32];
	unsigned int bits = 0;
	size_t size = sizeof(digest);
	const char *name;
	int ret = verify_peer_certificate(session, 0, &certificate);

	if (ret < 0)
		return ret;
	memset(facts, 0, sizeof(*facts));
	certificate_subject(
	    certificate, facts->subject, sizeof(facts->subject));
	certificate_issuer(certificate, facts->issuer, sizeof(facts->issuer));
	certificate_match(
	    certificate, t->name, facts->matched, sizeof(facts->matched));
	ret = gnutls_x509_crt_get_pk_algorithm(certificate, &bits);
	name = gnutls_pk_get_name((gnutls_pk_algorithm_t)ret);
	snprintf(facts->key, sizeof(facts->key), "%s, %u bits",
	    name == NULL ? "unknown" : name, bits);
	ret = gnutls_x509_crt_get_signature_algorithm(certificate);
	name = gnutls_sign_get_name((gnutls_sign_algorithm_t)ret);
	snprintf(facts->signature, sizeof(facts->signature), "%s",
	    name == NULL ? "unknown" : name);
	ret = gnutls_x509_crt_get_fingerprint(
	    certificate, GNUTLS_DIG_SHA256, digest, &size);
	for (size_t i = 0; ret == 0 && i < size; i++)
		snprintf(facts->fingerprint + 2 * i, 3, "%02x", digest[i]);
	ocsp_describe(session, facts->ocsp);
	facts->from = gnutls_x509_crt_get_activation_time(certificate);
	facts->until = gnutls_x509_crt_get_expiration_time(certificate);
	facts->expired = time(NULL) > facts->until;
	facts->days = labs(facts->until - time(NULL)) / VERIFY_SECONDS_A_DAY;
	gnutls_x509_crt_deinit(certificate);
	return ret;
}
