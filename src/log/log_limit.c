#include "log/log_limit.h"

#include "log/log.h"

#define EVERY_MS 1000

bool
log_limit_allow(struct log_limit *l, int priority)
{
	if (deadline_now() < l->from) {
		l->suppressed++;
		return false;
	}
	if (l->suppressed > 0)
		log_line(priority, "and %lu more like that", l->suppressed);
	l->suppressed = 0;
	l->from = deadline_in(EVERY_MS);
	return true;
}
