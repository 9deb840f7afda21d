/*
 * Text from the network, made safe to show: terminals and log readers obey some
 * of what they are sent.
 */
#ifndef PINGTLS_PRINTABLE_H
#define PINGTLS_PRINTABLE_H

/* Replaces each octet of `text` that is not ASCII 32 to 126 by a dot. */
void printable(char *text);

#endif
