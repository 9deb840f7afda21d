#include "client/dns_message.h"

#include <arpa/nameser.h>
#include <string.h>
#include <strings.h>

/* More than any useful name has.  Aliases in a circle have no end. */
#define ALIASES_MAX 16

/* Finds the alias of `name`.  Returns 1 with its target; 0 if there is none, or
 * -1 if the message is malformed. */
static int
find_alias(ns_msg *message, const char *name, char *target)
{
	ns_rr rr;

	for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
		if (ns_parserr(message, ns_s_an, i, &rr) == -1)
			return -1;
		if (ns_rr_type(rr) != ns_t_cname ||
		    strcasecmp(ns_rr_name(rr), name) != 0)
			continue;
		return ns_name_uncompress(ns_msg_base(*message),
			   ns_msg_end(*message), ns_rr_rdata(rr), target,
			   DNS_NAME_MAX) == -1
		           ? -1
		           : 1;
	}
	return 0;
}

bool
dns_message_follow(const uint8_t *octets, size_t size, char *name)
{
	char target[DNS_NAME_MAX];
	ns_msg message;
	int found;

	if (size > DNS_MESSAGE_MAX ||
	    ns_initparse(octets, (int)size, &message) == -1)
		return false;
	for (int followed = 0; followed <= ALIASES_MAX; followed++) {
		found = find_alias(&message, name, target);
		if (found != 1)
			return found == 0;
		strcpy(name, target);
	}
	return false;
}

int
dns_message_records(
    const uint8_t *octets, size_t size, struct tlsa *records, int most)
{
	ns_msg message;
	ns_rr rr;
	int count = 0;

	if (size > DNS_MESSAGE_MAX ||
	    ns_initparse(octets, (int)size, &message) == -1)
		return -1;
	for (int i = 0; i < ns_msg_count(message, ns_s_an) && count < most;
	     i++) {
		if (ns_parserr(&message, ns_s_an, i, &rr) == -1)
			return -1;
		if (ns_rr_type(rr) == ns_t_tlsa &&
		    tlsa_from_wire(
			ns_rr_rdata(rr), ns_rr_rdlen(rr), &records[count]))
			count++;
	}
	return count;
}
