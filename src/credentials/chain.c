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

static void
warn_of_those_left_out(const struct chain *chain, time_t now)
{
	char name[NAME_MAX_LENGTH], date[DATE_TEXT_MAX];

	for (unsigned int i = 0; i < chain->count; i++) {
		gnutls_x509_crt_t c = chain->all[i];

		if (is_sent(chain, c))
			continue;
		certificate_subject(c, name, sizeof(name));
		if (is_valid(c, now)) {
			log_line(LOG_WARNING,
			    "certificate %s: \"%s\" is not of its chain, and "
			    "is not sent",
			    chain->file, name);
			continue;
		}
		date_format(gnutls_x509_crt_get_expiration_time(c), date);
		log_line(LOG_WARNING,
		    "certificate %s: \"%s\" is not valid now (it ends on %s), "
		    "and is not sent",
		    chain->file, name, date);
	}
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
	warn_of_those_left_out(chain, now);
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

bool
chain_check(const struct chain *chain, bool stapled)
{
	gnutls_x509_crt_t own = chain->sent[0];
	char name[NAME_MAX_LENGTH];

	if (is_not_for_servers(own)) {
		log_line(LOG_ERR,
		    "cannot use certificate %s: it is not for TLS servers "
		    "(extended key usage)",
		    chain->file);
		return false;
	}
	/* Public authorities sign with intermediate certificates, which clients
	 * do not have; a private one may sign with its root. */
	if (chain->length == 1 && !is_self_issued(own) &&
	    names_issuer_url(own)) {
		certificate_issuer(own, name, sizeof(name));
		log_line(LOG_WARNING,
		    "certificate %s: the certificate of its issuer \"%s\" is "
		    "missing, and clients will not find it",
		    chain->file, name);
	}
	if (!stapled && wants_stapling(own))
		log_line(LOG_WARNING,
		    "certificate %s: it wants its OCSP response stapled, and "
		    "there is none (--ocsp-response)",
		    chain->file);
	return true;
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
