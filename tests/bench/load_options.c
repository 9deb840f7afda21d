/*
 * The command line of the load.
 */
#include "load_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char text[] =
    "usage: load [OPTION]... ADDRESS:PORT\n"
    "       load [OPTION]... --exec -- COMMAND [ARGUMENT]...\n"
    "  --way=plain|starttls|tls  never, by STARTTLS, or TLS at once "
    "(starttls)\n"
    "  --at-once=N      sessions at the same time (1)\n"
    "  --seconds=S      begin sessions for this long (1)\n"
    "  --sessions=N     or so many and no more, each at once\n"
    "  --pause=MS       after STARTTLS; not counted as latency (0)\n"
    "  --window=N       PINGs over TLS, unanswered at a time (1)\n"
    "  --per-write=N    of them, in one write (1)\n"
    "  --keep-pinging   in each session, for the seconds given\n"
    "  --resume         with the newest ticket that the server gave\n"
    "  --priority=TEXT  of GnuTLS (NORMAL)\n"
    "  --exec           run the command on a socket pair for each session\n";

static _Noreturn void
usage(void)
{
	fputs(text, stderr);
	exit(2);
}

static size_t
number(const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*end != '\0' || n == 0)
		usage();
	return n;
}

static double
seconds(const char *value)
{
	char *end;
	double s = strtod(value, &end);

	if (*end != '\0' || !(s > 0))
		usage();
	return s;
}

/* What only the whole command line tells. */
static void
finish(struct load_options *o, bool exec, int count, char *words[])
{
	if (o->dialogue.window > PEER_PINGS_MAX ||
	    o->dialogue.per_write > o->dialogue.window)
		usage();
	if (exec && count > 0)
		o->command = words;
	else if (exec || count != 1 || peer_address(words[0], &o->to) == -1)
		usage();
}

static const struct option known[] = {
    {"way", required_argument, NULL, 'w'},
    {"at-once", required_argument, NULL, 'a'},
    {"seconds", required_argument, NULL, 's'},
    {"sessions", required_argument, NULL, 'n'},
    {"pause", required_argument, NULL, 'p'},
    {"window", required_argument, NULL, 'W'},
    {"per-write", required_argument, NULL, 'r'},
    {"keep-pinging", no_argument, NULL, 'k'},
    {"resume", no_argument, NULL, 'R'},
    {"priority", required_argument, NULL, 'P'},
    {"exec", no_argument, NULL, 'e'},
    {NULL, 0, NULL, 0},
};

static void
take_option(struct load_options *o, int option, bool *exec)
{
	switch (option) {
	case 'w':
		if (dialogue_way(optarg, &o->dialogue.way) == -1)
			usage();
		break;
	case 'a':
		o->at_once = number(optarg);
		break;
	case 's':
		o->seconds = seconds(optarg);
		break;
	case 'n':
		o->sessions = number(optarg);
		break;
	case 'p':
		o->dialogue.pause_ns = (int64_t)number(optarg) * 1000000;
		break;
	case 'W':
		o->dialogue.window = number(optarg);
		break;
	case 'r':
		o->dialogue.per_write = number(optarg);
		break;
	case 'k':
		o->keep_pinging = true;
		break;
	case 'R':
		o->resume = true;
		break;
	case 'P':
		o->priority = optarg;
		break;
	case 'e':
		*exec = true;
		break;
	default:
		usage();
	}
}

void
load_options_parse(int argc, char *argv[], struct load_options *o)
{
	bool exec = false;
	int option;

	*o = (struct load_options){
	    .dialogue =
		{
		    .way = DIALOGUE_STARTTLS,
		    .window = 1,
		    .per_write = 1,
		},
	    .at_once = 1,
	    .seconds = 1,
	    .priority = "NORMAL",
	};
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		take_option(o, option, &exec);
	finish(o, exec, argc - optind, argv + optind);
}
