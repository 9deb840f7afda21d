#include "stream/protocol.h"

#include <strings.h>

enum protocol_command
protocol_parse(const char *line, size_t length)
{
	static const struct {
		const char *text;
		size_t length;
		enum protocol_command command;
	} commands[] = {
	    {"PING", 4, PROTOCOL_PING},
	    {"STARTTLS", 8, PROTOCOL_STARTTLS},
	    {"QUIT", 4, PROTOCOL_QUIT},
	};

	if (length == 0)
		return PROTOCOL_EMPTY;
	/* A NUL within the line cannot match: the commands, of the same length,
	 * have none. */
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (length == commands[i].length &&
		    strncasecmp(line, commands[i].text, length) == 0)
			return commands[i].command;
	return PROTOCOL_UNKNOWN;
}
