/*
 * The helper for one load: reads and checks the files, sends the listener the
 * result, and becomes the keyholder.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/direct_calls.h"
#include "confine/sandbox.h"
#include "credentials/credential_files.h"
#include "credentials/credentials.h"
#include "keyholder/keyholder_process.h"
#include "keyholder/keyholder_serve.h"
#include "loader/loader_wire.h"
#include "log/log.h"

/* Ends the load; the listener logs the reason. */
static _Noreturn void
give_up_load(const char *why)
{
	log_line(LOG_ERR, "%s", why);
	_exit(EXIT_FAILURE);
}

static _Noreturn void
give_up_for_errno(void)
{
	log_line(
	    LOG_ERR, "cannot load certificates and keys: %s", strerror(errno));
	_exit(EXIT_FAILURE);
}

/* Sets the signal to receive when the loader ends; 0: none. */
static void
end_with_loader(int signal)
{
	(void)prctl(PR_SET_PDEATHSIG, signal);
}

static void
drop_privileges(const struct account *account)
{
	char why[SANDBOX_WHY_MAX];

	if (sandbox_give_up_privileges(account, why) == -1)
		give_up_load(why);
	end_with_loader(SIGKILL); /* the change of user has reset it */
}

/* Reads all files, with the privileges that the server was started with unless
 * the options say otherwise.  Drops those. */
static struct credential_files *
read_files(const struct credentials_options *o, struct keys *keys)
{
	struct credential_files *files;

	if (o->keyholder.opened_as_account)
		drop_privileges(o->keyholder.account);
	if (keys_open(keys) == -1)
		give_up_load(keys_why(keys));
	files = credential_files_read(o);
	if (files == NULL)
		_exit(EXIT_FAILURE);
	if (!o->keyholder.opened_as_account)
		drop_privileges(o->keyholder.account);
	if (keys_read(keys) == -1)
		give_up_load(keys_why(keys));
	return files;
}

/* Runs the self test with these certificates (credentials_test()). */
static bool
test(const struct credentials_options *o, const struct bundle *bundle,
    struct keys *keys, const char *file)
{
	struct credentials *c = credentials_new(o, bundle, NULL);
	bool good;

	if (c == NULL)
		return false;
	signer_set_keys(credentials_signer(c), keys);
	good = credentials_test(c, file, DEADLINE_NEVER);
	credentials_free(c);
	return good;
}

/* Tests what was loaded, and warns of a pair that no client can use: the test
 * of all does with one. */
static bool
test_pairs(const struct credentials_options *o,
    const struct bundle_buffer *buffer, struct keys *keys)
{
	struct bundle all, one = {.count = 1};

	if (bundle_parse(&all, buffer->octets, buffer->size) == -1)
		give_up_for_errno();
	if (!test(o, &all, keys, NULL))
		return false;
	one.ticket_key = all.ticket_key;
	for (size_t i = 0; all.count > 1 && i < all.count; i++) {
		one.pairs[0] = all.pairs[i];
		(void)test(
		    o, &one, keys, o->keyholder.pairs[i].certificate_file);
	}
	return true;
}

/* Sends the bundle in parts, which the listener receives without blocking. */
static void
send_bundle(int channel, const struct bundle_buffer *b)
{
	struct loader_reply part;

	part.kind = LOADER_PART;
	part.priority = 0;
	for (size_t sent = 0, n; sent < b->size; sent += n) {
		n = b->size - sent;
		if (n > sizeof(part.u.part))
			n = sizeof(part.u.part);
		memcpy(part.u.part, b->octets + sent, n);
		if (send(channel, &part, LOADER_REPLY_HEAD + n, MSG_NOSIGNAL) ==
		    -1)
			_exit(EXIT_FAILURE); /* no one is there to be told */
	}
	gnutls_memset(&part, 0, sizeof(part));
}

/* Loads everything and sends the listener its part. */
static void
load_files(int channel, const struct credentials_options *o, struct keys *keys)
{
	struct credential_files *files = read_files(o, keys);
	struct bundle_buffer buffer;

	log_line(LOG_DEBUG, "checking certificates and keys");
	if (bundle_buffer_new(&buffer) == -1)
		give_up_for_errno();
	if (credential_files_bundle(files, keys_id(keys, 0), &buffer) == -1 ||
	    !test_pairs(o, &buffer, keys))
		_exit(EXIT_FAILURE);
	keys_warn_of_readers(keys);
	credential_files_free(files);
	send_bundle(channel, &buffer);
	bundle_buffer_free(&buffer);
}

/* Tells loader and listener that the load is done, and serves as keyholder. */
static _Noreturn void
become_keyholder(int control, int done, bool sandboxed, struct keys *keys)
{
	const struct loader_reply loaded = {.kind = LOADER_LOADED};
	struct keyholder_service *service =
	    keyholder_service_new(control, keys);

	if (service == NULL)
		give_up_for_errno();
	end_with_loader(0);
	keyholder_begin();
	if (write(done, "", 1) != 1)
		_exit(EXIT_FAILURE);
	close(done);
	if (sandboxed && keys_confine(keys) == -1)
		give_up_load(keys_why(keys));
	if (direct_send(control, &loaded, LOADER_REPLY_HEAD, MSG_NOSIGNAL) ==
	    -1)
		_exit(EXIT_FAILURE);
	keyholder_serve(service);
	keyholder_service_free(service);
	keys_free(keys);
	_exit(EXIT_SUCCESS);
}

_Noreturn void
load_process(int channel, int done, const struct credentials_options *o)
{
	struct keyholder_options options = o->keyholder;
	struct keys *keys;

	end_with_loader(SIGKILL);
	descriptors_keep((int[]){channel, done}, 2);
	loader_relay_lines(channel);
	options.policy = credentials_policy(o);
	if (options.policy == NULL)
		_exit(EXIT_FAILURE);
	/* Later, when what was read has been checked. */
	options.sandboxed = false;
	options.watched = true;
	keys = keys_new(&options);
	if (keys == NULL)
		give_up_for_errno();
	load_files(channel, o, keys);
	become_keyholder(channel, done, o->keyholder.sandboxed, keys);
}
