/*
 * What the tests of the keyholder share: one that is started, and the public
 * part of its key.
 */
#include "unit_keyholder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <check.h>
#include <gnutls/x509.h>

#include "unit_files.h"

const char *const unit_key_names[UNIT_KEYS] = {
    "rsa", "ecdsa", "ecdsa384", "ed25519"};

struct keyholder *
unit_keyholder_start(bool wait)
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
	    .wait = wait,
	};
	k = keyholder_start(&options, why);
	ck_assert_msg(k != NULL, "%s", why);
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

gnutls_privkey_t
unit_private_key(struct keyholder *k, size_t index)
{
	gnutls_pubkey_t public = unit_public_key(unit_key_names[index]);
	gnutls_privkey_t key;

	ck_assert_int_eq(keyholder_import(k, index, public, &key), 0);
	gnutls_pubkey_deinit(public);
	return key;
}

bool
unit_signs(struct keyholder *k, size_t index, gnutls_sign_algorithm_t algorithm)
{
	static unsigned char text[] = "what is signed";
	const gnutls_datum_t data = {text, sizeof(text)};
	gnutls_pubkey_t public = unit_public_key(unit_key_names[index]);
	gnutls_privkey_t key = unit_private_key(k, index);
	gnutls_datum_t signature = {NULL, 0};
	bool verified = gnutls_privkey_sign_data2(
			    key, algorithm, 0, &data, &signature) == 0 &&
	                gnutls_pubkey_verify_data2(
			    public, algorithm, 0, &data, &signature) >= 0;

	gnutls_free(signature.data);
	gnutls_privkey_deinit(key);
	gnutls_pubkey_deinit(public);
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
