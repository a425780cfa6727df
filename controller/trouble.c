#include "controller/trouble.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"

void trouble_init(struct trouble *t)
{
	pthread_mutex_init(&t->lock, NULL);
	t->last[0] = '\0';
}

void trouble_fini(struct trouble *t)
{
	pthread_mutex_destroy(&t->lock);
}

bool trouble_is(int code)
{
	return code == ERR_IO || code == ERR_PRIVILEGE;
}

void trouble_note(struct trouble *t, const char *event, const struct fault *f, int code)
{
	const char *text = fault_text(f, code);
	bool news;

	pthread_mutex_lock(&t->lock);
	news = strcmp(t->last, text) != 0;
	snprintf(t->last, sizeof(t->last), "%s", text);
	pthread_mutex_unlock(&t->lock);
	if (news)
		log_error(event, LOG_S("error", text));
}

bool trouble_clear(struct trouble *t)
{
	bool had;

	pthread_mutex_lock(&t->lock);
	had = t->last[0] != '\0';
	t->last[0] = '\0';
	pthread_mutex_unlock(&t->lock);
	return had;
}
