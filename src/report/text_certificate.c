/*
 * The lines about the certificate of the text report.
 */
#include "report/text_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/date.h"

/* "364 days left", "3 days past its end". */
static void
format_days(int64_t end, char *text, size_t size)
{
	int64_t left = end - time(NULL), days = left / DATE_SECONDS_A_DAY;

	if (days < 0)
		days = -days;
	snprintf(text, size, "%" PRId64 " day%s %s", days, days == 1 ? "" : "s",
	    left < 0 ? "past its end" : "left");
}

/* One after the other, ", " between. */
static void
show_names(struct text_report *t, const char *names)
{
	char line[2 * OUTCOME_LIST_MAX];
	size_t used = 0;

	for (; *names != '\0'; names++) {
		line[used++] = *names == '\n' ? ',' : *names;
		if (*names == '\n')
			line[used++] = ' ';
	}
	line[used] = '\0';
	text_say(t, "  names: %s", used == 0 ? "none" : line);
}

static void
show_details(struct text_report *t, const struct outcome *o)
{
	const struct outcome_certificate *c = &o->certificate;
	char from[DATE_TEXT_MAX], until[DATE_TEXT_MAX];

	date_format((time_t)c->not_before, from);
	date_format((time_t)c->not_after, until);
	show_names(t, c->names);
	text_say(t, "  valid from %s until %s", from, until);
	text_say(t, "  key %s, %" PRIu32 " bits; signed with %s", c->key,
	    c->key_bits, c->signature);
	text_say(t, "  SHA-256 fingerprint %s", c->sha256);
	text_say(t, "  public key pin sha256//%s", c->spki_sha256);
	text_say(t, "  TLSA record %s", c->tlsa);
	text_say(t, "  OCSP response: %s", o->ocsp);
}

void
text_show_certificate(struct text_report *t, const struct outcome *o)
{
	const struct outcome_certificate *c = &o->certificate;
	char days[48], until[DATE_TEXT_MAX];

	if (!c->seen)
		return;
	format_days(c->not_after, days, sizeof(days));
	text_say(t, "certificate: %s, issued by %s, %s%s%s%s", c->subject,
	    c->issuer, c->matched[0] == '\0' ? "" : "matches ", c->matched,
	    c->matched[0] == '\0' ? "" : ", ", days);
	if (c->chain_not_after != 0 && c->chain_not_after < c->not_after) {
		date_format((time_t)c->chain_not_after, until);
		text_say(
		    t, "  its chain ends on %s, with %s", until, c->chain_ends);
	}
	if (o->dane == OUTCOME_DANE_VERIFIED)
		text_say(t, "DANE: verified by TLSA record %s", o->dane_record);
	if (t->options->verbose)
		show_details(t, o);
}

void
text_show_problems(struct text_report *t, const struct outcome *o)
{
	const char *problem = o->problems;

	if (o->verified == OUTCOME_YES) {
		text_say(
		    t, "would have been verified without --insecure as well");
		return;
	}
	while (*problem != '\0') {
		size_t length = strcspn(problem, "\n");

		text_say(t, "NOT VERIFIED: %.*s", (int)length, problem);
		problem += length + (problem[length] == '\n');
	}
}
