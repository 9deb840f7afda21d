#include "credentials/chain.h"

#include <string.h>

#include "base/date.h"
#include "log/log.h"
#include "tls/certificate_names.h"
#include "tls/pem.h"

#define NAME_MAX_LENGTH 256
/* The TLS extension status_request, as a TLS feature (RFC 7633, 6). */
#define FEATURE_STATUS_REQUEST 5

static bool
is_valid(gnutls_x509_crt_t c, time_t now)
{
	return gnutls_x509_crt_get_activation_time(c) <= now &&
	       now <= gnutls_x509_crt_get_expiration_time(c);
}

static bool
is_self_issued(gnutls_x509_crt_t c)
{
	return gnutls_x509_crt_check_issuer(c, c) == 1;
}

static bool
is_sent(const struct chain *chain, gnutls_x509_crt_t c)
{
	for (unsigned int i = 0; i < chain->length; i++)
		if (chain->sent[i] == c)
			return true;
	return false;
}

/* The issuer of `c` that expires last, or NULL. */
static gnutls_x509_crt_t
find_issuer(const struct chain *chain, gnutls_x509_crt_t c, time_t now)
{
	gnutls_x509_crt_t best = NULL;

	for (unsigned int i = 0; i < chain->count; i++) {
		gnutls_x509_crt_t other = chain->all[i];

		if (is_sent(chain, other) || !is_valid(other, now) ||
		    gnutls_x509_crt_check_issuer(c, other) != 1)
			continue;
		if (best == NULL ||
		    gnutls_x509_crt_get_expiration_time(other) >
			gnutls_x509_crt_get_expiration_time(best))
			best = other;
	}
	return best;
}

int
chain_parse(struct chain *chain, const char *file, const gnutls_datum_t *pem,
    time_t now)
{
	gnutls_x509_crt_t next;
	int ret;

	memset(chain, 0, sizeof(*chain));
	chain->file = file;
	chain->count = CHAIN_FILE_MAX;
	ret = gnutls_x509_crt_list_import(chain->all, &chain->count, pem,
	    GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
	if (ret < 0) {
		chain->count = 0;
		log_line(LOG_ERR, "cannot use certificate %s: %s", file,
		    ret == GNUTLS_E_SHORT_MEMORY_BUFFER
			? "it holds too many certificates"
			: pem_fault(pem, PEM_CERTIFICATES, ret));
		return -1;
	}
	for (next = chain->all[0];
	     next != NULL && chain->length < BUNDLE_CHAIN_MAX;) {
		chain->sent[chain->length++] = next;
		next =
		    is_self_issued(next) ? NULL : find_issuer(chain, next, now);
	}
	return 0;
}

void
chain_free(struct chain *chain)
{
	while (chain->count > 0)
		gnutls_x509_crt_deinit(chain->all[--chain->count]);
	chain->length = 0;
}

/* True if the certificate is restricted to purposes other than TLS server. */
static bool
is_not_for_servers(gnutls_x509_crt_t c)
{
	char oid[128];
	unsigned int i = 0;

	for (;; i++) {
		size_t size = sizeof(oid);
		int ret =
		    gnutls_x509_crt_get_key_purpose_oid(c, i, oid, &size, NULL);

		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return i > 0;
		if (ret < 0 || strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER) == 0 ||
		    strcmp(oid, GNUTLS_KP_ANY) == 0)
			return false;
	}
}

static bool
wants_stapling(gnutls_x509_crt_t c)
{
	gnutls_x509_tlsfeatures_t features;
	unsigned int feature, critical;
	bool wants = false;

	if (gnutls_x509_tlsfeatures_init(&features) < 0)
		return false;
	if (gnutls_x509_crt_get_tlsfeatures(c, features, 0, &critical) == 0)
		for (unsigned int i = 0;
		     !wants &&
		     gnutls_x509_tlsfeatures_get(features, i, &feature) == 0;
		     i++)
			wants = feature == FEATURE_STATUS_REQUEST;
	gnutls_x509_tlsfeatures_deinit(features);
	return wants;
}

/* True if the certificate names a location of its issuer's (RFC 5280, 4.2.2.1),
 * as those of public authorities do. */
static bool
names_issuer_url(gnutls_x509_crt_t c)
{
	gnutls_datum_t url;

	for (unsigned int i = 0;; i++) {
		int ret = gnutls_x509_crt_get_authority_info_access(
		    c, i, GNUTLS_IA_CAISSUERS_URI, &url, NULL);

		if (ret == 0) {
			gnutls_free(url.data);
			return true;
		}
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
	}
}

/* True if the key may not sign handshakes, the only use that they have for it
 * (RFC 8446, 4.4.2.2; RFC 5280, 4.2.1.3). */
static bool
is_not_for_signatures(gnutls_x509_crt_t c)
{
	unsigned int usage;

	return gnutls_x509_crt_get_key_usage(c, &usage, NULL) == 0 &&
	       (usage & GNUTLS_KEY_DIGITAL_SIGNATURE) == 0;
}

