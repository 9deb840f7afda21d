/*
 * What the client trusts and who it is.
 */
#include "trust.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "certificate_names.h"
#include "policy.h"

#define SECONDS_A_DAY (24L * 60 * 60)

struct trust {
	const struct trust_options *options;
	char name[TRUST_NAME_MAX]; /* as certificates have it */
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t policy;
	bool is_address; /* the name is an IP address */
	unsigned char address[16];
	unsigned int address_size;
	char why[TRUST_TEXT_MAX];
};

static void __attribute__((format(printf, 2, 3)))
add_cause(struct trust *t, const char *format, ...)
{
	size_t used = strlen(t->why);
	va_list arguments;

	if (used > 0)
		used += (size_t)snprintf(
		    t->why + used, sizeof(t->why) - used, "; ");
	if (used >= sizeof(t->why))
		return;
	va_start(arguments, format);
	vsnprintf(t->why + used, sizeof(t->why) - used, format, arguments);
	va_end(arguments);
}

/* The certificate at `index` of the chain that the server sent. */
static int
peer_certificate(gnutls_session_t session, unsigned int index,
    gnutls_x509_crt_t *certificate)
{
	unsigned int count;
	const gnutls_datum_t *chain =
	    gnutls_certificate_get_peers(session, &count);
	int ret;

	if (chain == NULL || index >= count)
		return GNUTLS_E_NO_CERTIFICATE_FOUND;
	ret = gnutls_x509_crt_init(certificate);
	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_import(
	    *certificate, &chain[index], GNUTLS_X509_FMT_DER);
	if (ret < 0)
		gnutls_x509_crt_deinit(*certificate);
	return ret;
}

static void
format_date(time_t when, char *text, size_t size)
{
	struct tm tm;

	strftime(text, size, "%Y-%m-%d", gmtime_r(&when, &tm));
}

/* Names each certificate of the chain whose time is not now; returns how many.
 */
static int
explain_time(struct trust *t, gnutls_session_t session)
{
	gnutls_x509_crt_t certificate;
	time_t now = time(NULL), from, until;
	char date[32], subject[TRUST_NAME_MAX], which[TRUST_NAME_MAX + 32];
	int found = 0;

	for (unsigned int i = 0;
	     peer_certificate(session, i, &certificate) == 0; i++) {
		from = gnutls_x509_crt_get_activation_time(certificate);
		until = gnutls_x509_crt_get_expiration_time(certificate);
		certificate_subject(certificate, subject, sizeof(subject));
		gnutls_x509_crt_deinit(certificate);
		if (i == 0)
			snprintf(which, sizeof(which), "certificate");
		else
			snprintf(which, sizeof(which),
			    "issuer's certificate (%s)", subject);
		if (now > until) {
			long days = (now - until) / SECONDS_A_DAY;

			format_date(until, date, sizeof(date));
			add_cause(t, "%s expired on %s (%ld day%s ago)", which,
			    date, days, days == 1 ? "" : "s");
		} else if (now < from) {
			format_date(from, date, sizeof(date));
			add_cause(t, "%s is not valid before %s", which, date);
		} else
			continue;
		found++;
	}
	return found;
}

#define NOT_NOW (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)

/* Explains what needs no more than a sentence.  Returns the bits of `status`
 * that are left. */
