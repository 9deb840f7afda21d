/*
 * A fuzzer's input as a script that can be read and written by hand: text, and
 * between it backslashes each with a letter that says what is to be done.  Two
 * backslashes are one in the text, and one before a NUL is no more than that.
 */
#ifndef PINGTLS_FUZZ_SCRIPT_H
#define PINGTLS_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The scripts are short: libFuzzer keeps to -max_len. */
#define SCRIPT_MAX 8192

struct script {
	const uint8_t *at, *end;
};

/* Either a letter or, with operation 0, text. */
struct step {
	uint8_t operation;
	uint8_t text[SCRIPT_MAX];
	size_t length;
};

/* Takes the next step; returns false at the end. */
bool script_next(struct script *, struct step *);

#endif
