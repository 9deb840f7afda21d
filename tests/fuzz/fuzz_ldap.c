/*
 * Fuzzes the reading of LDAP's reply to StartTLS.
 *
 * The input: a script (stage.h).  What is read is one message, whatever it says
 * of its length, and only a success of our request is one.
 */
#include <string.h>

#include "exchange_stage.h"
#include "fuzz.h"
#include "services/protocols.h"
#include "stage.h"

/* The size of the tag and length of the BER element at `p`. */
static size_t
head_size(const uint8_t *p)
{
	return 2 + (p[1] > 127 ? p[1] & 127U : 0);
}

/* The size of all of it. */
static size_t
element_size(const uint8_t *p)
{
	size_t head = head_size(p), size = head == 2 ? p[1] : 0;

	for (size_t i = 2; i < head; i++)
		size = size << 8 | p[i];
	return head + size;
}

/* The value of an element that is a number. */
static unsigned int
number(const uint8_t *p)
{
	unsigned int value = 0;

	for (size_t i = head_size(p); i < element_size(p); i++)
		value = value << 8 | p[i];
	return value;
}

/* What follows the result of a success: no referral, and no name but ours. */
static void
check_rest(const uint8_t *at, const uint8_t *end)
{
	static const char name[] = "1.3.6.1.4.1.1466.20037";

	for (; at < end; at += element_size(at)) {
		FUZZ_REQUIRE(at[0] != 0xa3);
		if (at[0] == 0x8a)
			FUZZ_REQUIRE(element_size(at) - head_size(at) ==
					 sizeof(name) - 1 &&
				     memcmp(at + head_size(at), name,
					 sizeof(name) - 1) == 0);
	}
	FUZZ_REQUIRE(at == end);
}

/* A message that was taken for success: messageID 1, an ExtendedResponse,
 * resultCode 0. */
static void
check_success(const uint8_t *message)
{
	const uint8_t *at = message + head_size(message), *end;

	FUZZ_REQUIRE(message[0] == 0x30);
	FUZZ_REQUIRE(at[0] == 0x02 && number(at) == 1);
	at += element_size(at);
	FUZZ_REQUIRE(at[0] == 0x78);
	end = at + element_size(at);
	at += head_size(at);
	FUZZ_REQUIRE(at[0] == 0x0a && number(at) == 0);
	at += element_size(at);
	/* Two texts. */
	at += element_size(at);
	at += element_size(at);
	check_rest(at, end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const uint8_t *sent = stage_look()->actor.sent.octets;
	struct exchange *e = exchange_stage_open("ldap", input, size);
	int ret = ldap_upgrade(e);
	size_t read = exchange_stage_check(e, ret == -1);

	/* A refusal, too, is a whole message. */
	if (ret == 0 || e->reason == REASON_STARTTLS_REFUSED ||
	    e->reason == REASON_STARTTLS_NOT_SUPPORTED)
		FUZZ_REQUIRE(read == element_size(sent));
	if (ret == 0)
		check_success(sent);
	exchange_stage_close(e);
	return 0;
}
