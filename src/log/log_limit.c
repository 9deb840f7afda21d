/*
 * Complaints that strangers can cause: logged one a second at most.
 */
#include "log/log_limit.h"

#include "log/log.h"

#define EVERY_MS 1000

bool
log_limit_allow(struct log_limit *c)
{
	if (deadline_now() < c->from) {
		c->left_out++;
		return false;
	}
	if (c->left_out > 0)
		log_line(LOG_WARNING, "and %lu more like that", c->left_out);
	c->left_out = 0;
	c->from = deadline_in(EVERY_MS);
	return true;
}
