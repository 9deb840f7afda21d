/*
 * The load: plays the dialogue with a server, over and over, some at once, and
 * prints in one line of JSON how many sessions there were, how many failed, and
 * how long they took.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load_options.h"
#include "samples.h"

extern char **environ;

static struct load_options options;
static struct peer_tls tls;
static int64_t until;

struct worker {
	pthread_t thread;
	struct samples whole, first;     /* to the end, to the first PONG */
	size_t failures, resumed, pongs; /* those over TLS */
	char why[128];                   /* the first failure */
	char agreed[128];                /* of TLS */
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

static void
keep_ticket(struct worker *w, struct peer *p)
{
	gnutls_datum_t ticket;

	if (!(gnutls_session_get_flags(p->tls) &
		GNUTLS_SFLAGS_SESSION_TICKET) ||
	    gnutls_session_get_data2(p->tls, &ticket) < 0)
		return;
	gnutls_free(w->ticket.data);
	w->ticket = ticket;
}

static void
note_tls(struct worker *w, struct peer *p)
{
	if (w->agreed[0] == '\0')
		snprintf(w->agreed, sizeof(w->agreed), "%s, %s, %s",
		    gnutls_protocol_get_name(
			gnutls_protocol_get_version(p->tls)),
		    gnutls_ciphersuite_get(p->tls),
		    gnutls_group_get_name(gnutls_group_get(p->tls)));
	if (gnutls_session_is_resumed(p->tls))
		w->resumed++;
	if (options.resume)
		keep_ticket(w, p);
}

/* The dialogue with a connected peer.  Returns 0, or -1 and why in the peer. */
static int
play(struct worker *w, struct peer *p, int64_t began)
{
	struct dialogue_seen seen = {0};
	int ret = dialogue_open(p, &options.dialogue, &tls, &w->ticket, &seen);

	if (seen.first_pong != 0)
		samples_add(&w->first, seen.first_pong - began);
	w->pongs += seen.pongs;
	if (ret == -1)
		return -1;
	if (p->tls != NULL)
		note_tls(w, p);
	if (dialogue_close(p) == -1)
		return -1;
	samples_add(&w->whole, samples_now() - began - seen.paused);
	return 0;
}

static void
one_session(struct worker *w)
{
	struct peer p = {.fd = -1};
	int64_t began = samples_now();
	pid_t pid = 0;
	int ret, fd = -1;

	if (options.command == NULL)
		ret = peer_connect(&p, &options.to, NULL);
	else if ((pid = start(&fd)) != -1)
		ret = peer_take(&p, fd);
	else {
		perror(options.command[0]);
		exit(EXIT_FAILURE);
	}
	if (ret == 0)
		ret = play(w, &p, began);
	if (ret == -1 && w->failures++ == 0)
		memcpy(w->why, p.failed, sizeof(w->why));
	peer_close(&p);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void *
work(void *argument)
{
	struct worker *w = argument;

	for (size_t n = 0; options.sessions > 0 ? n < options.sessions
						: samples_now() < until;
	     n++)
		one_session(w);
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
		all->pongs += w->pongs;
		gnutls_free(w->ticket.data);
	}
	gnutls_free(all->ticket.data);
}

static void
print(struct worker *all, double seconds)
{
	printf("{\"sessions\": %zu, \"failures\": %zu, \"why\": \"%s\", "
	       "\"resumed\": %zu, \"pongs\": %zu, \"agreed\": \"%s\", "
	       "\"seconds\": %.6f, "
	       "\"latency_us\": ",
	    all->whole.count, all->failures, all->why, all->resumed, all->pongs,
	    all->agreed, seconds);
	samples_print(stdout, &all->whole);
	printf(", \"first_pong_us\": ");
	samples_print(stdout, &all->first);
	printf("}\n");
	samples_free(&all->whole);
	samples_free(&all->first);
}

int
main(int argc, char *argv[])
{
	struct worker *workers;
	int64_t began;
	int ret;

	signal(SIGPIPE, SIG_IGN);
	load_options_parse(argc, argv, &options);
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
	if (options.keep_pinging)
		options.dialogue.until = until;
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
