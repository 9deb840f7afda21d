/*
 * What the fuzzers share: what must be true, and keys that need no file.
 */
#ifndef PINGTLS_FUZZ_H
#define PINGTLS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

/* libFuzzer's entry points. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must be true of every input: says so and aborts where it is not. */
#define FUZZ_REQUIRE(condition) \
	((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *condition, const char *file, int line);

/* Whether `text` is ASCII 32 to 126 and ends within `size` octets. */
bool fuzz_printable(const char *text, size_t size);

/* Descriptors of this process below a number that no fuzzer reaches. */
size_t fuzz_descriptors(void);

/*
 * A key of `algorithm` and a certificate for "localhost" that it signed itself,
 * made anew by each process: both as they are, and as PEM in memory files
 * (memfd_create(2)) whose paths are good in the processes forked from this one.
 */
struct fuzz_identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	gnutls_pubkey_t public;
	char key_file[64], certificate_file[64];
};

void fuzz_identity_make(
    struct fuzz_identity *, gnutls_pk_algorithm_t algorithm, unsigned int bits);

#endif
