#include "tls/certificate_names.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/printable.h"

static void
distinguished_name(int ret, gnutls_datum_t *name, char *text, size_t size)
{
	if (ret == 0 && name->size > 0)
		printable_copy(text, size, name->data, name->size);
	else
		snprintf(text, size, "(none)");
	if (ret == 0)
		gnutls_free(name->data);
}

void
certificate_subject(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	gnutls_datum_t name = {NULL, 0};
	int ret = gnutls_x509_crt_get_dn3(certificate, &name, 0);

	distinguished_name(ret, &name, text, size);
}

void
certificate_issuer(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	gnutls_datum_t name = {NULL, 0};
	int ret = gnutls_x509_crt_get_issuer_dn3(certificate, &name, 0);

	distinguished_name(ret, &name, text, size);
}

/*
 * The alternative name at `index` as text; "" if its kind is unknown.  Returns
 * its kind (gnutls_x509_subject_alt_name_t), or a negative code if there is
 * none.
 */
static int
alternative_name(
    gnutls_x509_crt_t certificate, unsigned int index, char *text, size_t size)
{
	char octets[256];
	size_t length = sizeof(octets);
	int kind = gnutls_x509_crt_get_subject_alt_name(
	    certificate, index, octets, &length, NULL);

	text[0] = '\0';
	switch (kind) {
	case GNUTLS_SAN_DNSNAME:
	case GNUTLS_SAN_RFC822NAME:
	case GNUTLS_SAN_URI:
		printable_copy(text, size, octets, length);
		return kind;
	case GNUTLS_SAN_IPADDRESS:
		if (length == 4 || length == 16)
			inet_ntop(length == 4 ? AF_INET : AF_INET6, octets,
			    text, (socklen_t)size);
		return kind;
	case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
		return kind;
	default:
		return GNUTLS_SAN_OTHERNAME;
	}
}

static bool
looks_like_address(const char *name)
{
	unsigned char octets[16];

	return inet_pton(AF_INET, name, octets) == 1 ||
	       inet_pton(AF_INET6, name, octets) == 1;
}

/* The prefix of a name that could be mistaken for one of another kind. */
static const char *
kind_of(int kind, const char *name)
{
	switch (kind) {
	case GNUTLS_SAN_IPADDRESS:
		return "";
	case GNUTLS_SAN_RFC822NAME:
		return "email ";
	case GNUTLS_SAN_URI:
		return "URI ";
	default:
		return looks_like_address(name) ? "DNS name " : "";
	}
}

/* True if a name of this kind can be the one that a TLS client expects. */
static bool
is_host(int kind)
{
	return kind == GNUTLS_SAN_DNSNAME || kind == GNUTLS_SAN_IPADDRESS;
}

static bool
common_name(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	char octets[256];
	size_t length = sizeof(octets);

	if (gnutls_x509_crt_get_dn_by_oid(certificate,
		GNUTLS_OID_X520_COMMON_NAME, 0, 0, octets, &length) < 0)
		return false;
	printable_copy(text, size, octets, length);
	return true;
}

/* Appends an entry after `separator`, or "..." if it does not fit.  Returns
 * true if it did. */
static bool
add_entry(char *text, size_t size, const char *separator, const char *kind,
    const char *name)
{
	size_t used = strlen(text);

	if (used == 0)
		separator = "";
	if (used + strlen(separator) + strlen(kind) + strlen(name) +
		sizeof(", ...") >=
	    size) {
		snprintf(text + used, size - used, "%s...", separator);
		return false;
	}
	snprintf(text + used, size - used, "%s%s%s", separator, kind, name);
	return true;
}

/* Adds the alternative names that are a host's, or those that are not. */
static void
add_names(gnutls_x509_crt_t certificate, bool hosts, const char *separator,
    bool with_kind, char *text, size_t size)
{
	char name[256];
	int kind;

	for (unsigned int i = 0;
	     (kind = alternative_name(certificate, i, name, sizeof(name))) >= 0;
	     i++)
		if (is_host(kind) == hosts && name[0] != '\0' &&
		    !add_entry(text, size, separator,
			with_kind ? kind_of(kind, name) : "", name))
			return;
}

void
certificate_names(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	char name[256];

	text[0] = '\0';
	add_names(certificate, true, ", ", true, text, size);
	if (text[0] == '\0')
		add_names(certificate, false, ", ", true, text, size);
	if (text[0] != '\0')
		return;
	if (common_name(certificate, name, sizeof(name)))
		add_entry(text, size, "",
		    looks_like_address(name) ? "common name " : "", name);
	else
		add_entry(text, size, "", "", "no name");
}

void
certificate_list(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	text[0] = '\0';
	add_names(certificate, true, "\n", false, text, size);
}

/* True if `name` matches the pattern.  Only finds which name of a certificate
 * it was: GnuTLS has decided that one matches.  A wildcard stands for one whole
 * label (RFC 9525, 6.3). */
static bool
name_matches(const char *pattern, const char *name)
{
	const char *dot = strchr(name, '.');

	if (strcasecmp(pattern, name) == 0)
		return true;
	return strncmp(pattern, "*.", 2) == 0 && dot != NULL &&
	       strcasecmp(pattern + 1, dot) == 0;
}

void
certificate_match(
    gnutls_x509_crt_t certificate, const char *name, char *text, size_t size)
{
	int kind;

	text[0] = '\0';
	if (!gnutls_x509_crt_check_hostname2(
		certificate, name, GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES))
		return;
	for (unsigned int i = 0;
	     (kind = alternative_name(certificate, i, text, size)) >= 0; i++)
		if (kind == GNUTLS_SAN_DNSNAME && name_matches(text, name))
			return;
	if (!common_name(certificate, text, size) || !name_matches(text, name))
		snprintf(text, size, "%s", name);
}

void
certificate_match_address(gnutls_x509_crt_t certificate,
    const unsigned char *address, unsigned int length, char *text, size_t size)
{
	text[0] = '\0';
	if (gnutls_x509_crt_check_ip(certificate, address, length, 0))
		inet_ntop(length == 4 ? AF_INET : AF_INET6, address, text,
		    (socklen_t)size);
}
