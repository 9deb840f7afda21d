#include "base/printable.h"

#include <stdio.h>
#include <string.h>

static char
show(char octet)
{
	return octet >= 32 && octet <= 126 ? octet : '.';
}

void
printable(char *text)
{
	for (; *text != '\0'; text++)
		*text = show(*text);
}

void
printable_copy(char *text, size_t size, const void *octets, size_t length)
{
	const char *octet = octets;
	size_t n;

	for (n = 0; n < length && n < size - 1; n++)
		text[n] = show(octet[n]);
	text[n] = '\0';
	printable_mark_cut(text, size, length);
}

void
printable_mark_cut(char *text, size_t size, size_t length)
{
	static const char mark[] = "...";

	if (length >= size && size >= sizeof(mark))
		memcpy(text + size - sizeof(mark), mark, sizeof(mark));
}

void
printable_vformat(
    char *text, size_t size, const char *format, va_list arguments)
{
	int n = vsnprintf(text, size, format, arguments);

	printable_mark_cut(text, size, (size_t)n);
}
