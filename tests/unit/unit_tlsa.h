/*
 * TLSA records of certificates that a test makes.
 */
#ifndef PINGTLS_UNIT_TLSA_H
#define PINGTLS_UNIT_TLSA_H

#include "client/tlsa.h"
#include "unit_certificate.h"

/* The record "USAGE SELECTOR MATCHING" that the certificate would publish. */
struct tlsa unit_tlsa_of(const struct unit_certificate *, uint8_t usage,
    uint8_t selector, uint8_t matching);

#endif
