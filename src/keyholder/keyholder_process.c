#include "keyholder/keyholder_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "keyholder/keyholder_serve.h"

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
	keyholder_serve(service);
	keyholder_service_free(service);
	keys_free(keys);
	_exit(0);
}
