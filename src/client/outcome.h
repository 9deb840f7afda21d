/*
 * What became of one conversation with a server: everything that any report
 * says of it, as one flat struct without pointers, so that it can pass from a
 * confined process to another as one bounded record.
 *
 * A fact stands here as soon as it was seen, whatever failed afterwards.  Texts
 * are printable ASCII and NUL-terminated; "" means unknown.  A list is one text
 * with LF between its entries, which hold none.
 */
#ifndef PINGTLS_OUTCOME_H
#define PINGTLS_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "client/times.h"
#include "services/reason.h"

/* Room for texts.  DNS has names of 255 octets (RFC 1035, 2.3.4). */
#define OUTCOME_TARGET_MAX 320
#define OUTCOME_NAME_MAX 256
#define OUTCOME_ADDRESS_MAX 128
#define OUTCOME_WORD_MAX 64
#define OUTCOME_LIST_MAX 1024
#define OUTCOME_MESSAGE_MAX 1024

/* The phases of a conversation, in their order. */
enum outcome_phase {
	OUTCOME_RESOLVE,  /* looking the name up */
	OUTCOME_CONNECT,  /* from the first address tried to the connection */
	OUTCOME_PROXY,    /* from CONNECT to the proxy's answer */
	OUTCOME_GREETING, /* connected, until the server's first reply */
	OUTCOME_STARTTLS, /* from the first command to the last clear reply */
	OUTCOME_TLS,      /* the handshake, first octet to last */
	OUTCOME_TOTAL,    /* all of these but the look-up */
	OUTCOME_PHASES
};

#define OUTCOME_NOT_REACHED (-1)

/* Our own protocol's pings come in two stages. */
enum outcome_stage { OUTCOME_CLEAR, OUTCOME_OVER_TLS, OUTCOME_STAGES };

/* What a stage's pings came to. */
struct outcome_pings {
	uint64_t sent;
	struct times answers;
	int64_t began, ended; /* deadline_now(): first ping sent, last event */
};

enum outcome_answer {
	OUTCOME_UNKNOWN, /* it did not come to that */
	OUTCOME_NO,
	OUTCOME_YES,
};

enum outcome_mode {
	OUTCOME_STARTTLS_MODE,
	OUTCOME_IMPLICIT_MODE,
	OUTCOME_PLAIN_MODE, /* --plain: no TLS at all */
};

struct outcome_starttls {
	enum outcome_mode mode;
	enum outcome_answer offered; /* among the server's capabilities */
	char
	    reply[OUTCOME_NAME_MAX]; /* the last one in the clear, unverified */
};

struct outcome_tls {
	char version[OUTCOME_WORD_MAX]; /* "TLS1.3" */
	char cipher[OUTCOME_WORD_MAX];  /* IANA's name of the suite */
	char group[OUTCOME_WORD_MAX];
	char alpn[OUTCOME_WORD_MAX];
};

/* Facts of the server's own certificate, verified or not. */
struct outcome_certificate {
	bool seen; /* else nothing of this is known */
	char subject[OUTCOME_NAME_MAX], issuer[OUTCOME_NAME_MAX];
	char names[OUTCOME_LIST_MAX];   /* a list; "..." ends one that is cut */
	char matched[OUTCOME_NAME_MAX]; /* the name that fits ours */
	char serial[OUTCOME_WORD_MAX];  /* hexadecimal */
	int64_t not_before, not_after;  /* seconds since 1970 */
	/* The earliest end in the chain as verified; 0: it was not verified. */
	int64_t chain_not_after;
	char chain_ends[OUTCOME_NAME_MAX]; /* whose that end is */
	char key[OUTCOME_WORD_MAX];        /* its kind, "EC/ECDSA" */
	uint32_t key_bits;
	char signature[OUTCOME_WORD_MAX];   /* the issuer's algorithm */
	char sha256[OUTCOME_WORD_MAX + 1];  /* hexadecimal */
	char spki_sha256[OUTCOME_WORD_MAX]; /* base64, as in --pinnedpubkey */
};

/* What --dane or --tlsa came to. */
enum outcome_dane {
	OUTCOME_DANE_NONE, /* it was not asked for */
	OUTCOME_DANE_VERIFIED,
	OUTCOME_DANE_FAILED,
};

struct outcome {
	/* Which conversation this is. */
	uint64_t sequence; /* from 1, within its target */
	int64_t at;        /* when it began: CLOCK_REALTIME, nanoseconds */
	char target[OUTCOME_TARGET_MAX]; /* as it was given */
	char service[OUTCOME_WORD_MAX];  /* "smtp"; ours is "pingtls" */
	char host[OUTCOME_NAME_MAX];     /* as it was looked up, in ASCII */
	uint16_t port;
	char address[OUTCOME_ADDRESS_MAX]; /* that took the connection */
	char proxy[OUTCOME_TARGET_MAX];    /* host:port, or "" */

	bool ok;
	enum reason reason;                /* of the first step that failed */
	char message[OUTCOME_MESSAGE_MAX]; /* the same for people: one line */
	/* Nothing is wrong, and yet worth a word: with -v. */
	char remark[OUTCOME_NAME_MAX];

	int64_t phase_ns[OUTCOME_PHASES]; /* or OUTCOME_NOT_REACHED */

	struct outcome_starttls starttls;
	struct outcome_tls tls;
	struct outcome_certificate certificate;

	enum outcome_answer verified;    /* the chain and the name */
	char problems[OUTCOME_LIST_MAX]; /* what speaks against it: a list */
	char ocsp[OUTCOME_NAME_MAX];     /* what was stapled, in words */
	enum outcome_answer pin;         /* a pin that was asked for fits */
	enum outcome_dane dane;
	char dane_record[OUTCOME_NAME_MAX]; /* "3 1 1 HEX" */

	struct outcome_pings pings[OUTCOME_STAGES]; /* zero for others */
};

/* An outcome of which nothing is known yet. */
void outcome_init(struct outcome *);

#endif
