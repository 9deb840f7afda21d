#include "base/printable.h"

void
printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 32 || *text > 126)
			*text = '.';
}
