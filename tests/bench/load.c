/*
 * The load: plays the dialogue with a server, over and over, some at once, and
 * prints in one line of JSON how many sessions there were, how many failed, and
 * how long they took.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"
#include "samples.h"

/* A session for which nothing comes for so long has failed. */
#define TIMEOUT 5

enum way { PLAIN, STARTTLS, CONNECT };

static const char usage[] =
    "usage: load [OPTION]... ADDRESS:PORT\n"
    "       load [OPTION]... --exec -- COMMAND [ARGUMENT]...\n"
    "  --way=plain|starttls|tls  never, by STARTTLS, or TLS at once "
    "(starttls)\n"
    "  --at-once=N       sessions at the same time (1)\n"
    "  --seconds=S       begin sessions for this long (1)\n"
    "  --sessions=N      or so many and no more, each at once\n"
    "  --pause=MS        after STARTTLS; not counted as latency (0)\n"
    "  --pings=N         PINGs after the upgrade (1)\n"
    "  --window=N        of them, unanswered at a time (1)\n"
    "  --per-record=N    of them, in one write (1)\n"
    "  --resume          with the newest ticket that the server gave\n"
    "  --priority=TEXT   of GnuTLS (NORMAL)\n"
    "  --exec            run the command on a socket pair for each session\n";

static struct {
	struct sockaddr_in to;
	char **command; /* NULL: connect */
	enum way way;
	size_t at_once, sessions, pings, window, per_record;
	double seconds;
	int64_t pause_ns;
	bool resume;
	const char *priority;
} options = {
    .way = STARTTLS,
    .at_once = 1,
    .pings = 1,
    .window = 1,
    .per_record = 1,
    .seconds = 1,
    .priority = "NORMAL",
};

static struct peer_tls tls;
static int64_t until;
extern char **environ;

struct worker {
	pthread_t thread;
	struct samples whole, first; /* to the end, to the first PONG */
	size_t failures, resumed;
	char why[128];    /* the first failure */
	char agreed[128]; /* of TLS */
	gnutls_datum_t ticket;
};

/* Runs the command with one end of a pair as its standard input and output. */
static pid_t
start(int *ours)
{
	posix_spawn_file_actions_t actions;
	int pair[2], error;
	pid_t pid = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pair[1], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, pair[1], STDOUT_FILENO);
	error = posix_spawnp(
	    &pid, options.command[0], &actions, NULL, options.command, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pair[1]);
	*ours = pair[0];
	errno = error;
	return error == 0 ? pid : -1;
}

static int
pause_ns(int64_t ns)
{
	struct timespec t = {ns / 1000000000, ns % 1000000000};

	return ns > 0 ? nanosleep(&t, NULL) : 0;
}

static void
keep_ticket(struct worker *w, struct peer *p)
{
	gnutls_datum_t ticket;

	if (!options.resume ||
	    !(gnutls_session_get_flags(p->tls) & GNUTLS_SFLAGS_SESSION_TICKET))
		return;
	if (gnutls_session_get_data2(p->tls, &ticket) < 0)
		return;
	gnutls_free(w->ticket.data);
	w->ticket = ticket;
}

static int
encrypted_part(struct worker *w, struct peer *p)
{
	size_t now;

	if (peer_handshake(p, &tls, options.resume ? &w->ticket : NULL) == -1)
		return -1;
	if (w->agreed[0] == '\0')
		snprintf(w->agreed, sizeof(w->agreed), "%s, %s, %s",
		    gnutls_protocol_get_name(
			gnutls_protocol_get_version(p->tls)),
		    gnutls_ciphersuite_get(p->tls),
		    gnutls_group_get_name(gnutls_group_get(p->tls)));
	if (gnutls_session_is_resumed(p->tls))
		w->resumed++;
	for (size_t left = options.pings; left > 0; left -= now) {
		now = left < options.window ? left : options.window;
		if (peer_ping(p, now, options.per_record) == -1)
			return -1;
	}
	keep_ticket(w, p);
	return 0;
}

static int
dialogue(struct worker *w, struct peer *p, int64_t began, int64_t *paused)
{
	if (options.way != CONNECT) {
		if (peer_ping(p, 1, 1) == -1)
			return -1;
		samples_add(&w->first, samples_now() - began);
	}
	if (options.way == STARTTLS) {
		if (peer_say(p, "STARTTLS\n") == -1)
			return -1;
		*paused = -samples_now();
		pause_ns(options.pause_ns);
		*paused += samples_now();
	}
	if (options.way != PLAIN && encrypted_part(w, p) == -1)
		return -1;
	/* The same lines for a server that has TLS from the start. */
	if (options.way == CONNECT && peer_ping(p, 1, 1) == -1)
		return -1;
	return peer_say(p, "QUIT\n") == -1 ? -1 : peer_wait_end(p);
}

