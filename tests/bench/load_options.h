/*
 * The command line of the load.
 */
#ifndef BENCH_LOAD_OPTIONS_H
#define BENCH_LOAD_OPTIONS_H

#include <stdbool.h>

#include "dialogue.h"

struct load_options {
	struct sockaddr_in to;
	char **command; /* run for each session instead; NULL: none */
	struct dialogue dialogue;
	size_t at_once;
	double seconds;    /* how long sessions begin */
	size_t sessions;   /* or how many each of those at once plays; 0 */
	bool keep_pinging; /* in each session, for as long */
	bool resume;
	const char *priority; /* of GnuTLS */
};

/* Ends the program with a usage message when it is wrong. */
void load_options_parse(int argc, char *argv[], struct load_options *);

#endif
