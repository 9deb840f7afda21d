/*
 * The article's dialogue.
 */
#include "dialogue.h"

#include <string.h>
#include <time.h>

#include "samples.h"

int
dialogue_way(const char *text, enum dialogue_way *way)
{
	static const char *const names[] = {"plain", "starttls", "tls"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			*way = (enum dialogue_way)i;
			return 0;
		}
	return -1;
}

static int64_t
wait_a_little(int64_t ns)
{
	struct timespec t = {ns / 1000000000, ns % 1000000000};
	int64_t began = samples_now();

	if (ns == 0)
		return 0;
	nanosleep(&t, NULL);
	return samples_now() - began;
}

int
dialogue_open(struct peer *p, const struct dialogue *d,
    const struct peer_tls *tls, const gnutls_datum_t *ticket,
    struct dialogue_seen *seen)
{
	if (d->way == DIALOGUE_TLS && peer_handshake(p, tls, ticket) == -1)
		return -1;
	if (peer_ping(p, 1, 1) == -1)
		return -1;
	seen->first_pong = samples_now();
	if (d->way == DIALOGUE_PLAIN)
		return 0;
	if (d->way == DIALOGUE_STARTTLS) {
		if (peer_say(p, "STARTTLS\n") == -1)
			return -1;
		seen->paused = wait_a_little(d->pause_ns);
		if (peer_handshake(p, tls, ticket) == -1)
			return -1;
	}
	do {
		if (peer_ping(p, d->window, d->per_write) == -1)
			return -1;
		seen->pongs += d->window;
	} while (samples_now() < d->until);
	return 0;
}

int
dialogue_close(struct peer *p)
{
	return peer_say(p, "QUIT\n") == -1 ? -1 : peer_wait_end(p);
}
