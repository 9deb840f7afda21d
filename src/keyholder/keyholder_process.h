/*
 * The main function of the keyholder.
 */
#ifndef PINGTLS_KEYHOLDER_PROCESS_H
#define PINGTLS_KEYHOLDER_PROCESS_H

#include "keyholder/keyholder.h"

/* Prepares this process to be the keyholder: its name, its signals, and the
 * limit of its descriptors. */
void keyholder_begin(void);

/*
 * Turns this process into the keyholder.  `control` is its end of the control
 * socket.
 */
_Noreturn void keyholder_process(int control, const struct keyholder_options *);

#endif
