#include "client/verify.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "client/verify_internal.h"
#include "tls/peer_verify.h"
#include "tls/pem.h"
#include "tls/policy.h"

/* Explains why GnuTLS failed with `ret` to import `wanted` from `file`. */
static int
explain_file(const char *file, enum pem_content wanted, int ret, char *why)
{
	/* What is wrong must fit behind it. */
	char shown[VERIFY_TEXT_MAX - 128];
	gnutls_datum_t octets = {NULL, 0};

	printable_copy(shown, sizeof(shown), file, strlen(file));
	errno = 0;
	if (gnutls_load_file(file, &octets) < 0) {
		snprintf(why, VERIFY_TEXT_MAX, "cannot read %s: %s", shown,
		    errno == 0 ? "it is no file" : strerror(errno));
		return -1;
	}
	snprintf(why, VERIFY_TEXT_MAX, "cannot use %s: %s", shown,
	    pem_fault(&octets, wanted, ret));
	gnutls_free(octets.data);
	return -1;
}

static int
load_authorities(struct verifier *v, char *why)
{
	const char *file = v->options->ca_file;
	int ret;

	/* Those of the system are read once there is a connection. */
	if (file == NULL)
		return 0;
	ret = gnutls_certificate_set_x509_trust_file(
	    v->credentials, file, GNUTLS_X509_FMT_PEM);
	if (ret > 0)
		return 0;
	return explain_file(file, PEM_CERTIFICATES,
	    ret == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : ret, why);
}

/* Trusts those of the system's authorities that the server's chain needs. */
static void
trust_system(struct verifier *v, gnutls_session_t session)
{
	gnutls_x509_trust_list_t list;
	unsigned int size = 0;
	const gnutls_datum_t *chain =
	    gnutls_certificate_get_peers(session, &size);

	if (v->system == NULL)
		return;
	gnutls_certificate_get_trust_list(v->credentials, &list);
	trust_store_add(v->system, list, chain, size);
}

/* Returns 0 if the certificates of `file` can be imported, or a GnuTLS code. */
static int
try_certificates(const char *file)
{
	gnutls_datum_t octets;
	gnutls_x509_crt_t *list;
	unsigned int count;
	int ret = gnutls_load_file(file, &octets);

	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_list_import2(
	    &list, &count, &octets, GNUTLS_X509_FMT_PEM, 0);
	gnutls_free(octets.data);
	if (ret < 0)
		return ret;
	while (count > 0)
		gnutls_x509_crt_deinit(list[--count]);
	gnutls_free(list);
	return 0;
}

static int
load_identity(struct verifier *v, char *why)
{
	const char *certificate = v->options->certificate_file;
	const char *key = v->options->key_file;
	int ret, of_certificate;

	if (certificate == NULL)
		return 0;
	ret = gnutls_certificate_set_x509_key_file(
	    v->credentials, certificate, key, GNUTLS_X509_FMT_PEM);
	if (ret >= 0)
		return 0;
	if (ret == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
		snprintf(why, VERIFY_TEXT_MAX,
		    "key %s does not match certificate %s", key, certificate);
		return -1;
	}
	/* GnuTLS does not say which of the two files is wrong. */
	of_certificate = try_certificates(certificate);
	if (of_certificate < 0)
		return explain_file(
		    certificate, PEM_CERTIFICATES, of_certificate, why);
	return explain_file(key, PEM_PRIVATE_KEY, ret, why);
}

/* Verifies the server, within the handshake
 * (gnutls_certificate_set_verify_function(3)). */
