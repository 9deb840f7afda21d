/*
 * -m: each address of a name is a target of its own.
 */
#ifndef PINGTLS_ALL_ADDRESSES_H
#define PINGTLS_ALL_ADDRESSES_H

#include "client/control.h"
#include "client/ping_options.h"

/*
 * Looks up the names of the targets and puts a target for each address in the
 * place of each, with the address in its text.  A name that is not found, or
 * not before the run ends, stays.  Returns 0, or -1 if memory is exhausted.
 */
int all_addresses_find(struct ping_options *, struct control *);

#endif
