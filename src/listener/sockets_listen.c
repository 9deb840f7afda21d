/*
 * Binding sockets to addresses and paths.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/address.h"
#include "listener/listen_address.h"
#include "listener/sockets.h"
#include "log/log.h"
#include "stream/protocol.h"

/* Leaves read and write access for all, the default of systemd.socket(5): the
 * directory decides who may connect. */
#define UNIX_UMASK 0111

static int
fail_to_listen(const char *address, const char *why)
{
	log_line(LOG_ERR, "cannot listen on %s: %s", address, why);
	return -1;
}

/* Adds `fd`, with its `path` if it is a unix socket bound here. */
static int
add_socket(struct sockets *s, int fd, const char *path)
{
	s->fds[s->count] = fd;
	s->paths[s->count] = NULL;
	if (path != NULL && (s->paths[s->count] = strdup(path)) == NULL)
		return -1;
	s->count++;
	return 0;
}

/* bind(2), which makes a unix socket's file, with the same mode whatever the
 * umask is. */
static int
bind_to(int fd, const struct sockaddr *address, socklen_t length)
{
	mode_t before = umask(UNIX_UMASK);
	int ret = bind(fd, address, length);

	umask(before);
	return ret;
}

static int
open_socket(int family, const struct sockaddr *address, socklen_t length)
{
	int one = 1, saved,
	    fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	/* Allows a restart while old connections exist (tcp(7)). */
	if (family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind_to(fd, address, length) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* True if no process listens on the unix socket at `local` any more. */
static bool
is_stale(const struct sockaddr_un *local)
{
	struct stat st;
	int fd, ret;

	if (lstat(local->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return false;
	ret = connect(fd, (const struct sockaddr *)local, sizeof(*local));
	ret = ret == -1 && errno == ECONNREFUSED;
	close(fd);
	return ret;
}

static int
listen_unix(struct sockets *s, const struct sockaddr_un *local)
{
	const struct sockaddr *address = (const struct sockaddr *)local;
	const char *path = local->sun_path;
	int fd = open_socket(AF_UNIX, address, sizeof(*local));

	if (fd == -1 && errno == EADDRINUSE && is_stale(local)) {
		unlink(path);
		fd = open_socket(AF_UNIX, address, sizeof(*local));
	}
	if (fd == -1)
		return fail_to_listen(path, strerror(errno));
	if (add_socket(s, fd, path) == -1) {
		close(fd);
		return fail_to_listen(path, strerror(ENOMEM));
	}
	return 0;
}

/* True if the same address comes before in the list: a name may be in hosts(5)
 * twice. */
static bool
is_repeated_address(const struct addrinfo *all, const struct addrinfo *one)
{
	for (const struct addrinfo *a = all; a != one; a = a->ai_next)
		if (a->ai_addrlen == one->ai_addrlen &&
		    memcmp(a->ai_addr, one->ai_addr, a->ai_addrlen) == 0)
			return true;
	return false;
}

/*
 * Listens on the addresses that were found.  Returns how many there are that
 * this machine lacks, the last of them in `lacking` with errno; or -1 after
 * logging.
 */
static int
listen_addresses(struct sockets *s, const struct addrinfo *found, char *lacking)
{
	char shown[ADDRESS_TEXT_MAX];
	int count = 0, why = 0, fd;

	for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
		if (is_repeated_address(found, a))
			continue;
		address_format(a->ai_addr, a->ai_addrlen, shown);
		if (s->count == SOCKETS_MAX)
			return fail_to_listen(shown, "too many addresses");
		fd = open_socket(a->ai_family, a->ai_addr, a->ai_addrlen);
		if (fd != -1) {
			add_socket(s, fd, NULL);
			continue;
		}
		if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
			return fail_to_listen(shown, strerror(errno));
		why = errno;
		strcpy(lacking, shown);
		count++;
	}
	errno = why;
	return count;
}

/* Listens on each address of `host` (NULL: any). */
static int
listen_tcp(
    struct sockets *s, const char *text, const char *host, const char *port)
{
	struct addrinfo hints = {
	    .ai_flags = AI_PASSIVE,
	    .ai_socktype = SOCK_STREAM,
	};
	char lacking[ADDRESS_TEXT_MAX] = "";
	struct addrinfo *found;
	size_t before = s->count;
	int ret, why;

	ret = getaddrinfo(host, port, &hints, &found);
	if (ret != 0)
		return fail_to_listen(text,
		    ret == EAI_SYSTEM ? strerror(errno) : gai_strerror(ret));
	ret = listen_addresses(s, found, lacking);
	why = errno;
	freeaddrinfo(found);
	if (ret == -1)
		return -1;
	if (s->count == before)
		return fail_to_listen(lacking, strerror(why));
	/* "Every address" of a machine without IPv6 has none of it. */
	if (ret > 0 && host != NULL)
		log_line(LOG_WARNING, "not listening on %s: %s", lacking,
		    strerror(why));
	return 0;
}

static int
listen_on(struct sockets *s, const char *text)
{
	struct listen_address a;
	const char *why;

	/* Hosts with several addresses may have used up the space. */
	if (s->count == SOCKETS_MAX)
		return fail_to_listen(text, "too many addresses");
	why = listen_address_parse(&a, text);
	if (why != NULL)
		return fail_to_listen(text, why);
	if (a.local.sun_path[0] != '\0')
		return listen_unix(s, &a.local);
	return listen_tcp(s, text, a.host[0] == '\0' ? NULL : a.host, a.port);
}

int
sockets_check(const char *const *addresses, size_t count)
{
	struct listen_address a;

	for (size_t i = 0; i < count; i++) {
		const char *why = listen_address_parse(&a, addresses[i]);

		if (why != NULL)
			return fail_to_listen(addresses[i], why);
	}
	return 0;
}

int
sockets_listen(struct sockets *s, const char *const *addresses, size_t count)
{
	int ret = 0;

	s->count = 0;
	if (count == 0)
		ret = listen_on(s, PROTOCOL_PORT);
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = listen_on(s, addresses[i]);
	if (ret == -1)
		sockets_remove(s);
	return ret;
}
