/*
 * What an answer of DNS says: the name behind aliases, and TLSA records.
 *
 * The message is parsed by the C library (ns_initparse(3) and its kin), with
 * bounds; nothing here looks at an octet of it but the data of TLSA records.
 */
#ifndef PINGTLS_DNS_MESSAGE_H
#define PINGTLS_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/tlsa.h"

/* The largest message (RFC 1035, 4.2.2). */
#define DNS_MESSAGE_MAX 65535
/* A name in text, with room for escapes (ns_name_ntop(3)). */
#define DNS_NAME_MAX 1025

/*
 * Replaces `name` by what its aliases (CNAME) in the message lead to.  Returns
 * false if the message is malformed or the aliases have no end.
 */
bool dns_message_follow(const uint8_t *message, size_t size, char *name);

/*
 * Copies the TLSA records of the message, `most` at most; those that are
 * malformed or too large are left out.  Returns how many, or -1 if the message
 * is malformed.
 */
int dns_message_records(
    const uint8_t *message, size_t size, struct tlsa *records, int most);

#endif
