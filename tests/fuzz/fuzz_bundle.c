/*
 * Fuzzes the parser of bundles, which the listener runs on what a loading
 * process sent: whatever it takes, made into a bundle again, is the same
 * octets.
 */
#include <stdlib.h>
#include <string.h>

#include "credentials/bundle.h"
#include "fuzz.h"

static struct bundle bundle;
static struct bundle_buffer buffer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	FUZZ_REQUIRE(bundle_buffer_new(&buffer) == 0);
	return 0;
}

static void
append(enum bundle_kind kind, const gnutls_datum_t *record)
{
	if (record->size > 0)
		FUZZ_REQUIRE(bundle_append(&buffer, kind, record) == 0);
}

/* Makes a bundle of the parts, in the order that the format has. */
static void
make_again(void)
{
	buffer.size = 0;
	for (size_t i = 0; i < bundle.count; i++) {
		const struct bundle_pair *pair = &bundle.pairs[i];

		FUZZ_REQUIRE(pair->length > 0);
		for (unsigned int j = 0; j < pair->length; j++)
			append(j == 0 ? BUNDLE_LEAF : BUNDLE_ISSUER,
			    &pair->chain[j]);
		append(BUNDLE_OCSP, &pair->ocsp);
	}
	for (size_t i = 0; i < bundle.authority_count; i++)
		append(BUNDLE_AUTHORITY, &bundle.authorities[i]);
	append(BUNDLE_TICKET_KEY, &bundle.ticket_key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy that has nothing behind it, so that reading on is seen. */
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	FUZZ_REQUIRE(copy != NULL);
	memcpy(copy, data, size);
	if (bundle_parse(&bundle, copy, size) == 0) {
		make_again();
		FUZZ_REQUIRE(buffer.size == size);
		FUZZ_REQUIRE(memcmp(buffer.octets, copy, size) == 0);
	}
	free(copy);
	return 0;
}
