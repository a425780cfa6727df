#include "lib/net/bird_parse_status.h"

#include <string.h>

#include "lib/net/bird_text.h"

#define OTHER_MAX 256

static const struct {
	const char *before;
	size_t offset;
} rows[] = {
	{"BIRD ", offsetof(struct bird_status, version)},
	{"Router ID is ", offsetof(struct bird_status, router_id)},
	{"Hostname is ", offsetof(struct bird_status, hostname)},
	{"Current server time is ", offsetof(struct bird_status, now)},
	{"Last reboot on ", offsetof(struct bird_status, started)},
	{"Last reconfiguration on ", offsetof(struct bird_status, configured)},
};

void bird_status_init(struct bird_status *s, struct arena *arena)
{
	*s = (struct bird_status){.arena = arena,
				  .version = "",
				  .router_id = "",
				  .hostname = "",
				  .now = "",
				  .started = "",
				  .configured = "",
				  .state = ""};
}

void bird_status_fini(struct bird_status *s)
{
	vec_free(&s->other);
}

int bird_status_line(void *context, const struct bird_line *line)
{
	struct bird_status *s = context;
	const char *text = bird_trimmed(s->arena, line->text);

	if (line->last) {
		s->state = text;
		return 0;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(text, rows[i].before, strlen(rows[i].before)) == 0) {
			*(const char **)(void *)((char *)s + rows[i].offset) =
				text + strlen(rows[i].before);
			return 0;
		}
	if (text[0] != '\0' && s->other.n < OTHER_MAX)
		vec_push(&s->other, text);
	return 0;
}
