/*
 * Fuzzes the reading of what PostgreSQL and MySQL say before TLS.
 *
 * The input: an octet that says which of them, then a script (stage.h).  A
 * packet is read as far as it goes; TLS begins where the server takes it, and
 * nowhere else.
 */
#include <string.h>

#include "exchange_stage.h"
#include "fuzz.h"
#include "services/protocols.h"
#include "stage.h"

#define CLIENT_SSL 0x0800

/* The size of a packet of MySQL's with its header. */
static size_t
packet_size(const uint8_t *p)
{
	return 4 + ((size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16);
}

static void
check_postgres(
    const struct exchange *e, const uint8_t *sent, size_t read, bool failed)
{
	if (!failed)
		FUZZ_REQUIRE(read == 1 && sent[0] == 'S');
	else if (e->reason == REASON_STARTTLS_NOT_SUPPORTED)
		FUZZ_REQUIRE(read == 1 && sent[0] == 'N');
	else if (e->reason == REASON_SERVICE_REFUSED) {
		FUZZ_REQUIRE(sent[0] == 'E');
		/* Text up to a NUL, or a size and as many octets. */
		if (memchr(sent + 1, '\0', 4) == NULL)
			FUZZ_REQUIRE(
			    memchr(sent, '\0', read) == sent + read - 1);
		else
			FUZZ_REQUIRE(
			    read ==
			    1 + ((size_t)sent[1] << 24 | (size_t)sent[2] << 16 |
				    (size_t)sent[3] << 8 | sent[4]));
	}
}

static void
check_mysql(
    const struct exchange *e, const uint8_t *sent, size_t read, bool failed)
{
	const uint8_t *version = sent + 5, *at;

	if (failed) {
		if (e->reason == REASON_SERVICE_REFUSED ||
		    e->reason == REASON_STARTTLS_NOT_SUPPORTED)
			FUZZ_REQUIRE(read == packet_size(sent));
		return;
	}
	FUZZ_REQUIRE(read == packet_size(sent));
	FUZZ_REQUIRE(sent[3] == 0 && sent[4] == 10);
	at = memchr(version, '\0', read - 5);
	FUZZ_REQUIRE(at != NULL);
	at += 1 + 4 + 8 + 1;
	FUZZ_REQUIRE((size_t)(at + 2 - sent) <= read);
	FUZZ_REQUIRE(((at[0] | at[1] << 8) & CLIENT_SSL) != 0);
}

/* The farewell's packets, which would come over TLS. */
static void
leave(struct exchange *e, const uint8_t *sent, size_t at)
{
	int ret = mysql_farewell(e);
	size_t read = exchange_stage_check(e, ret == -1);

	if (ret == -1)
		return;
	FUZZ_REQUIRE(sent[at + 3] == 3);
	at += packet_size(sent + at);
	FUZZ_REQUIRE(read == at || read == at + packet_size(sent + at));
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const uint8_t *sent = stage_look()->actor.sent.octets;
	struct exchange *e;
	bool mysql, failed;
	size_t read;

	if (size < 1)
		return 0;
	mysql = (input[0] & 1) != 0;
	e = exchange_stage_open(
	    mysql ? "mysql" : "postgres", input + 1, size - 1);
	failed = exchange_upgrade(e) == -1;
	read = exchange_stage_check(e, failed);
	(mysql ? check_mysql : check_postgres)(e, sent, read, failed);
	if (mysql && !failed)
		leave(e, sent, read);
	exchange_stage_close(e);
	return 0;
}
