/*
 * What the tests of the keyholder share: one that is started, and the public
 * part of its key.
 */
#include "unit_keyholder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <gnutls/x509.h>

#include "tls/policy.h"
#include "unit_files.h"

const char *const unit_key_names[UNIT_KEYS] = {
    "rsa", "ecdsa", "ecdsa384", "ed25519"};

gnutls_priority_t
unit_policy(void)
{
	static gnutls_priority_t policy;
	char why[POLICY_WHY_MAX];

	if (policy == NULL)
		ck_assert_int_eq(
		    policy_init(&policy, NULL, POLICY_TLS_1_2, why), 0);
	return policy;
}

struct keyholder *
unit_keyholder_start(void)
{
	/* It outlives the keyholder. */
	static struct key_pair pairs[UNIT_KEYS];
	static struct keyholder_options options;
	char why[KEYHOLDER_WHY_MAX] = "", name[64];
	struct keyholder *k;

	for (size_t i = 0; i < UNIT_KEYS; i++) {
		snprintf(name, sizeof(name), "%s-key.pem", unit_key_names[i]);
		pairs[i].key_file = unit_file(name);
	}
	options = (struct keyholder_options){
	    .pairs = pairs,
	    .count = UNIT_KEYS,
	    .policy = unit_policy(),
	};
	k = keyholder_start(&options, why);
	ck_assert_msg(k != NULL, "%s", why);
	ck_assert_msg(unit_signs(k, 1, GNUTLS_SIGN_ECDSA_SHA256), "%s",
	    signer_why(unit_signer()));
	return k;
}

gnutls_pubkey_t
unit_public_key(const char *name)
{
	gnutls_x509_crt_t certificate;
	gnutls_pubkey_t public;
	gnutls_datum_t pem;
	char file[64];

	snprintf(file, sizeof(file), "%s-cert.pem", name);
	ck_assert_int_eq(gnutls_load_file(unit_file(file), &pem), 0);
	ck_assert_int_eq(gnutls_x509_crt_init(&certificate), 0);
	ck_assert_int_eq(
	    gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM), 0);
	ck_assert_int_eq(gnutls_pubkey_init(&public), 0);
	ck_assert_int_eq(gnutls_pubkey_import_x509(public, certificate, 0), 0);
	gnutls_x509_crt_deinit(certificate);
	gnutls_free(pem.data);
	return public;
}

static unsigned char text[64 + 34 + 32] =
    "                                                                "
    "TLS 1.3, server CertificateVerify";
const gnutls_datum_t unit_to_sign = {text, sizeof(text)};

struct signer *
unit_signer(void)
{
	static struct signer *signer;

	if (signer == NULL)
		signer = signer_new();
	ck_assert_ptr_nonnull(signer);
	return signer;
}

bool
unit_signs(
    const struct keyholder *k, size_t index, gnutls_sign_algorithm_t algorithm)
{
	gnutls_pubkey_t public = unit_public_key(unit_key_names[index]);
	gnutls_datum_t signature = {NULL, 0};
	int channel = keyholder_open_channel(k);
	gnutls_privkey_t key;
	bool verified;

	signer_set_channel(unit_signer(), channel);
	ck_assert_int_eq(signer_import(unit_signer(), index, public, &key), 0);
	verified = gnutls_privkey_sign_data2(
		       key, algorithm, 0, &unit_to_sign, &signature) == 0 &&
	           gnutls_pubkey_verify_data2(
		       public, algorithm, 0, &unit_to_sign, &signature) >= 0;
	gnutls_free(signature.data);
	gnutls_privkey_deinit(key);
	gnutls_pubkey_deinit(public);
	if (channel != -1)
		close(channel);
	return verified;
}

int
unit_keyholder_end(struct keyholder *k)
{
	pid_t pid = keyholder_pid(k);
	int status;

	keyholder_free(k);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}
