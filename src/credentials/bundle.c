#include "credentials/bundle.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/dontfork.h"
#include "credentials/tickets.h"

struct head {
	uint32_t kind;
	uint32_t size;
};

int
bundle_buffer_new(struct bundle_buffer *b)
{
	b->octets = dontfork_new(BUNDLE_MAX);
	b->size = 0;
	return b->octets == NULL ? -1 : 0;
}

void
bundle_buffer_free(struct bundle_buffer *b)
{
	if (b->octets == NULL)
		return;
	gnutls_memset(b->octets, 0, b->size);
	dontfork_free(b->octets, BUNDLE_MAX);
	b->octets = NULL;
}

int
bundle_append(struct bundle_buffer *b, enum bundle_kind kind,
    const gnutls_datum_t *octets)
{
	struct head head = {(uint32_t)kind, octets->size};
	size_t left = BUNDLE_MAX - b->size;

	if (left < sizeof(head) || left - sizeof(head) < octets->size) {
		errno = EFBIG;
		return -1;
	}
	memcpy(b->octets + b->size, &head, sizeof(head));
	b->size += sizeof(head);
	memcpy(b->octets + b->size, octets->data, octets->size);
	b->size += octets->size;
	return 0;
}

/* Removes the first record from `*octets`. */
static bool
next_record(const unsigned char **octets, size_t *size, struct head *head,
    gnutls_datum_t *record)
{
	if (*size < sizeof(*head))
		return false;
	memcpy(head, *octets, sizeof(*head));
	*octets += sizeof(*head);
	*size -= sizeof(*head);
	if (head->size == 0 || head->size > *size)
		return false;
	record->data = (unsigned char *)(uintptr_t)*octets;
	record->size = head->size;
	*octets += head->size;
	*size -= head->size;
	return true;
}

/* Stores a record if it may follow one of the kind `last` (0: none). */
static bool
place(struct bundle *b, uint32_t last, uint32_t kind, gnutls_datum_t record)
{
	struct bundle_pair *pair =
	    b->count == 0 ? NULL : &b->pairs[b->count - 1];

	switch (kind) {
	case BUNDLE_LEAF:
		if (last > BUNDLE_OCSP || b->count == KEYHOLDER_KEYS_MAX)
			return false;
		pair = &b->pairs[b->count];
		pair->key = b->count++;
		pair->chain[pair->length++] = record;
		return true;
	case BUNDLE_ISSUER:
		if (pair == NULL || last > BUNDLE_ISSUER ||
		    pair->length == BUNDLE_CHAIN_MAX)
			return false;
		pair->chain[pair->length++] = record;
		return true;
	case BUNDLE_OCSP:
		if (pair == NULL || last > BUNDLE_ISSUER)
			return false;
		pair->ocsp = record;
		return true;
	case BUNDLE_AUTHORITY:
		if (pair == NULL || last > BUNDLE_AUTHORITY ||
		    b->authority_count == BUNDLE_AUTHORITIES_MAX)
			return false;
		b->authorities[b->authority_count++] = record;
		return true;
	case BUNDLE_TICKET_KEY:
		if (pair == NULL || last > BUNDLE_AUTHORITY ||
		    record.size != TICKETS_KEY_SIZE)
			return false;
		b->ticket_key = record;
		return true;
	default:
		return false;
	}
}

int
bundle_parse(struct bundle *b, const unsigned char *octets, size_t size)
{
	struct head head;
	gnutls_datum_t record;
	uint32_t last = 0;

	memset(b, 0, sizeof(*b));
	while (size > 0) {
		if (!next_record(&octets, &size, &head, &record) ||
		    !place(b, last, head.kind, record)) {
			errno = EBADMSG;
			return -1;
		}
		last = head.kind;
	}
	if (b->count > 0)
		return 0;
	errno = EBADMSG;
	return -1;
}
