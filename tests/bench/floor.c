/*
 * The floor: the least that an upgraded session can cost.  One process serves
 * one connection after the other, blocking, with no fork, no limits, no
 * deadlines, no sandbox, and the key in its own memory: no server that forks
 * for a connection can be cheaper.  It is a yardstick and not a server.
 *
 * With --fork each connection has a process, and nothing else is new: the least
 * that a server can cost which does so.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#define PONG "PONG\n"
#define LENGTH (sizeof(PONG) - 1)
#define BACKLOG 1024

static struct {
	const char *cert, *key;
	uint16_t port;
	bool bare;    /* count octets, look at none */
	bool fork;    /* a process for each connection */
	bool tickets; /* so that sessions can be resumed */
} options;

struct session {
	int fd;
	gnutls_session_t tls;
	size_t begin, end; /* of what was read and not used */
	char in[16384];    /* the most a record holds (RFC 8446, 5.1) */
};

static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priority;
static gnutls_datum_t ticket_key;
/* As many PONGs as a record of PINGs can ask for. */
static char pongs[sizeof(((struct session *)NULL)->in)];

static void
check(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "floor: %s: %s\n", what, gnutls_strerror(ret));
	exit(EXIT_FAILURE);
}

/* GnuTLS reads through this: what came behind STARTTLS is its own. */
static ssize_t
pull(gnutls_transport_ptr_t pointer, void *data, size_t size)
{
	struct session *s = pointer;
	size_t left = s->end - s->begin;

	if (left == 0)
		return recv(s->fd, data, size, 0);
	if (left < size)
		size = left;
	memcpy(data, s->in + s->begin, size);
	s->begin += size;
	return (ssize_t)size;
}

static int
upgrade(struct session *s)
{
	check(gnutls_init(&s->tls, GNUTLS_SERVER | GNUTLS_NO_SIGNAL), "init");
	check(gnutls_priority_set(s->tls, priority), "priority");
	check(
	    gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE, credentials),
	    "credentials");
	if (options.tickets)
		check(gnutls_session_ticket_enable_server(s->tls, &ticket_key),
		    "tickets");
	gnutls_transport_set_ptr2(
	    s->tls, s, (gnutls_transport_ptr_t)(intptr_t)s->fd);
	gnutls_transport_set_pull_function(s->tls, pull);
	return gnutls_handshake(s->tls);
}

static ssize_t
reply(struct session *s, size_t count)
{
	return s->tls == NULL
	           ? send(s->fd, pongs, count * LENGTH, MSG_NOSIGNAL)
	           : gnutls_record_send(s->tls, pongs, count * LENGTH);
}

/* Takes the whole lines that are there.  Returns whether the session goes on.
 */
static bool
take_lines(struct session *s)
{
	size_t count = 0;
	char *line, *lf;

	for (;; s->begin = (size_t)(lf + 1 - s->in)) {
		line = s->in + s->begin;
		lf = memchr(line, '\n', s->end - s->begin);
		if (lf == NULL)
			break;
		if (strncasecmp(line, "PING\n", LENGTH) == 0)
			count++;
		else if (s->tls == NULL &&
			 strncasecmp(line, "STARTTLS\n", 9) == 0) {
			s->begin = (size_t)(lf + 1 - s->in);
			return upgrade(s) == 0;
		} else
			return false; /* QUIT */
	}
	memmove(s->in, s->in + s->begin, s->end - s->begin);
	s->end -= s->begin;
	s->begin = 0;
	return count == 0 || reply(s, count) > 0;
}

static void
serve(struct session *s)
{
	ssize_t n;

	do {
		n = s->tls == NULL
		        ? recv(s->fd, s->in + s->end, sizeof(s->in) - s->end, 0)
		        : gnutls_record_recv(
			      s->tls, s->in + s->end, sizeof(s->in) - s->end);
		if (n <= 0)
			break;
		if (options.bare && s->tls != NULL &&
		    n % (ssize_t)LENGTH == 0 && s->in[0] == 'P') {
			if (reply(s, (size_t)n / LENGTH) <= 0)
				break;
			continue;
		}
		s->end += (size_t)n;
	} while (take_lines(s));
	if (s->tls != NULL) {
		gnutls_bye(s->tls, GNUTLS_SHUT_WR);
		gnutls_deinit(s->tls);
	}
	close(s->fd);
}

static void
serve_apart(struct session *s)
{
	switch (fork()) {
	case 0:
		serve(s);
		_exit(EXIT_SUCCESS);
	case -1:
		perror("floor");
		/* fall through */
	default:
		close(s->fd);
	}
}

static int
listen_on_loopback(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons(options.port),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		perror("floor");
		exit(EXIT_FAILURE);
	}
	/* Inherited by what is accepted. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static const struct option known[] = {
    {"cert", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"port", required_argument, NULL, 'p'},
    {"bare", no_argument, NULL, 'b'},
    {"fork", no_argument, NULL, 'f'},
    {"tickets", no_argument, NULL, 't'},
    {NULL, 0, NULL, 0},
};

static void
take_option(int option)
{
	switch (option) {
	case 'c':
		options.cert = optarg;
		break;
	case 'k':
		options.key = optarg;
		break;
	case 'p':
		options.port = (uint16_t)atoi(optarg);
		break;
	case 'b':
		options.bare = true;
		break;
	case 'f':
		options.fork = true;
		signal(SIGCHLD, SIG_IGN); /* none is waited for */
		break;
	case 't':
		options.tickets = true;
		break;
	default:
		exit(2); /* getopt(3) has said why */
	}
}

int
main(int argc, char *argv[])
{
	int option, listening;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		take_option(option);
	if (options.cert == NULL || options.key == NULL || options.port == 0 ||
	    optind < argc) {
		fprintf(stderr, "usage: floor --port=PORT --cert=FILE "
				"--key=FILE [--bare] [--fork] [--tickets]\n");
		return 2;
	}
	check(gnutls_certificate_allocate_credentials(&credentials), "memory");
	check(gnutls_certificate_set_x509_key_file(
		  credentials, options.cert, options.key, GNUTLS_X509_FMT_PEM),
	    options.cert);
	check(gnutls_priority_init(&priority, NULL, NULL), "priority");
	check(gnutls_session_ticket_key_generate(&ticket_key), "ticket key");
	for (size_t i = 0; i + LENGTH <= sizeof(pongs); i += LENGTH)
		memcpy(pongs + i, PONG, LENGTH);
	listening = listen_on_loopback();
	for (;;) {
		struct session s;

		s.tls = NULL;
		s.begin = s.end = 0;
		s.fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		if (s.fd == -1)
			continue;
		if (options.fork)
			serve_apart(&s);
		else
			serve(&s);
	}
}