bool
chain_check(const struct chain *chain)
{
	const char *why = NULL;

	if (is_not_for_servers(chain->sent[0]))
		why = "it is not for TLS servers (extended key usage)";
	else if (is_not_for_signatures(chain->sent[0]))
		why = "it is not for digital signatures (key usage)";
	if (why == NULL)
		return true;
	log_line(LOG_ERR, "cannot use certificate %s: %s", chain->file, why);
	return false;
}

static bool
is_repeated(const struct chain *chain, unsigned int index)
{
	for (unsigned int i = 0; i < index; i++)
		if (gnutls_x509_crt_equals(chain->all[i], chain->all[index]))
			return true;
	return false;
}

static void
warn_of_one_left_out(const struct chain *chain, unsigned int index, time_t now)
{
	gnutls_x509_crt_t c = chain->all[index];
	time_t from = gnutls_x509_crt_get_activation_time(c);
	time_t until = gnutls_x509_crt_get_expiration_time(c);
	char name[NAME_MAX_LENGTH], date[DATE_TEXT_MAX] = "";
	const char *why = "is not of its chain";

	certificate_subject(c, name, sizeof(name));
	if (is_repeated(chain, index)) {
		log_line(LOG_WARNING,
		    "certificate %s: \"%s\" is in it more than once",
		    chain->file, name);
		return;
	}
	if (now < from) {
		why = "is not valid before ";
		date_format(from, date);
	} else if (until < now) {
		why = "expired on ";
		date_format(until, date);
	}
	log_line(LOG_WARNING, "certificate %s: \"%s\" %s%s, and is not sent",
	    chain->file, name, why, date);
}

/* True if the file has an issuer of `c`, valid or not. */
static bool
has_issuer(const struct chain *chain, gnutls_x509_crt_t c)
{
	for (unsigned int i = 0; i < chain->count; i++)
		if (gnutls_x509_crt_check_issuer(c, chain->all[i]) == 1)
			return true;
	return false;
}

static bool
issued_one_sent(const struct chain *chain, gnutls_x509_crt_t c)
{
	for (unsigned int i = 0; i < chain->length; i++)
		if (gnutls_x509_crt_check_issuer(chain->sent[i], c) == 1)
			return true;
	return false;
}

/* True if the file has an intermediate certificate from which no path leads to
 * the server's. */
static bool
has_loose_intermediate(const struct chain *chain)
{
	for (unsigned int i = 0; i < chain->count; i++) {
		gnutls_x509_crt_t c = chain->all[i];

		if (gnutls_x509_crt_get_ca_status(c, NULL) > 0 &&
		    !is_self_issued(c) && !is_sent(chain, c) &&
		    !issued_one_sent(chain, c))
			return true;
	}
	return false;
}

/*
 * A root need not be sent, and the last issuer is one if it is a private
 * authority that signs with its root.  Public ones sign with intermediate
 * certificates, which clients do not have; and where the file has an
 * intermediate certificate that does not fit, one between is missing.
 */
static void
warn_of_missing_issuer(const struct chain *chain)
{
	gnutls_x509_crt_t last = chain->sent[chain->length - 1];
	char name[NAME_MAX_LENGTH], issuer[NAME_MAX_LENGTH];

	if (has_issuer(chain, last) ||
	    (!has_loose_intermediate(chain) &&
		!(chain->length == 1 && names_issuer_url(last))))
		return;
	certificate_subject(last, name, sizeof(name));
	certificate_issuer(last, issuer, sizeof(issuer));
	log_line(LOG_WARNING,
	    "certificate %s: \"%s\", which issued \"%s\", is missing, and "
	    "clients will not find it",
	    chain->file, issuer, name);
}

void
chain_warn(const struct chain *chain, bool stapled, time_t now)
{
	for (unsigned int i = 0; i < chain->count; i++)
		if (!is_sent(chain, chain->all[i]))
			warn_of_one_left_out(chain, i, now);
	warn_of_missing_issuer(chain);
	if (!stapled && wants_stapling(chain->sent[0]))
		log_line(LOG_WARNING,
		    "certificate %s: it wants its OCSP response stapled, and "
		    "there is none (--ocsp-response)",
		    chain->file);
}

void
chain_warn_of_end(const char *file, gnutls_x509_crt_t certificate, time_t now)
{
	time_t end = gnutls_x509_crt_get_expiration_time(certificate);
	char name[NAME_MAX_LENGTH], date[DATE_TEXT_MAX];

	if (end - now > CHAIN_WARNING_DAYS * DATE_SECONDS_A_DAY)
		return;
	certificate_subject(certificate, name, sizeof(name));
	date_format(end, date);
	log_line(LOG_WARNING, "certificate %s: \"%s\" %s on %s", file, name,
	    end < now ? "expired" : "ends", date);
}