static unsigned int
explain_plainly(struct trust *t, unsigned int status)
{
	static const struct {
		gnutls_certificate_status_t bit;
		const char *cause;
	} causes[] = {
	    {GNUTLS_CERT_REVOKED, "certificate is revoked"},
	    {GNUTLS_CERT_INSECURE_ALGORITHM,
		"certificate is signed with a weak algorithm"},
	    {GNUTLS_CERT_PURPOSE_MISMATCH,
		"certificate is not for a TLS server"},
	    {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
		"an issuer may not vouch for this certificate"},
	    {GNUTLS_CERT_SIGNATURE_FAILURE,
		"a signature in the chain is wrong"},
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (status & causes[i].bit) {
			add_cause(t, "%s", causes[i].cause);
			status &= ~causes[i].bit;
		}
	return status;
}

/* Says what each bit of a gnutls_certificate_status_t means here. */
static void
explain(struct trust *t, gnutls_session_t session, unsigned int status)
{
	char names[TRUST_NAME_MAX] = "", issuer[TRUST_NAME_MAX] = "";
	char subject[TRUST_NAME_MAX] = "";
	gnutls_x509_crt_t certificate;
	gnutls_datum_t text = {NULL, 0};

	if (peer_certificate(session, 0, &certificate) == 0) {
		certificate_names(certificate, names, sizeof(names));
		certificate_issuer(certificate, issuer, sizeof(issuer));
		certificate_subject(certificate, subject, sizeof(subject));
		gnutls_x509_crt_deinit(certificate);
	}
	/* If it is none that the server sent, it is one of ours. */
	if (status & NOT_NOW && explain_time(t, session) == 0)
		add_cause(t, "a trusted authority's certificate has expired or "
			     "is not valid yet");
	if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
		add_cause(t, "name mismatch: certificate is for %s, not %s",
		    names, t->name);
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		add_cause(t, "issuer unknown: %s%s",
		    strcmp(issuer, subject) == 0 ? "self-signed by " : "",
		    issuer);
	if (status & GNUTLS_CERT_SIGNER_NOT_CA)
		add_cause(t, "issuer is no certificate authority: %s", issuer);
	status = explain_plainly(
	    t, status & ~(unsigned int)(NOT_NOW | GNUTLS_CERT_UNEXPECTED_OWNER |
					GNUTLS_CERT_SIGNER_NOT_FOUND |
					GNUTLS_CERT_SIGNER_NOT_CA));
	/* Rarer ones in GnuTLS's own words.  INVALID alone says nothing that
	 * the others have not. */
	if (status == 0 || (status == GNUTLS_CERT_INVALID && *t->why != '\0'))
		return;
	if (gnutls_certificate_verification_status_print(
		status, GNUTLS_CRT_X509, &text, 0) == 0) {
		add_cause(t, "%s", (const char *)text.data);
		gnutls_free(text.data);
	}
	certificate_printable(t->why);
}

/* Called within the handshake (gnutls_certificate_set_verify_function(3)). */
static int
verify(gnutls_session_t session)
{
	struct trust *t = gnutls_session_get_ptr(session);
	gnutls_typed_vdata_st about[2] = {
	    {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)t->name},
	    {.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
	};
	unsigned int status;
	int ret;

	if (t->is_address) {
		about[0].type = GNUTLS_DT_IP_ADDRESS;
		about[0].data = t->address;
		about[0].size = t->address_size;
	}
	t->why[0] = '\0';
	ret = gnutls_certificate_verify_peers(session, about, 2, &status);
	if (ret < 0)
		add_cause(t, "certificate cannot be verified: %s",
		    gnutls_strerror(ret));
	else
		explain(t, session, status);
	if (t->why[0] == '\0' || t->options->insecure)
		return 0;
	return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

static int
load_authorities(struct trust *t, char *why)
{
	const char *file = t->options->ca_file;
	int ret;

	if (file == NULL) {
		ret = gnutls_certificate_set_x509_system_trust(t->credentials);
		/* An empty store is no error: what is verified then fails. */
		if (ret >= 0)
			return 0;
		snprintf(why, TRUST_TEXT_MAX,
		    "cannot use the system's trust store: %s",
		    gnutls_strerror(ret));
		return -1;
	}
	if (access(file, R_OK) == -1) {
		snprintf(why, TRUST_TEXT_MAX, "cannot read %s: %s", file,
		    strerror(errno));
		return -1;
	}
	ret = gnutls_certificate_set_x509_trust_file(
	    t->credentials, file, GNUTLS_X509_FMT_PEM);
	if (ret > 0)
		return 0;
	snprintf(why, TRUST_TEXT_MAX, "cannot use %s: %s", file,
	    ret == 0 ? "it holds no certificate" : gnutls_strerror(ret));
	return -1;
}

static int
load_identity(struct trust *t, char *why)
{
	const char *certificate = t->options->certificate_file;
	const char *key = t->options->key_file;
	const char *const files[] = {certificate, key};
	int ret;

	if (certificate == NULL)
		return 0;
	for (int i = 0; i < 2; i++)
		if (access(files[i], R_OK) == -1) {
			snprintf(why, TRUST_TEXT_MAX, "cannot read %s: %s",
			    files[i], strerror(errno));
			return -1;
		}
	ret = gnutls_certificate_set_x509_key_file(
	    t->credentials, certificate, key, GNUTLS_X509_FMT_PEM);
	if (ret >= 0)
		return 0;
	if (ret == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		snprintf(why, TRUST_TEXT_MAX,
		    "key %s does not match certificate %s", key, certificate);
	else
		snprintf(why, TRUST_TEXT_MAX, "cannot use %s with %s: %s",
		    certificate, key, gnutls_strerror(ret));
	return -1;
}

/*
 * Takes the name as certificates have it: an address without its zone (RFC
 * 4007, 11), in its usual form; a DNS name without the dot of the root.
 */
static int
set_name(struct trust *t, const char *name, char *why)
{
	size_t length = strlen(name);
	char *zone;

	if (length == 0 || length >= sizeof(t->name)) {
		snprintf(why, TRUST_TEXT_MAX,
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

struct trust *
trust_new(const struct trust_options *options, char *why)
{
	struct trust *t = calloc(1, sizeof(*t));
	int ret;

	if (t == NULL) {
		snprintf(why, TRUST_TEXT_MAX, "out of memory");
		return NULL;
	}
	t->options = options;
	if (set_name(t, options->name, why) == -1)
		goto fail;
	ret = policy_init(&t->policy, options->priority, POLICY_TLS_1_2);
	if (ret < 0) {
		snprintf(why, TRUST_TEXT_MAX, "cannot use priority \"%s\": %s",
		    options->priority == NULL ? "system default"
					      : options->priority,
		    gnutls_strerror(ret));
		goto fail;
	}
	ret = gnutls_certificate_allocate_credentials(&t->credentials);
	if (ret < 0) {
		snprintf(why, TRUST_TEXT_MAX, "%s", gnutls_strerror(ret));
		goto fail;
	}
	gnutls_certificate_set_verify_function(t->credentials, verify);
	if (load_authorities(t, why) == 0 && load_identity(t, why) == 0)
		return t;
fail:
	trust_free(t);
	return NULL;
}

void
trust_free(struct trust *t)
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
trust_session(struct trust *t, int *error)
{
	gnutls_session_t session;

	t->why[0] = '\0';
	/* What the user gave is sent even if the server names other issuers:
	 * its alert then tells what is wrong with it. */
	*error = gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK |
					   GNUTLS_NO_SIGNAL |
					   GNUTLS_FORCE_CLIENT_CERT);
	if (*error < 0)
		return NULL;
	gnutls_session_set_ptr(session, t);
	*error = gnutls_priority_set(session, t->policy);
	if (*error == 0)
		*error = gnutls_credentials_set(
		    session, GNUTLS_CRD_CERTIFICATE, t->credentials);
	/* SNI has host names only (RFC 6066, 3). */
	if (*error == 0 && !t->is_address)
		*error = gnutls_server_name_set(
		    session, GNUTLS_NAME_DNS, t->name, strlen(t->name));
	if (*error == 0)
		return session;
	gnutls_deinit(session);
	return NULL;
}

const char *
trust_why(const struct trust *t)
{
	return t->why;
}

int
trust_look(
    const struct trust *t, gnutls_session_t session, struct trust_facts *facts)
{
	gnutls_x509_crt_t certificate;
	unsigned char digest[32];
	unsigned int bits = 0;
	size_t size = sizeof(digest);
	const char *name;
	int ret = peer_certificate(session, 0, &certificate);

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
	facts->days = labs(facts->until - time(NULL)) / SECONDS_A_DAY;
	gnutls_x509_crt_deinit(certificate);
	return ret;
}