static int
one_session(struct worker *w)
{
	struct peer p = {.fd = -1};
	int64_t began = samples_now(), paused = 0;
	pid_t pid = 0;
	int ret, fd = -1;

	if (options.command != NULL) {
		pid = start(&fd);
		if (pid == -1) {
			snprintf(w->why, sizeof(w->why), "%s: %s",
			    options.command[0], strerror(errno));
			return -1;
		}
		ret = peer_take(&p, fd, TIMEOUT);
	} else
		ret = peer_connect(&p, &options.to, NULL, TIMEOUT);
	if (ret == 0)
		ret = dialogue(w, &p, began, &paused);
	if (ret == 0)
		samples_add(&w->whole, samples_now() - began - paused);
	else if (w->failures == 0)
		memcpy(w->why, p.failed, sizeof(w->why));
	peer_close(&p);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return ret;
}

static void *
work(void *argument)
{
	struct worker *w = argument;
	size_t done = 0;

	while (options.sessions > 0 ? done < options.sessions
				    : samples_now() < until) {
		if (one_session(w) == -1)
			w->failures++;
		done++;
	}
	return NULL;
}

/* Gathers in the first what all of them saw. */
static void
gather(struct worker *all)
{
	for (struct worker *w = all + 1; w < all + options.at_once; w++) {
		samples_append(&all->whole, &w->whole);
		samples_append(&all->first, &w->first);
		samples_free(&w->whole);
		samples_free(&w->first);
		if (all->failures == 0)
			memcpy(all->why, w->why, sizeof(all->why));
		all->failures += w->failures;
		all->resumed += w->resumed;
		gnutls_free(w->ticket.data);
	}
	gnutls_free(all->ticket.data);
}

static void
print(struct worker *all, double seconds)
{
	printf("{\"sessions\": %zu, \"failures\": %zu, \"why\": \"%s\", "
	       "\"resumed\": %zu, \"agreed\": \"%s\", \"seconds\": %.6f, "
	       "\"latency_us\": ",
	    all->whole.count, all->failures, all->why, all->resumed,
	    all->agreed, seconds);
	samples_print(stdout, &all->whole);
	printf(", \"first_pong_us\": ");
	samples_print(stdout, &all->first);
	printf("}\n");
	samples_free(&all->whole);
	samples_free(&all->first);
}

static size_t
count(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end == '\0' && n > 0)
		return n;
	fprintf(stderr, "load: %s: must be a number from 1\n", text);
	exit(2);
}

static enum way
which_way(const char *text)
{
	static const char *const names[] = {"plain", "starttls", "tls"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0)
			return (enum way)i;
	fputs(usage, stderr);
	exit(2);
}

static void
parse(int argc, char *argv[])
{
	static const struct option known[] = {
	    {"way", required_argument, NULL, 'w'},
	    {"at-once", required_argument, NULL, 'a'},
	    {"seconds", required_argument, NULL, 's'},
	    {"sessions", required_argument, NULL, 'n'},
	    {"pause", required_argument, NULL, 'p'},
	    {"pings", required_argument, NULL, 'i'},
	    {"window", required_argument, NULL, 'W'},
	    {"per-record", required_argument, NULL, 'r'},
	    {"resume", no_argument, NULL, 'R'},
	    {"priority", required_argument, NULL, 'P'},
	    {"exec", no_argument, NULL, 'e'},
	    {NULL, 0, NULL, 0},
	};
	bool exec = false;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (option) {
		case 'w':
			options.way = which_way(optarg);
			break;
		case 'a':
			options.at_once = count(optarg);
			break;
		case 's':
			options.seconds = strtod(optarg, NULL);
			break;
		case 'n':
			options.sessions = count(optarg);
			break;
		case 'p':
			options.pause_ns = (int64_t)count(optarg) * 1000000;
			break;
		case 'i':
			options.pings = count(optarg);
			break;
		case 'W':
			options.window = count(optarg);
			break;
		case 'r':
			options.per_record = count(optarg);
			break;
		case 'R':
			options.resume = true;
			break;
		case 'P':
			options.priority = optarg;
			break;
		case 'e':
			exec = true;
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	if (exec && optind < argc)
		options.command = argv + optind;
	else if (exec || optind + 1 != argc ||
		 peer_address(argv[optind], &options.to) == -1 ||
		 options.window > PEER_PINGS_MAX ||
		 options.per_record > options.window) {
		fputs(usage, stderr);
		exit(2);
	}
}

int
main(int argc, char *argv[])
{
	struct worker *workers;
	int64_t began;
	int ret;

	signal(SIGPIPE, SIG_IGN);
	parse(argc, argv);
	ret = peer_tls_init(&tls, options.priority);
	if (ret < 0) {
		fprintf(stderr, "load: %s\n", gnutls_strerror(ret));
		return EXIT_FAILURE;
	}
	workers = calloc(options.at_once, sizeof(*workers));
	if (workers == NULL) {
		perror("load");
		return EXIT_FAILURE;
	}
	began = samples_now();
	until = began + (int64_t)(options.seconds * 1e9);
	for (size_t i = 0; i < options.at_once; i++)
		if (pthread_create(
			&workers[i].thread, NULL, work, &workers[i]) != 0) {
			perror("load");
			return EXIT_FAILURE;
		}
	for (size_t i = 0; i < options.at_once; i++)
		pthread_join(workers[i].thread, NULL);
	gather(workers);
	print(workers, (double)(samples_now() - began) / 1e9);
	free(workers);
	peer_tls_deinit(&tls);
	return EXIT_SUCCESS;
}
