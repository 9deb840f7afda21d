/*
 * A second reading of pingtls-protocol(7).
 */
#include "model.h"

#include <string.h>
#include <strings.h>

#include "fuzz.h"

static void
reply(struct model *m, const char *text)
{
	size_t size = strlen(text);

	FUZZ_REQUIRE(size <= sizeof(m->replies) - m->replies_length);
	memcpy(m->replies + m->replies_length, text, size);
	m->replies_length += size;
}

static void
error(struct model *m, const char *text)
{
	m->over = ++m->errors >= m->max_errors;
	reply(m, m->over ? "ERR too many errors\n" : text);
}

static bool
is(const struct model *m, const char *command)
{
	return m->length == strlen(command) &&
	       strncasecmp(m->line, command, m->length) == 0;
}

static void
end_line(struct model *m)
{
	while (m->length > 0 && m->line[m->length - 1] != '\0' &&
	       strchr(" \t\n\v\f\r", m->line[m->length - 1]) != NULL)
		m->length--;
	if (is(m, "PING")) {
		m->pings[m->tls]++;
		reply(m, "PONG\n");
	} else if (is(m, "QUIT"))
		m->over = true;
	else if (is(m, "STARTTLS") && m->tls)
		error(m, "ERR already encrypted\n");
	else if (is(m, "STARTTLS"))
		m->starttls = true;
	else if (m->length > 0)
		error(m, "ERR unknown command\n");
	m->length = 0;
}

/* A handshake or an alert, of any version of TLS. */
static bool
begins_tls(const char *line)
{
	return (line[0] == 22 || line[0] == 21) && line[1] == 3;
}

size_t
model_feed(struct model *m, const uint8_t *octets, size_t size)
{
	size_t i;

	for (i = 0; i < size && !m->over && !m->starttls; i++) {
		m->line[m->length++] = (char)octets[i];
		if (!m->tls && m->length == 2 && begins_tls(m->line)) {
			reply(m, "ERR unknown command\n");
			m->over = true;
		} else if (octets[i] == '\n')
			end_line(m);
		else if (m->length == sizeof(m->line)) {
			reply(m, "ERR line too long\n");
			m->over = true;
		}
	}
	return i;
}

void
model_time_out(struct model *m)
{
	if (m->over || m->starttls)
		return;
	reply(m, "ERR timeout\n");
	m->over = true;
}

void
model_upgrade(struct model *m)
{
	m->starttls = false;
	m->tls = true;
	m->errors = 0;
	m->length = 0;
	m->replies_length = 0;
}