static int
verify_certificate(gnutls_session_t session)
{
	struct verifier *v = gnutls_session_get_ptr(session);
	gnutls_typed_vdata_st about[2] = {
	    {.type = GNUTLS_DT_DNS_HOSTNAME,
		.data = (unsigned char *)(uintptr_t)v->server->name->name},
	    {.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
	};
	struct verify_path path;
	bool with_dane = v->server->records != NULL;
	unsigned int status = 0;
	int ret, found;

	if (v->server->name->is_address) {
		about[0].type = GNUTLS_DT_IP_ADDRESS;
		about[0].data =
		    (unsigned char *)(uintptr_t)v->server->name->address;
		about[0].size = v->server->name->address_size;
	}
	trust_system(v, session);
	ret = peer_verify(session, about, 2, &status);
	found = verify_path_find(&path, session, v);
	v->outcome->verified =
	    ret == 0 && status == 0 ? OUTCOME_YES : OUTCOME_NO;
	if (found == 0)
		verify_note_facts(v, session, &path);
	if (ret < 0 || (found < 0 && (status != 0 || with_dane))) {
		verify_add_problem(v, "cannot be verified: %s",
		    gnutls_strerror(ret < 0 ? ret : found));
		v->reason = REASON_VALIDATION_FAILURE;
		v->outcome->verified = OUTCOME_NO;
	} else if (with_dane)
		verify_by_records(v, session, &path, status);
	else if (status != 0)
		verify_explain(v, &path, status);
	if (found == 0)
		verify_path_clear(&path);
	return v->outcome->verified == OUTCOME_YES || v->options->insecure ||
	               v->server->complete_handshake
	           ? 0
	           : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

struct verifier *
verify_new(const struct verify_options *options, char *why)
{
	struct verifier *v = calloc(1, sizeof(*v));
	int ret;

	if (v == NULL) {
		snprintf(why, VERIFY_TEXT_MAX, "out of memory");
		return NULL;
	}
	v->options = options;
	if (policy_init(&v->policy, options->priority, POLICY_TLS_1_2, why) ==
	    -1)
		goto fail;
	ret = gnutls_certificate_allocate_credentials(&v->credentials);
	if (ret < 0) {
		snprintf(why, VERIFY_TEXT_MAX, "%s", gnutls_strerror(ret));
		goto fail;
	}
	gnutls_certificate_set_verify_function(
	    v->credentials, verify_certificate);
	if (load_authorities(v, why) == 0 && load_identity(v, why) == 0)
		return v;
fail:
	verify_free(v);
	return NULL;
}

void
verify_prepare(struct verifier *v)
{
	if (v->prepared || v->options->ca_file != NULL)
		return;
	v->prepared = true;
	/* Without any, verification fails for that reason. */
	v->system = trust_store_read(TRUST_STORE_FILE);
	v->trusts_none = trust_store_size(v->system) == 0;
}

void
verify_free(struct verifier *v)
{
	if (v == NULL)
		return;
	if (v->credentials != NULL)
		gnutls_certificate_free_credentials(v->credentials);
	if (v->policy != NULL)
		gnutls_priority_deinit(v->policy);
	trust_store_free(v->system);
	free(v);
}

/* Sets the extensions of the ClientHello. */
static int
set_up_hello(struct verifier *v, gnutls_session_t session)
{
	const char *name = v->server->name->name;
	const char *alpn = v->server->alpn;
	gnutls_datum_t protocol = {NULL, 0};
	int ret = 0;

	/* SNI has host names only (RFC 6066, 3). */
	if (!v->server->name->is_address)
		ret = gnutls_server_name_set(
		    session, GNUTLS_NAME_DNS, name, strlen(name));
	if (ret == 0 && alpn != NULL) {
		protocol.data = (unsigned char *)(uintptr_t)alpn;
		protocol.size = (unsigned int)strlen(alpn);
		ret = gnutls_alpn_set_protocols(session, &protocol, 1, 0);
	}
	return ret;
}

gnutls_session_t
verify_session(struct verifier *v, const struct verify_server *server,
    struct outcome *outcome, int *error)
{
	gnutls_session_t session;

	v->server = server;
	v->outcome = outcome;
	v->reason = REASON_NONE;
	/* The client certificate is sent even if the server names other
	 * issuers, so that its alert says what is wrong with it. */
	*error =
	    policy_session(&session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT,
		v->policy, v->credentials);
	if (*error < 0)
		return NULL;
	gnutls_session_set_ptr(session, v);
	*error = set_up_hello(v, session);
	if (*error == 0)
		return session;
	gnutls_deinit(session);
	return NULL;
}

enum reason
verify_reason(const struct verifier *v)
{
	return v->reason;
}
