/*
 * Verification by TLSA records.
 */

#include "client/tlsa_match.h"
#include "client/verify_internal.h"

/* Puts the certificates of the path, the trusted authority last, into `list` in
 * DER, to be freed by gnutls_free(). */
static unsigned int
export_path(const struct verify_path *path, gnutls_datum_t *list)
{
	gnutls_x509_crt_t certificate;
	unsigned int i = 0;

	for (; (certificate = verify_path_at(path, i)) != NULL; i++)
		if (gnutls_x509_crt_export2(
			certificate, GNUTLS_X509_FMT_DER, &list[i]) < 0)
			break;
	return i;
}

/* True if a record requires PKIX as well. */
static bool
requires_pkix(const struct verify_server *server)
{
	for (size_t i = 0; i < server->record_count; i++)
		if (server->records[i].usage <= TLSA_PKIX_EE)
			return !server->without_pkix;
	return false;
}

/* Ends the path at the authority of a record of usage 2: what is behind it is
 * not to blame. */
static void
end_path_at(struct verify_path *path, const struct tlsa *record)
{
	gnutls_x509_crt_t certificate;
	gnutls_datum_t der;

	for (unsigned int i = 1;
	     (certificate = verify_path_at(path, i)) != NULL; i++) {
		if (gnutls_x509_crt_export2(
			certificate, GNUTLS_X509_FMT_DER, &der) < 0)
			continue;
		if (tlsa_is_of(record, &der)) {
			path->count = i;
			path->anchor = certificate;
		}
		gnutls_free(der.data);
	}
}

static void
explain_mismatch(struct verifier *v, const struct verify_path *path,
    const struct tlsa_result *result, unsigned int pkix_status)
{
	struct verify_path below = *path;
	char record[TLSA_TEXT_MAX];

	v->reason = REASON_TLSA_INVALID;
	if (result->chain_status != 0) {
		tlsa_format(result->record, record, sizeof(record));
		verify_add_problem(v,
		    "the chain leads to the authority of TLSA record %s but is "
		    "not valid",
		    record);
		end_path_at(&below, result->record);
		verify_explain(v, &below, result->chain_status);
		return;
	}
	verify_add_problem(v,
	    "no TLSA record matches; this certificate's is %s",
	    v->outcome->certificate.tlsa);
	if (pkix_status != 0 && requires_pkix(v->server))
		verify_explain(v, path, pkix_status);
}

void
verify_by_records(struct verifier *v, gnutls_session_t session,
    const struct verify_path *path, unsigned int status)
{
	const struct verify_server *server = v->server;
	struct outcome *o = v->outcome;
	gnutls_datum_t exported[VERIFY_CHAIN_MAX + 1];
	struct tlsa_peer peer = {
	    .path = {.certificates = exported},
	    .name = server->name->name,
	    .without_pkix = server->without_pkix,
	};
	struct tlsa_result result;

	peer.chain.certificates =
	    gnutls_certificate_get_peers(session, &peer.chain.size);
	if (status == 0)
		peer.path.size = export_path(path, exported);
	tlsa_check(server->records, server->record_count, &peer, &result);
	for (unsigned int i = 0; i < peer.path.size; i++)
		gnutls_free(exported[i].data);
	o->verified = result.verdict == TLSA_MATCHED ? OUTCOME_YES : OUTCOME_NO;
	o->dane = result.verdict == TLSA_MATCHED ? OUTCOME_DANE_VERIFIED
	                                         : OUTCOME_DANE_FAILED;
	if (result.record != NULL)
		tlsa_format(
		    result.record, o->dane_record, sizeof(o->dane_record));
	if (result.verdict == TLSA_MISMATCH)
		explain_mismatch(v, path, &result, status);
	if (result.verdict == TLSA_UNUSABLE) {
		v->reason = REASON_DANE_REQUIRED;
		verify_add_problem(v, "no TLSA record can be used%s",
		    server->without_pkix ? ": SMTP knows usages 2 and 3 only"
					 : "");
	}
}
