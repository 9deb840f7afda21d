/*
 * The process that holds the private keys and signs.
 */
#ifndef PINGTLS_KEYHOLDER_PROCESS_H
#define PINGTLS_KEYHOLDER_PROCESS_H

#include "keyholder/keyholder.h"

/* Prepares this process to be the keyholder: its name, its signals, and the
 * limit of its descriptors. */
void keyholder_begin(void);

/*
 * Becomes the keyholder at the end `control` of its control socket; never
 * returns.
 */
_Noreturn void keyholder_process(int control, const struct keyholder_options *);

#endif
