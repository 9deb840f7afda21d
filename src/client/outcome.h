/*
 * The outcome of one conversation: everything that a report needs, in a struct
 * without pointers, so that a confined process can send it as one bounded
 * record.
 *
 * Facts are filled in as soon as they are known, even if the conversation fails
 * later.  Texts are printable ASCII and NUL-terminated; "" means unknown.  A
 * list is one text with entries separated by LF.
 */
#ifndef PINGTLS_OUTCOME_H
#define PINGTLS_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "client/times.h"
#include "services/reason.h"

/* Sizes of texts.  DNS names have up to 255 octets (RFC 1035, 2.3.4). */
#define OUTCOME_TARGET_MAX 320
#define OUTCOME_NAME_MAX 256
#define OUTCOME_ADDRESS_MAX 128
#define OUTCOME_WORD_MAX 64
#define OUTCOME_LIST_MAX 1024
#define OUTCOME_MESSAGE_MAX 1024

/* The phases of a conversation, in order. */
enum outcome_phase {
	OUTCOME_RESOLVE,  /* name resolution */
	OUTCOME_CONNECT,  /* from the first address tried to the connection */
	OUTCOME_PROXY,    /* from CONNECT to the proxy's answer */
	OUTCOME_GREETING, /* from the connection to the first reply */
	OUTCOME_STARTTLS, /* from the first command to the last clear reply */
	OUTCOME_TLS,      /* the handshake */
	OUTCOME_TOTAL,    /* all of these except OUTCOME_RESOLVE */
	OUTCOME_PHASES
};

#define OUTCOME_NOT_REACHED (-1)

/* Their names in reports: "resolve", "connect". */
extern const char *const outcome_phase_names[OUTCOME_PHASES];

/* Pings of our own protocol are sent in two stages. */
enum outcome_stage { OUTCOME_CLEAR, OUTCOME_OVER_TLS, OUTCOME_STAGES };

/* The pings of a stage. */
struct outcome_pings {
	uint64_t sent;
	struct times answers;
	int64_t began, ended; /* deadline_now(): first ping sent, last event */
};

enum outcome_answer {
	OUTCOME_UNKNOWN, /* not reached */
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
	enum outcome_answer offered;  /* among the server's capabilities */
	char reply[OUTCOME_NAME_MAX]; /* the last in the clear, unauthenticated
	                               */
};

struct outcome_tls {
	char version[OUTCOME_WORD_MAX]; /* "TLS1.3" */
	char cipher[OUTCOME_WORD_MAX];  /* IANA's name of the suite */
	char group[OUTCOME_WORD_MAX];
	char alpn[OUTCOME_WORD_MAX];
};

/* Facts of the server's own certificate, verified or not. */
struct outcome_certificate {
	bool seen; /* else nothing here is known */
	char subject[OUTCOME_NAME_MAX], issuer[OUTCOME_NAME_MAX];
	char names[OUTCOME_LIST_MAX]; /* a list; ends with "..." if truncated */
	char matched[OUTCOME_NAME_MAX]; /* the name that matches */
	char serial[OUTCOME_WORD_MAX];  /* hexadecimal */
	int64_t not_before, not_after;  /* seconds since 1970 */
	/* The earliest expiry in the chain up to a trusted certificate; 0: it
	 * leads to none. */
	int64_t chain_not_after;
	char chain_ends[OUTCOME_NAME_MAX]; /* the subject that expires then */
	char key[OUTCOME_WORD_MAX];        /* its type, "EC/ECDSA" */
	uint32_t key_bits;
	char signature[OUTCOME_WORD_MAX];   /* the issuer's algorithm */
	char sha256[OUTCOME_WORD_MAX + 1];  /* hexadecimal */
	char spki_sha256[OUTCOME_WORD_MAX]; /* base64, as in --pinnedpubkey */
	char tlsa[OUTCOME_NAME_MAX];        /* its TLSA record, "3 1 1 HEX" */
};

/* The result of --dane or --tlsa. */
enum outcome_dane {
	OUTCOME_DANE_NONE, /* not requested */
	OUTCOME_DANE_VERIFIED,
	OUTCOME_DANE_FAILED,
};

struct outcome {
	/* Which conversation this is. */
	uint64_t sequence; /* from 1, for each target */
	int64_t at;        /* when it began: nanoseconds, CLOCK_REALTIME */
	char target[OUTCOME_TARGET_MAX]; /* as given */
	char service[OUTCOME_WORD_MAX];  /* "smtp"; ours is "pingtls" */
	char host[OUTCOME_NAME_MAX];     /* as looked up, in ASCII */
	uint16_t port;
	char address[OUTCOME_ADDRESS_MAX]; /* that accepted the connection */
	char proxy[OUTCOME_TARGET_MAX];    /* host:port, or "" */

	bool ok;
	enum reason reason;                /* of the first step that failed */
	char message[OUTCOME_MESSAGE_MAX]; /* the same as a line of text */
	/* Not a failure, but worth mentioning with -v. */
	char remark[OUTCOME_NAME_MAX];
	/* The layers of confinement that its process lacks, for -v. */
	char unconfined[OUTCOME_NAME_MAX];

	int64_t phase_ns[OUTCOME_PHASES]; /* OUTCOME_NOT_REACHED: none */

	struct outcome_starttls starttls;
	struct outcome_tls tls;
	struct outcome_certificate certificate;
	/* TLS and the certificate are those of the conversation before. */
	bool repeated;

	enum outcome_answer verified;    /* chain and name, or DANE */
	char problems[OUTCOME_LIST_MAX]; /* why it is not: a list */
	char ocsp[OUTCOME_NAME_MAX];     /* the stapled response, described */
	enum outcome_answer pin;         /* whether a pin given matches */
	enum outcome_dane dane;
	char dane_record[OUTCOME_NAME_MAX]; /* "3 1 1 HEX" */

	struct outcome_pings pings[OUTCOME_STAGES]; /* 0 for other services */
};

/* Initialises an outcome to unknown. */
void outcome_init(struct outcome *);

/* The target for a person's eyes: as given, but a name beyond ASCII as it is
 * looked up.  Writes it to `text`, OUTCOME_TARGET_MAX octets, and returns that.
 */
const char *outcome_show_target(const struct outcome *, char *text);

#endif
