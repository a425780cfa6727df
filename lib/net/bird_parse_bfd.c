#include "lib/net/bird_parse_bfd.h"

#include <string.h>

#include "lib/net/bird_text.h"

enum { REPLY_BFD = 1020 };

void bird_bfd_init(struct bird_bfd *p, struct arena *arena)
{
	memset(p, 0, sizeof(*p));
	p->arena = arena;
	p->protocol = "";
}

void bird_bfd_fini(struct bird_bfd *p)
{
	vec_free(&p->list);
	vec_free(&p->other);
}

/* "0.250" seconds to microseconds; up to six digits behind the point. */
static uint32_t parse_seconds(const char *text)
{
	uint64_t us = bird_number(text, 0) * 1000000, unit = 100000;
	const char *point = strchr(text, '.');

	for (const char *p = point != NULL ? point + 1 : ""; *p >= '0' && *p <= '9'; p++) {
		us += (uint64_t)(*p - '0') * unit;
		unit /= 10;
	}
	return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* "f_main:" begins the sessions of an instance. */
static bool is_heading(const char *text)
{
	size_t len = strlen(text);

	return len > 1 && text[len - 1] == ':' && strcspn(text, " \t") == len;
}

static bool read_session(struct bird_bfd *p, const char *text)
{
	struct bird_bfd_session s = {.protocol = p->protocol};
	char address[ADDRESS_TEXT_MAX];
	const char *word = bird_word(p->arena, &text);

	if (strlen(word) >= sizeof(address))
		return false;
	memcpy(address, word, strlen(word) + 1);
	address[strcspn(address, "%")] = '\0';
	if (address_parse(address, &s.address, NULL) != 0)
		return false;
	s.device = bird_word(p->arena, &text);
	if (strcmp(s.device, "---") == 0)
		s.device = "";
	s.state = bird_word(p->arena, &text);
	s.since = bird_time(p->arena, &text);
	s.interval_us = parse_seconds(bird_word(p->arena, &text));
	s.timeout_us = parse_seconds(bird_word(p->arena, &text));
	vec_push(&p->list, s);
	return true;
}

int bird_bfd_line(void *context, const struct bird_line *line)
{
	struct bird_bfd *p = context;
	const char *text = bird_trimmed(p->arena, line->text);

	if (line->code != REPLY_BFD)
		return 0;
	if (p->list.n + p->other.n >= BIRD_BFD_MAX)
		return ERR_TOO_LARGE;
	if (is_heading(text))
		p->protocol = arena_printf(p->arena, "%.*s", (int)strlen(text) - 1, text);
	else if (strncmp(text, "IP address", strlen("IP address")) != 0 && !read_session(p, text))
		vec_push(&p->other, text);
	return 0;
}
