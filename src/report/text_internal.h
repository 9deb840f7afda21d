/*
 * What the files of the text report share: the line, and those that text.c
 * leaves to others.
 */
#ifndef PINGTLS_REPORT_TEXT_INTERNAL_H
#define PINGTLS_REPORT_TEXT_INTERNAL_H

#include "report/text.h"

#define TEXT_MS_PER_NS 1e-6

/* "in the clear", "over TLS" */
extern const char *const text_stage[];

/* Notes which conversation the next lines are about. */
void text_about(struct text_report *, const struct outcome *);

/* Writes a line, preceded by the time with -D and by the target if there are
 * several.  Returns 0, or -1 if this or an earlier write failed. */
int text_say(struct text_report *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Formats a number without trailing zeros: "2.5", "10", "0.001". */
void text_format_number(double value, int decimals, char *text, size_t size);

/* Whether the conversation is one of our own protocol. */
bool text_is_ours(const struct outcome *);

/* Whether each ping of the target is a conversation of its own. */
bool text_is_one_ping(const struct text_report *, const struct outcome *);

/* text_certificate.c: the certificate, if one was seen. */
void text_show_certificate(struct text_report *, const struct outcome *);

/* With --insecure: every problem. */
void text_show_problems(struct text_report *, const struct outcome *);

/* text_statistics.c: a reporter's `asked` and `summary`. */
int text_asked(
    void *context, const struct target_summary *, const struct outcome *pings);
int text_summary(void *context, const struct target_summary *);

#endif
