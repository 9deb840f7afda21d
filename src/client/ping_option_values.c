#include "client/ping_option_values.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/parse.h"
#include "client/ping_options.h"

int
ping_option_port(void *options, const char *value, char *why)
{
	struct ping_options *o = options;
	unsigned long port;

	if (parse_count(value, 1, UINT16_MAX, &port) == -1)
		return command_line_wrong(
		    why, "the port must be a number from 1 to 65535");
	o->target_defaults.port = (uint16_t)port;
	return 0;
}

int
ping_option_service(void *options, const char *value, char *why)
{
	struct ping_options *o = options;

	if (!target_service_find(value, &o->target_defaults.service))
		return command_line_wrong(
		    why, "no such service (see pingtls(1))");
	return 0;
}

int
ping_option_proxy(void *options, const char *value, char *why)
{
	struct ping_options *o = options;
	/* A proxy has no default port. */
	const struct target_defaults portless = {
	    .service = service_find("tls")};
	const char *fault = strpbrk(value, "/?#@") != NULL
	                        ? "must be HOST:PORT"
	                        : target_parse(value, &portless, &o->proxy);

	if (fault != NULL)
		return command_line_wrong(why, "%s", fault);
	o->has_proxy = true;
	return 0;
}

int
ping_option_verify_name(void *options, const char *value, char *why)
{
	struct ping_options *o = options;
	const char *fault = host_name_parse(value, &o->verify_name);

	if (fault != NULL)
		return command_line_wrong(why, "%s", fault);
	o->has_verify_name = true;
	return 0;
}

int
ping_option_ca_file(void *options, const char *value, char *why)
{
	struct ping_options *o = options;

	if (o->verify.ca_file != NULL)
		return command_line_wrong(
		    why, "given twice; one file may hold several authorities");
	o->verify.ca_file = value;
	return 0;
}

int
ping_option_prometheus(void *options, const char *value, char *why)
{
	struct ping_options *o = options;

	(void)why;
	o->prometheus = true;
	o->prometheus_file = value;
	return 0;
}

/* Octets of a SHA-256 digest, and its characters in base64. */
#define DIGEST_SIZE 32
#define DIGEST_LENGTH 44

/* True if the text is the base64 of a digest in the form in which that of a key
 * is compared with it. */
static bool
is_digest(const char *text)
{
	gnutls_datum_t given = {(void *)(uintptr_t)text, DIGEST_LENGTH};
	gnutls_datum_t octets = {NULL, 0}, again = {NULL, 0};
	bool is = gnutls_base64_decode2(&given, &octets) == 0 &&
	          octets.size == DIGEST_SIZE &&
	          gnutls_base64_encode2(&octets, &again) == 0 &&
	          again.size == DIGEST_LENGTH &&
	          memcmp(again.data, text, DIGEST_LENGTH) == 0;

	gnutls_free(octets.data);
	gnutls_free(again.data);
	return is;
}

int
ping_option_pins(void *options, const char *value, char *why)
{
	struct ping_options *o = options;

	for (const char *pin = value; *pin != '\0';) {
		if (strncmp(pin, "sha256//", 8) != 0 ||
		    strcspn(pin, ";") != 8 + DIGEST_LENGTH ||
		    !is_digest(pin + 8))
			return command_line_wrong(why,
			    "must be sha256//BASE64, several with ; between");
		pin += strcspn(pin, ";");
		pin += *pin == ';';
	}
	o->pins = value;
	return 0;
}

int
ping_option_tlsa(void *options, const char *value, char *why)
{
	struct ping_options *o = options;
	struct tlsa *more = NULL;
	const char *fault;

	if (o->tlsa_count == TLSA_RECORDS_MAX)
		return command_line_wrong(
		    why, "given more than %d times", TLSA_RECORDS_MAX);
	more = realloc(o->tlsa, (o->tlsa_count + 1) * sizeof(*more));
	if (more == NULL)
		return command_line_wrong(why, "out of memory");
	o->tlsa = more;
	fault = tlsa_parse(value, &o->tlsa[o->tlsa_count]);
	if (fault != NULL)
		return command_line_wrong(why, "%s", fault);
	o->tlsa_count++;
	return 0;
}

int
ping_option_ipv4(void *options, const char *value, char *why)
{
	struct ping_options *o = options;

	(void)value;
	if (o->family == AF_INET6)
		return command_line_wrong(why, "-4 and -6 exclude each other");
	o->family = AF_INET;
	return 0;
}

int
ping_option_ipv6(void *options, const char *value, char *why)
{
	struct ping_options *o = options;

	(void)value;
	if (o->family == AF_INET)
		return command_line_wrong(why, "-4 and -6 exclude each other");
	o->family = AF_INET6;
	return 0;
}
