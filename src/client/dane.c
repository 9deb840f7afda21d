#include "client/dane.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/printable.h"
#include "client/dns_message.h"

enum reply {
	REPLY_DATA,
	REPLY_NONE,   /* there is no such name, or nothing of this type */
	REPLY_FAILED, /* the answer's `status` and `why` say how */
};

struct query {
	struct __res_state resolver;
	uint8_t message[DNS_MESSAGE_MAX];
	size_t size;    /* of the last reply */
	bool validated; /* ... its AD bit */
};

/* Returns REPLY_FAILED. */
static enum reply __attribute__((format(printf, 3, 4))) explain_failure(
    struct dane_answer *a, enum dane_status status, const char *format, ...)
{
	va_list arguments;

	a->status = status;
	va_start(arguments, format);
	printable_vformat(a->why, sizeof(a->why), format, arguments);
	va_end(arguments);
	printable(a->why);
	return REPLY_FAILED;
}

static bool
is_loopback(const struct __res_state *r, int i)
{
	const struct sockaddr_in6 *v6 = r->_u._ext.nsaddrs[i];

	if (r->nsaddr_list[i].sin_family == AF_INET)
		return ntohl(r->nsaddr_list[i].sin_addr.s_addr) >> 24 ==
		       IN_LOOPBACKNET;
	return v6 != NULL && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* True if the AD bit can be believed. */
static bool
is_trusted(const struct __res_state *r)
{
	if (r->options & RES_TRUSTAD)
		return true;
	for (int i = 0; i < r->nscount; i++)
		if (!is_loopback(r, i))
			return false;
	return true;
}

/* Explains why res_nquery() failed. */
static enum reply
query_failed(const struct query *q, const char *name, struct dane_answer *a)
{
	/* What a validating resolver says of bogus data as well. */
	if (((const HEADER *)(const void *)q->message)->rcode == ns_r_servfail)
		return explain_failure(a, DANE_INVALID,
		    "the resolver has no valid answer for %s (SERVFAIL): are "
		    "its signatures valid?",
		    name);
	if (errno == ETIMEDOUT)
		return explain_failure(
		    a, DANE_SILENT, "the resolver did not answer for %s", name);
	return explain_failure(a, DANE_INVALID, "cannot look up %s: %s", name,
	    errno == 0 ? hstrerror(q->resolver.res_h_errno) : strerror(errno));
}

static enum reply
ask_resolver(struct query *q, const char *name, int type, struct dane_answer *a)
{
	const HEADER *head = (const void *)q->message;
	int size;

	memset(q->message, 0, sizeof(*head));
	errno = 0;
	size = res_nquery(
	    &q->resolver, name, ns_c_in, type, q->message, sizeof(q->message));
	q->validated = head->ad;
	if (size >= 0 && size <= DNS_MESSAGE_MAX) {
		q->size = (size_t)size;
		return REPLY_DATA;
	}
	switch (q->resolver.res_h_errno) {
	case HOST_NOT_FOUND:
	case NO_DATA:
		return REPLY_NONE;
	default:
		return query_failed(q, name, a);
	}
}

/* Finds the name behind the aliases of `host`.  An alias that is not validated
 * is not followed (RFC 7671, 7).  Any type of address tells of it. */
static enum reply
find_base(struct query *q, const char *host, struct dane_answer *a)
{
	char name[DNS_NAME_MAX];
	const char *fault;
	enum reply reply = ask_resolver(q, host, ns_t_a, a);

	if (reply != REPLY_DATA || !q->validated)
		return reply;
	snprintf(name, sizeof(name), "%s", host);
	if (!dns_message_follow(q->message, q->size, name))
		return explain_failure(
		    a, DANE_INVALID, "the answer for %s is malformed", host);
	fault = host_name_parse(name, &a->base);
	if (fault != NULL)
		return explain_failure(a, DANE_INVALID,
		    "the alias %s leads to %s: %s", host, name, fault);
	return REPLY_DATA;
}

/* Sets the status to what the records with `base` come to. */
static void
find_records(
    struct query *q, const char *base, uint16_t port, struct dane_answer *a)
{
	char name[HOST_NAME_MAX_OCTETS + sizeof("_65535._tcp.")];
	enum reply reply;

	snprintf(name, sizeof(name), "_%u._tcp.%s", port, base);
	reply = ask_resolver(q, name, ns_t_tlsa, a);
	if (reply == REPLY_FAILED)
		return;
	if (!q->validated) {
		explain_failure(a, DANE_INSECURE,
		    "what DNS says of %s is not validated by DNSSEC: is its "
		    "zone signed, and does the resolver validate?",
		    name);
		return;
	}
	a->count = reply == REPLY_NONE
	               ? 0
	               : dns_message_records(
			     q->message, q->size, a->records, TLSA_RECORDS_MAX);
	if (a->count == -1)
		explain_failure(
		    a, DANE_INVALID, "the answer for %s is malformed", name);
	else if (a->count == 0)
		explain_failure(
		    a, DANE_ABSENT, "there are no TLSA records at %s", name);
	else
		a->status = DANE_FOUND;
}

static void
look_up_records(
    struct query *q, const char *host, uint16_t port, struct dane_answer *a)
{
	if (!is_trusted(&q->resolver)) {
		explain_failure(a, DANE_INSECURE,
		    "the resolver is on another machine, and "
		    "resolv.conf does not say \"options trust-ad\"");
		return;
	}
	q->resolver.options |= RES_TRUSTAD;
	if (find_base(q, host, a) == REPLY_FAILED)
		return;
	find_records(q, a->base.name, port, a);
	if (a->status == DANE_ABSENT && strcasecmp(a->base.name, host) != 0) {
		(void)host_name_parse(host, &a->base);
		find_records(q, host, port, a);
	}
}

void
dane_look_up(const char *host, uint16_t port, struct dane_answer *a)
{
	static struct query q;

	memset(a, 0, sizeof(*a));
	(void)host_name_parse(host, &a->base);
	memset(&q.resolver, 0, sizeof(q.resolver));
	if (res_ninit(&q.resolver) == -1) {
		explain_failure(a, DANE_INVALID, "the resolver cannot be used");
		return;
	}
	look_up_records(&q, host, port, a);
	res_nclose(&q.resolver);
}

enum reason
dane_reason(const struct dane_answer *a)
{
	switch (a->status) {
	case DANE_FOUND:
		return REASON_NONE;
	case DANE_INVALID:
		return REASON_DNSSEC_INVALID;
	case DANE_SILENT:
		return REASON_TIMEOUT;
	default:
		return REASON_DANE_REQUIRED;
	}
}
