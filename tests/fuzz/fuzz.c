/*
 * What the fuzzers share: what must be true, and keys that need no file.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* More than any fuzzer has open at once. */
#define DESCRIPTORS 128
#define HOUR 3600

_Noreturn void
fuzz_broken(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
	abort();
}

bool
fuzz_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\0')
			return true;
		if (text[i] < 32 || text[i] > 126)
			return false;
	}
	return false;
}

size_t
fuzz_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

/* Puts PEM, which is freed, into a memory file; its path goes to `path`. */
static void
keep(gnutls_datum_t *pem, char *path, size_t size)
{
	int fd = memfd_create("pem", MFD_CLOEXEC);

	FUZZ_REQUIRE(fd != -1);
	FUZZ_REQUIRE(write(fd, pem->data, pem->size) == (ssize_t)pem->size);
	gnutls_free(pem->data);
	/* The keyholder closes what it inherits, so it comes by the process. */
	snprintf(path, size, "/proc/%d/fd/%d", (int)getpid(), fd);
}

static void
certify(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
    gnutls_digest_algorithm_t digest)
{
	time_t now = time(NULL);

	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, "\001", 1);
	gnutls_x509_crt_set_activation_time(certificate, now - HOUR);
	/* A day is longer than a campaign is left alone. */
	gnutls_x509_crt_set_expiration_time(certificate, now + 24 * HOUR);
	gnutls_x509_crt_set_dn(certificate, "CN=localhost", NULL);
	gnutls_x509_crt_set_subject_alt_name(
	    certificate, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_key(certificate, key);
	FUZZ_REQUIRE(gnutls_x509_crt_sign2(
			 certificate, certificate, key, digest, 0) == 0);
}

void
fuzz_identity_make(
    struct fuzz_identity *i, gnutls_pk_algorithm_t algorithm, unsigned int bits)
{
	gnutls_datum_t pem;

	gnutls_x509_privkey_init(&i->key);
	FUZZ_REQUIRE(
	    gnutls_x509_privkey_generate(i->key, algorithm, bits, 0) == 0);
	gnutls_x509_crt_init(&i->certificate);
	certify(i->certificate, i->key,
	    algorithm == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512
						 : GNUTLS_DIG_SHA256);
	gnutls_pubkey_init(&i->public);
	gnutls_pubkey_import_x509(i->public, i->certificate, 0);
	FUZZ_REQUIRE(
	    gnutls_x509_privkey_export2_pkcs8(i->key, GNUTLS_X509_FMT_PEM, NULL,
		GNUTLS_PKCS_PLAIN, &pem) == 0);
	keep(&pem, i->key_file, sizeof(i->key_file));
	FUZZ_REQUIRE(gnutls_x509_crt_export2(
			 i->certificate, GNUTLS_X509_FMT_PEM, &pem) == 0);
	keep(&pem, i->certificate_file, sizeof(i->certificate_file));
}
