#include "services/service.h"

#include <stdio.h>
#include <strings.h>

#include "services/protocols.h"

#define SERVICE(service_name, service_port, functions) \
	.name = service_name, .port = service_port, \
	.greeting = functions##_greeting, .farewell = functions##_farewell
#define STARTTLS(name, port, functions, where) \
	{ \
		SERVICE(name, port, functions), \
		    .upgrade = functions##_upgrade, .setting = where \
	}
#define IMPLICIT(name, port, functions) \
	{ \
		SERVICE(name, port, functions), .implicit = true \
	}

/* Where TLS is enabled in servers of Debian's. */
#define POSTFIX "Postfix, smtpd_tls_security_level"
#define DOVECOT "Dovecot, ssl"
#define PROSODY "Prosody, its module tls"

/* The ports are those registered with IANA.  LMTP has none; 24, for private
 * mail systems, is what other tools use. */
static const struct service table[] = {
    {SERVICE("smtp", 25, smtp), .upgrade = smtp_upgrade, .setting = POSTFIX,
	.dane_without_pkix = true},
    STARTTLS("submission", 587, smtp, POSTFIX),
    {.name = "lmtp",
	.port = 24,
	.greeting = smtp_greeting,
	.upgrade = lmtp_upgrade,
	.setting = DOVECOT,
	.farewell = lmtp_farewell},
    STARTTLS("imap", 143, imap, DOVECOT),
    STARTTLS("pop3", 110, pop3, DOVECOT),
    STARTTLS("ftp", 21, ftp, "vsftpd, ssl_enable"),
    STARTTLS("nntp", 119, nntp, "INN, tlscertfile"),
    STARTTLS("sieve", 4190, sieve, DOVECOT),
    {.name = "xmpp",
	.alias = "xmpp-client",
	.port = 5222,
	.upgrade = xmpp_upgrade,
	.setting = PROSODY,
	.farewell = xmpp_farewell},
    {.name = "xmpp-server",
	.port = 5269,
	.upgrade = xmpp_server_upgrade,
	.setting = PROSODY,
	.farewell = xmpp_server_farewell},
    {.name = "ldap",
	.port = 389,
	.upgrade = ldap_upgrade,
	.setting = "OpenLDAP, TLSCertificateFile",
	.farewell = ldap_farewell},
    {.name = "postgres",
	.alias = "postgresql",
	.port = 5432,
	.upgrade = postgres_upgrade,
	.setting = "PostgreSQL, ssl"},
    {.name = "mysql",
	.alias = "mariadb",
	.port = 3306,
	.greeting = mysql_greeting,
	.upgrade = mysql_upgrade,
	.setting = "MariaDB, ssl_cert",
	.complete_handshake = true,
	.farewell = mysql_farewell},
    IMPLICIT("smtps", 465, smtp),
    IMPLICIT("submissions", 465, smtp),
    IMPLICIT("imaps", 993, imap),
    IMPLICIT("pop3s", 995, pop3),
    IMPLICIT("ftps", 990, ftp),
    IMPLICIT("nntps", 563, nntp),
    {.name = "xmpps",
	.port = 5223,
	.implicit = true,
	.alpn = "xmpp-client",
	.farewell = xmpp_farewell},
    {.name = "ldaps", .port = 636, .implicit = true, .farewell = ldap_farewell},
    {.name = "tls", .implicit = true},
};
#define SERVICES (sizeof(table) / sizeof(table[0]))

const struct service *
service_find(const char *name)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (strcasecmp(name, table[i].name) == 0 ||
		    (table[i].alias != NULL &&
			strcasecmp(name, table[i].alias) == 0))
			return &table[i];
	return NULL;
}

const struct service *
service_implicit(const struct service *service)
{
	const struct service *found = NULL;
	char name[32];

	if (service != NULL) {
		snprintf(name, sizeof(name), "%ss", service->name);
		found = service_find(name);
	}
	return found != NULL ? found : service_find("tls");
}

const struct service *
service_at(size_t i)
{
	return i < SERVICES ? &table[i] : NULL;
}
