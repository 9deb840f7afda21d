#include "client/tlsa.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Usage, selector and matching type. */
#define HEAD_SIZE 3

/* The length of a digest, or 0 if the matching type has none. */
static size_t
digest_size(unsigned int matching)
{
	switch (matching) {
	case TLSA_SHA256:
		return 32;
	case TLSA_SHA512:
		return 64;
	default:
		return 0;
	}
}

bool
tlsa_is_known(const struct tlsa *t)
{
	return t->usage <= TLSA_DANE_EE && t->selector <= TLSA_PUBLIC_KEY &&
	       t->matching <= TLSA_SHA512 && t->size > 0 &&
	       (t->matching == TLSA_EXACT ||
		   t->size == digest_size(t->matching));
}

/* Parses a field of one digit and the blank after it. */
static bool
take_field(const char **text, uint8_t *field)
{
	const char *p = *text + strspn(*text, " \t");

	if (!isdigit((unsigned char)p[0]) || (p[1] != ' ' && p[1] != '\t'))
		return false;
	*field = (uint8_t)(p[0] - '0');
	*text = p + 1;
	return true;
}

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found =
	    c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));

	return found == NULL ? -1 : (int)(found - digits);
}

const char *
tlsa_parse(const char *text, struct tlsa *t)
{
	size_t digits = 0;
	int value;

	memset(t, 0, sizeof(*t));
	if (!take_field(&text, &t->usage) || !take_field(&text, &t->selector) ||
	    !take_field(&text, &t->matching))
		return "must be three numbers and hexadecimal digits, as in "
		       "'3 1 1 HEX'";
	for (; *text != '\0'; text++) {
		if (*text == ' ' || *text == '\t')
			continue;
		value = hex_value(*text);
		if (value == -1)
			return "its data is not hexadecimal";
		if (digits == 2 * sizeof(t->data))
			return "its data is too long";
		t->data[digits / 2] =
		    (uint8_t)(t->data[digits / 2] << 4 | value);
		digits++;
	}
	if (digits == 0 || digits % 2 != 0)
		return "its data ends within an octet";
	t->size = (uint16_t)(digits / 2);
	if (t->usage > TLSA_DANE_EE)
		return "its usage must be 0 to 3";
	if (t->selector > TLSA_PUBLIC_KEY)
		return "its selector must be 0 or 1";
	if (t->matching > TLSA_SHA512)
		return "its matching type must be 0 to 2";
	return tlsa_is_known(t)
	           ? NULL
	           : "its data does not have the length of the digest";
}

bool
tlsa_from_wire(const uint8_t *data, size_t size, struct tlsa *t)
{
	memset(t, 0, sizeof(*t));
	if (size < HEAD_SIZE || size - HEAD_SIZE > sizeof(t->data))
		return false;
	t->usage = data[0];
	t->selector = data[1];
	t->matching = data[2];
	t->size = (uint16_t)(size - HEAD_SIZE);
	memcpy(t->data, data + HEAD_SIZE, t->size);
	return true;
}

void
tlsa_format(const struct tlsa *t, char *text, size_t size)
{
	size_t used = (size_t)snprintf(
	    text, size, "%u %u %u ", t->usage, t->selector, t->matching);

	for (size_t i = 0; i < t->size; i++) {
		if (used + sizeof("...") + 2 > size && i + 1 < t->size) {
			snprintf(text + used, size - used, "...");
			return;
		}
		used += (size_t)snprintf(
		    text + used, size - used, "%02x", t->data[i]);
	}
}
