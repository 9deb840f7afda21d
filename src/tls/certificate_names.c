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
		snprintf(text, size, "%.*s", (int)name->size, name->data);
	else
		snprintf(text, size, "(none)");
	if (ret == 0)
		gnutls_free(name->data);
	printable(text);
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
 * Writes the alternative name at `index`.  Returns 1, 0 if it is of another
 * kind, or -1 if there is none.
 */
static int
alternative_name(
    gnutls_x509_crt_t certificate, unsigned int index, char *text, size_t size)
{
	char octets[256];
	size_t length = sizeof(octets) - 1;
	int kind = gnutls_x509_crt_get_subject_alt_name(
	    certificate, index, octets, &length, NULL);

	switch (kind) {
	case GNUTLS_SAN_DNSNAME:
		octets[length] = '\0';
		printable(octets);
		snprintf(text, size, "%s", octets);
		return 1;
	case GNUTLS_SAN_IPADDRESS:
		return (length == 4 || length == 16) &&
		       inet_ntop(length == 4 ? AF_INET : AF_INET6, octets, text,
			   (socklen_t)size) != NULL;
	case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
		return -1;
	default:
		return 0;
	}
}

void
certificate_names(gnutls_x509_crt_t certificate, char *text, size_t size)
{
	char name[256];
	size_t used = 0, length = sizeof(name);
	int ret;

	text[0] = '\0';
	for (unsigned int i = 0;
	     (ret = alternative_name(certificate, i, name, sizeof(name))) >= 0;
	     i++) {
		if (ret == 0)
			continue;
		if (used + strlen(name) + sizeof(", ...") >= size) {
			snprintf(text + used, size - used, "...");
			return;
		}
		used += (size_t)snprintf(text + used, size - used, "%s%s",
		    used == 0 ? "" : ", ", name);
	}
	if (used > 0)
		return;
	if (gnutls_x509_crt_get_dn_by_oid(certificate,
		GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &length) < 0)
		snprintf(name, sizeof(name), "no name");
	printable(name);
	snprintf(text, size, "%s", name);
}

/* For display only: verification is GnuTLS's
 * (gnutls_x509_crt_check_hostname2(3)). A wildcard matches one whole label (RFC
 * 9525, 6.3). */
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
	int ret;

	for (unsigned int i = 0;
	     (ret = alternative_name(certificate, i, text, size)) >= 0; i++)
		if (ret == 1 && name_matches(text, name))
			return;
	text[0] = '\0';
}
