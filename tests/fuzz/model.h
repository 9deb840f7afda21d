/*
 * A second reading of pingtls-protocol(7), for the fuzzers to compare the
 * server with: octets in, the replies out.
 */
#ifndef PINGTLS_FUZZ_MODEL_H
#define PINGTLS_FUZZ_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many octets of replies as there can be: a line of two octets gets 20. */
#define MODEL_MOST 131072

struct model {
	unsigned long errors, max_errors;
	bool tls;      /* what is fed was inside TLS */
	bool starttls; /* asked for in the clear: what follows is not fed */
	bool over;     /* the server closes */
	char line[512];
	size_t length;
	unsigned int pings[2]; /* in the clear, over TLS */
	char replies[MODEL_MOST];
	size_t replies_length;
};

/* Adds the replies to `size` octets.  Returns how many were looked at. */
size_t model_feed(struct model *, const uint8_t *octets, size_t size);

/* The idle time passed. */
void model_time_out(struct model *);

/* The rest is over TLS. */
void model_upgrade(struct model *);

#endif
