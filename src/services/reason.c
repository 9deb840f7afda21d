#include "services/reason.h"

#include <stddef.h>

static const struct {
	const char *token, *words;
} table[REASONS] = {
    [REASON_RESOLVE] = {"resolve", "name not resolved"},
    [REASON_CONNECT] = {"connect", "cannot connect"},
    [REASON_PROXY_REFUSED] = {"proxy-refused", "refused by the proxy"},
    [REASON_SERVICE_REFUSED] = {"service-refused", "service refused"},
    [REASON_PREAUTH] = {"preauth", "authenticated before TLS"},
    [REASON_STARTTLS_NOT_SUPPORTED] = {"starttls-not-supported",
	"STARTTLS not supported"},
    [REASON_STARTTLS_REFUSED] = {"starttls-refused", "STARTTLS refused"},
    [REASON_CLEAR_TEXT_AFTER_STARTTLS] = {"clear-text-after-starttls",
	"clear text after STARTTLS"},
    [REASON_HANDSHAKE] = {"handshake", "TLS handshake failed"},
    [REASON_CERTIFICATE_HOST_MISMATCH] = {"certificate-host-mismatch",
	"certificate for another name"},
    [REASON_CERTIFICATE_EXPIRED] = {"certificate-expired",
	"certificate expired"},
    [REASON_CERTIFICATE_NOT_YET_VALID] = {"certificate-not-yet-valid",
	"certificate not yet valid"},
    [REASON_CERTIFICATE_REVOKED] = {"certificate-revoked",
	"certificate revoked"},
    [REASON_CERTIFICATE_NOT_TRUSTED] = {"certificate-not-trusted",
	"certificate not trusted"},
    [REASON_VALIDATION_FAILURE] = {"validation-failure",
	"certificate not valid"},
    [REASON_STARTTLS_STRIPPED] = {"starttls-stripped",
	"STARTTLS stripped on the way"},
    [REASON_PIN_MISMATCH] = {"pin-mismatch", "public key not pinned"},
    [REASON_CERTIFICATE_EXPIRES_SOON] = {"certificate-expires-soon",
	"certificate expires soon"},
    [REASON_DNSSEC_INVALID] = {"dnssec-invalid", "DNS answer not secure"},
    [REASON_DANE_REQUIRED] = {"dane-required", "no usable TLSA record"},
    [REASON_TLSA_INVALID] = {"tlsa-invalid", "TLSA record does not match"},
    [REASON_TIMEOUT] = {"timeout", "timed out"},
    [REASON_CLOSED] = {"closed", "connection closed"},
    [REASON_PROTOCOL] = {"protocol", "reply not understood"},
    [REASON_INTERRUPTED] = {"interrupted", "interrupted"},
    [REASON_SYSTEM] = {"system", "system error"},
};

const char *
reason_token(enum reason reason)
{
	return (unsigned int)reason < REASONS ? table[reason].token : NULL;
}

const char *
reason_words(enum reason reason)
{
	return (unsigned int)reason < REASONS ? table[reason].words : NULL;
}
