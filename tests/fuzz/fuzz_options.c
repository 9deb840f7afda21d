/*
 * Fuzzes what people write: command lines, addresses, lists of networks,
 * numbers and times.
 *
 * The input: a letter for which of them, then the text; of a command line each
 * line is a word.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/networks.h"
#include "base/parse.h"
#include "client/ping_options.h"
#include "fuzz.h"
#include "log/log.h"
#include "server/options.h"

#define WORDS_MAX 64
#define MOST_MS 86400000

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* Says nothing: no priority is below that of an emergency. */
	log_open("fuzz_options", LOG_TARGET_STDERR, LOG_EMERG - 1);
	return 0;
}

static void
check_server(const struct options *o)
{
	FUZZ_REQUIRE(o->pair_count > 0 && o->pair_count <= KEYHOLDER_KEYS_MAX);
	for (size_t i = 0; i < o->pair_count; i++) {
		FUZZ_REQUIRE(o->pairs[i].certificate_file != NULL);
		FUZZ_REQUIRE(o->pairs[i].key_file != NULL);
	}
	FUZZ_REQUIRE(o->listen_count <= SOCKETS_MAX);
	FUZZ_REQUIRE(o->listener.session.max_errors > 0);
	FUZZ_REQUIRE(
	    o->listener.session.idle_ms >= 0 && o->listener.drain_ms >= 0);
	FUZZ_REQUIRE(o->listener.max_sessions > 0 &&
		     o->listener.max_sessions_per_source > 0);
}

static void
server_options(int argc, char *argv[])
{
	struct options o;

	if (options_parse(argc, argv, &o) == COMMAND_LINE_RUN)
		check_server(&o);
	options_free(&o);
}

static void
client_options(int argc, char *argv[])
{
	char why[COMMAND_LINE_WHY_MAX] = "";
	struct ping_options o;

	switch (ping_options_parse(argc, argv, &o, why)) {
	case COMMAND_LINE_RUN:
		FUZZ_REQUIRE(o.target_count > 0);
		for (size_t i = 0; i < o.target_count; i++) {
			const struct target *t = &o.targets[i];

			FUZZ_REQUIRE(t->port > 0 && t->host.name[0] != '\0');
			FUZZ_REQUIRE(
			    fuzz_printable(t->host.host, sizeof(t->host.host)));
		}
		FUZZ_REQUIRE(o.timeout_ms > 0 && o.interval_ms >= 0);
		break;
	case COMMAND_LINE_WRONG:
		FUZZ_REQUIRE(why[0] != '\0');
		break;
	case COMMAND_LINE_SHOWN:
		break;
	}
	ping_options_free(&o);
}

static void
command_line(char *text, void (*parse)(int argc, char *argv[]))
{
	char *argv[WORDS_MAX + 2] = {text}, *word;
	int argc = 1;

	argv[0] = "program";
	while (argc <= WORDS_MAX && (word = strsep(&text, "\n")) != NULL)
		argv[argc++] = word;
	argv[argc] = NULL;
	parse(argc, argv);
}

/* What is split is the same when it is put together and split again. */
static void
address(const char *text)
{
	char host[ADDRESS_HOST_MAX], port[ADDRESS_PORT_MAX];
	char again[ADDRESS_HOST_MAX], port_again[ADDRESS_PORT_MAX];
	char whole[ADDRESS_HOST_MAX + ADDRESS_PORT_MAX + 4];

	if (address_split(text, host, port) == -1) {
		FUZZ_REQUIRE(errno == EINVAL);
		return;
	}
	FUZZ_REQUIRE(host[0] != '\0' && strstr(text, host) != NULL);
	FUZZ_REQUIRE(strstr(text, port) != NULL);
	/* Only brackets could hold those. */
	if (strpbrk(host, "[]") != NULL)
		return;
	snprintf(whole, sizeof(whole), "[%s]%s%s", host,
	    port[0] == '\0' ? "" : ":", port);
	FUZZ_REQUIRE(address_split(whole, again, port_again) == 0);
	FUZZ_REQUIRE(strcmp(host, again) == 0);
	FUZZ_REQUIRE(strcmp(port, port_again) == 0);
}

/* Each network of a list has its own first address. */
static void
check_item(const struct networks *networks, char *item)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr local = {.sa_family = AF_UNIX};

	item[strcspn(item, "/")] = '\0';
	if (strcmp(item, "unix") == 0)
		FUZZ_REQUIRE(networks_match(networks, &local));
	else if (inet_pton(AF_INET, item, &v4.sin_addr) == 1)
		FUZZ_REQUIRE(
		    networks_match(networks, (const struct sockaddr *)&v4));
	else {
		FUZZ_REQUIRE(inet_pton(AF_INET6, item, &v6.sin6_addr) == 1);
		FUZZ_REQUIRE(
		    networks_match(networks, (const struct sockaddr *)&v6));
	}
}

static void
network_list(char *text)
{
	struct networks *networks = networks_parse(text);
	char *item;

	if (networks == NULL) {
		FUZZ_REQUIRE(errno == EINVAL);
		return;
	}
	while ((item = strsep(&text, ",")) != NULL)
		check_item(networks, item);
	networks_free(networks);
}

/* The C library reads the same. */
static void
numbers(const char *text)
{
	unsigned long count;
	int64_t ms;

	if (parse_count(text, 1, UINT16_MAX, &count) == 0)
		FUZZ_REQUIRE(count >= 1 && count <= UINT16_MAX &&
			     count == strtoul(text, NULL, 10));
	if (parse_seconds(text, 1, MOST_MS, &ms) == 0)
		FUZZ_REQUIRE(ms >= 1 && ms <= MOST_MS &&
			     ms == llround(strtod(text, NULL) * 1000));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	text = malloc(size);
	FUZZ_REQUIRE(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0]) {
	case 's':
		command_line(text, server_options);
		break;
	case 'c':
		command_line(text, client_options);
		break;
	case 'a':
		address(text);
		break;
	case 'n':
		network_list(text);
		break;
	case 't':
		numbers(text);
		break;
	default:
		break;
	}
	free(text);
	return 0;
}
