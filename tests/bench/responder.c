/*
 * Answers PING with PONG on standard input and output until QUIT: what a user
 * would put behind a wrapper that does the TLS.
 */
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

int
main(void)
{
	char line[512];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strcasecmp(line, "QUIT\n") == 0)
			return 0;
		if (strcasecmp(line, "PING\n") == 0 &&
		    write(STDOUT_FILENO, "PONG\n", 5) != 5)
			return 1;
	}
	return 0;
}
