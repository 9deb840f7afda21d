#include "keyholder/keyholder_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/direct_calls.h"
#include "keyholder/keyholder_serve.h"

/* If the account cannot read a key again, writes the reason to `why`. */
static void
check_readable(const struct keyholder_options *options, char *why)
{
	for (size_t i = 0; i < options->count; i++) {
		const char *file = options->pairs[i].key_file;

		if (eaccess(file, R_OK) == 0)
			continue;
		snprintf(why, KEYHOLDER_WHY_MAX,
		    "key %s cannot be read by user %s: %s", file,
		    options->account->name, strerror(errno));
		return;
	}
}

/* Reads the keys and sends the hello that keyholder_start() waits for. */
static void
introduce(
    int control, const struct keyholder_options *options, struct keys *keys)
{
	struct keyholder_hello hello;

	memset(&hello, 0, sizeof(hello));
	if (options->account != NULL)
		check_readable(options, hello.unreadable);
	hello.status = keys_read(keys);
	for (size_t i = 0; i < options->count; i++)
		memcpy(hello.ids[i], keys_id(keys, i), KEYHOLDER_ID_SIZE);
	snprintf(hello.why, sizeof(hello.why), "%s", keys_why(keys));
	if (direct_send(control, &hello, sizeof(hello), MSG_NOSIGNAL) == -1 ||
	    hello.status != 0)
		_exit(1);
}

void
keyholder_begin(void)
{
	sigset_t all;

	/* The keyholder ends when its sockets are closed, not when a terminal
	 * or systemd signals the whole process group. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "pingtlsd-keys");
	/* A channel for each session that there may be. */
	(void)descriptors_raise_limit();
}

_Noreturn void
keyholder_process(int control, const struct keyholder_options *options)
{
	struct keyholder_service *service;
	char why[SANDBOX_WHY_MAX];
	struct keys *keys;

	keyholder_begin();
	/* In inetd mode the standard descriptors are the peer's socket. */
	descriptors_drop_standard();
	descriptors_keep(&control, 1);
	keys = keys_new(options);
	service = keys == NULL ? NULL : keyholder_service_new(control, keys);
	if (service == NULL)
		_exit(1);
	if (keys_open(keys) == 0 &&
	    sandbox_give_up_privileges(options->account, why) == -1)
		keys_give_up(keys, why);
	if (options->wait)
		introduce(control, options, keys);
	keyholder_serve(service);
	keyholder_service_free(service);
	keys_free(keys);
	_exit(0);
}
