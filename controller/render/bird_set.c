#include "controller/render/bird_set.h"

#define PER_LINE 8

void bird_set_begin(struct bird_set *s, struct buf *out, const char *before, const char *after)
{
	*s = (struct bird_set){out, after, 0};
	buf_puts(out, before);
	buf_puts(out, "[ ");
}

void bird_set_add(struct bird_set *s, const struct prefix *p, const char *range)
{
	char text[PREFIX_TEXT_MAX];

	if (s->n > 0)
		buf_puts(s->out, s->n % PER_LINE == 0 ? ",\n  " : ", ");
	buf_puts(s->out, prefix_format(p, text));
	buf_puts(s->out, range);
	s->n++;
}

void bird_set_add_list(struct bird_set *s, const struct prefix_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		bird_set_add(s, &list->at[i], "");
}

void bird_set_add_hosts(struct bird_set *s, const struct prefix_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].length < 32)
			bird_set_add(s, &list->at[i], "{32,32}");
}

void bird_set_end(struct bird_set *s)
{
	buf_puts(s->out, s->n > 0 ? " ]" : "0.0.0.0/32 ]");
	buf_puts(s->out, s->after);
}

void bird_set_list(struct buf *out, const char *before, const struct prefix_list *list,
		   const char *after)
{
	struct bird_set s;

	bird_set_begin(&s, out, before, after);
	bird_set_add_list(&s, list);
	bird_set_end(&s);
}
