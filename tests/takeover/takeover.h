/*
 * A session that was taken over, played: this library is preloaded into
 * pingtlsd, and a client that sends "TAKEOVER name argument" has the attempt of
 * that name made in its session process, inside the sandbox.  A session can
 * have one made in the keyholder in the same way, and a server in the process
 * of pingtls that talks to it.
 */
#ifndef PINGTLS_TAKEOVER_H
#define PINGTLS_TAKEOVER_H

#include <stddef.h>
#include <stdint.h>

#define TAKEOVER_COMMAND "TAKEOVER "

/* Memory that can be read and written. */
struct span {
	uintptr_t start;
	size_t size;
};
#define SPANS_MAX 64

/* What a session process has that was taken over. */
struct loot {
	int stream;   /* its connection */
	int channel;  /* its way to the keyholder, or -1 */
	int ruleset;  /* Landlock's, or -1 */
	void *shared; /* memory that it shares with others, or NULL */
	size_t shared_size;
	struct span spans[SPANS_MAX];
	size_t span_count;
	const char *argument; /* from the client */
};

/*
 * An attempt.  Returns 0 if it could be made, or an errno; what it did to
 * others is for the test to see.
 */
struct attempt {
	const char *name;
	int (*make)(const struct loot *);
};

/* The attempts, each table ended by one without a name. */
extern const struct attempt attempts_on_memory[];
extern const struct attempt attempts_on_descriptors[];
extern const struct attempt attempts_on_others[];
extern const struct attempt attempts_on_channel[];
extern const struct attempt attempts_in_keyholder[];

/* Where a session looks at octets from its client, or the keyholder at those
 * from a session: makes the attempt, if they name one. */
void take_over_if_told(int stream, const char *octets, long size);

/* Before the process is confined: what it has. */
void loot_look_around(void);
void loot_note_ruleset(int fd);
int loot_ruleset(void);

/* The system call itself, whatever libc or this library makes of it.  Returns
 * what it returns, or -1 with errno. */
long raw(long number, ...);

/* Sends 16 octets over `fd`, and the descriptor `passed`.  Returns -1 with
 * errno where that fails. */
long pass_descriptor(int fd, int passed);

#endif
