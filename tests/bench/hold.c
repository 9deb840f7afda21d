/*
 * Holds idle sessions: opens many, says in one line of JSON how many there are,
 * and keeps them until its standard input ends.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dialogue.h"

/* Opened at the same time: what keeps two processors busy, and fits any
 * backlog. */
#define AT_ONCE 8
/* Descriptors beside those of the sessions. */
#define OTHER_FILES 64

static const char usage[] =
    "usage: hold [--way=plain|starttls|tls] [--sessions=N] [--pause=MS]\n"
    "            [--sources=N] ADDRESS:PORT\n"
    "  --sources=N  from so many addresses, 127.0.1.1 and on (1)\n";

static struct {
	struct sockaddr_in to;
	struct dialogue dialogue;
	size_t sessions, sources;
} options = {
    .dialogue = {.way = DIALOGUE_STARTTLS, .window = 1, .per_write = 1},
    .sessions = 1,
    .sources = 1,
};

static struct peer_tls tls;
static struct peer *peers;
static atomic_size_t next, held;
static atomic_flag complained = ATOMIC_FLAG_INIT;
static char why[sizeof(((struct peer *)NULL)->failed)];

static void *
work(void *unused)
{
	size_t i;

	(void)unused;
	while ((i = atomic_fetch_add(&next, 1)) < options.sessions) {
		struct in_addr from = {
		    htonl(0x7f000101 + (uint32_t)(i % options.sources))};
		struct dialogue_seen seen = {0};
		struct peer *p = peers + i;

		if (peer_connect(p, &options.to, &from) == 0 &&
		    dialogue_open(p, &options.dialogue, &tls, NULL, &seen) ==
			0) {
			atomic_fetch_add(&held, 1);
			continue;
		}
		if (!atomic_flag_test_and_set(&complained))
			memcpy(why, p->failed, sizeof(why));
		peer_close(p);
	}
	return NULL;
}

static void
parse(int argc, char *argv[])
{
	static const struct option known[] = {
	    {"way", required_argument, NULL, 'w'},
	    {"sessions", required_argument, NULL, 'n'},
	    {"pause", required_argument, NULL, 'p'},
	    {"sources", required_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	int option, wrong = 0;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (option) {
		case 'w':
			wrong |= dialogue_way(optarg, &options.dialogue.way);
			break;
		case 'n':
			options.sessions = strtoul(optarg, NULL, 10);
			break;
		case 'p':
			options.dialogue.pause_ns =
			    strtol(optarg, NULL, 10) * 1000000;
			break;
		case 's':
			options.sources = strtoul(optarg, NULL, 10);
			break;
		default:
			wrong = 1;
		}
	if (wrong || optind + 1 != argc || options.sources == 0 ||
	    peer_address(argv[optind], &options.to) == -1) {
		fputs(usage, stderr);
		exit(2);
	}
}

/* As many descriptors as are needed; where that is refused, connecting fails
 * and says so. */
static void
raise_limit(void)
{
	struct rlimit limit;
	rlim_t wanted = options.sessions + OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char *argv[])
{
	pthread_t threads[AT_ONCE];
	char dropped[64];
	int ret;

	signal(SIGPIPE, SIG_IGN);
	parse(argc, argv);
	raise_limit();
	peers = calloc(options.sessions, sizeof(*peers));
	ret = peer_tls_init(&tls, "NORMAL");
	if (peers == NULL || ret < 0) {
		fprintf(stderr, "hold: %s\n",
		    ret < 0 ? gnutls_strerror(ret) : "no memory");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < AT_ONCE; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0) {
			perror("hold");
			return EXIT_FAILURE;
		}
	for (size_t i = 0; i < AT_ONCE; i++)
		pthread_join(threads[i], NULL);
	printf("{\"held\": %zu, \"failures\": %zu, \"why\": \"%s\"}\n",
	    (size_t)held, options.sessions - (size_t)held, why);
	fflush(stdout);
	while (read(STDIN_FILENO, dropped, sizeof(dropped)) > 0)
		continue;
	/* The end of this process closes them all. */
	return EXIT_SUCCESS;
}
