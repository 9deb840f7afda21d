/*
 * A fuzzer's input as a script that can be read and written by hand.
 */
#include "script.h"

bool
script_next(struct script *s, struct step *step)
{
	step->operation = 0;
	step->length = 0;
	while (s->at < s->end && step->length < sizeof(step->text)) {
		bool escape =
		    *s->at == '\\' && s->end - s->at > 1 && s->at[1] != '\0';

		if (escape && s->at[1] != '\\') {
			if (step->length > 0)
				return true;
			step->operation = s->at[1];
			s->at += 2;
			return true;
		}
		step->text[step->length++] = *s->at;
		s->at += escape ? 2 : 1;
	}
	return step->length > 0;
}
