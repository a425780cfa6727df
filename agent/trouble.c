#include "agent/trouble.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"

void troubles_fini(struct troubles *t)
{
	vec_free(&t->now);
	vec_free(&t->said);
}

void troubles_clear(struct troubles *t)
{
	t->now.n = 0;
}

static bool has(const trouble_vec *all, const struct trouble *one)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->at[i].event, one->event) == 0 &&
		    strcmp(all->at[i].of, one->of) == 0 && strcmp(all->at[i].why, one->why) == 0)
			return true;
	return false;
}

void troubles_note(struct troubles *t, const char *event, const char *of, const char *why)
{
	struct trouble one = {.event = event};

	snprintf(one.of, sizeof(one.of), "%s", of);
	snprintf(one.why, sizeof(one.why), "%s", why);
	if (!has(&t->now, &one))
		vec_push(&t->now, one);
}

void troubles_say(struct troubles *t)
{
	for (size_t i = 0; i < t->now.n; i++)
		if (!has(&t->said, &t->now.at[i]))
			log_warn(t->now.at[i].event, LOG_S("of", t->now.at[i].of),
				 LOG_S("why", t->now.at[i].why));
	for (size_t i = 0; i < t->said.n; i++)
		if (!has(&t->now, &t->said.at[i]))
			log_info("a trouble is over", LOG_S("which", t->said.at[i].event),
				 LOG_S("of", t->said.at[i].of), LOG_S("why", t->said.at[i].why));
	t->said.n = 0;
	for (size_t i = 0; i < t->now.n; i++)
		vec_push(&t->said, t->now.at[i]);
}
