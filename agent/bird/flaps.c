#include "agent/bird/flaps.h"

#include <stdlib.h>
#include <string.h>

#define NAMES "# "

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct flap *)a)->name, ((const struct flap *)b)->name);
}

static struct flap *find(const flap_vec *v, const char *name)
{
	struct flap want = {.up = false};

	if (v->n == 0 || strlen(name) > BIRD_NAME_MAX)
		return NULL;
	memcpy(want.name, name, strlen(name));
	return bsearch(&want, v->at, v->n, sizeof(want), by_name);
}

const struct flap *flaps_find(const flap_vec *v, const char *name)
{
	return find(v, name);
}

/* "m_7" with a member or router, "g_7" with a gateway, "f_7" with a fellow gateway: index 7. */
static bool read_index(const char *name, uint32_t *index)
{
	char *end = NULL;
	unsigned long n;

	if (strchr("mgf", name[0]) == NULL || name[0] == '\0' || name[1] != '_' || name[2] < '0' ||
	    name[2] > '9')
		return false;
	n = strtoul(name + 2, &end, 10);
	*index = (uint32_t)n;
	return *end == '\0' && n <= UINT32_MAX;
}

/* ---- what happens ---- */

static struct flap begin(const struct bird_protocol *p)
{
	struct flap x = {.up = false};

	memcpy(x.name, p->name, strlen(p->name));
	return x;
}

/* Another `since` under an established session: it was lost and came back between two looks. */
static void look(struct flap *x, const struct bird_protocol *p, uint32_t stable_ms,
		 struct mono clock)
{
	char since[FLAP_SINCE_MAX] = "";
	bool up = bird_protocol_is_up(p);
	bool same = x->up && up;

	memcpy(since, p->since, strnlen(p->since, sizeof(since) - 1));
	same = same && strcmp(since, x->since) == 0;
	if (x->up && !same && mono_reached(x->excused, clock)) {
		x->reload = x->reload || (!x->held && up);
		x->held = true;
	}
	if (x->held && !(same && x->stable.ns != 0))
		x->stable = up ? clock : (struct mono){0};
	if (x->held &&
	    (stable_ms == 0 ||
	     (x->stable.ns != 0 && mono_reached(mono_add_ms(x->stable, stable_ms), clock)))) {
		x->held = false;
		x->reload = up;
	}
	x->up = up;
	memcpy(x->since, since, sizeof(since));
}

bool flaps_look(flap_vec *v, const struct bird_protocols *now, uint32_t stable_ms,
		struct mono clock)
{
	size_t before = 0, kept = 0;
	flap_vec next = {0};
	bool changed = false;
	uint32_t index;

	for (size_t i = 0; i < v->n; i++)
		before += v->at[i].held;
	for (size_t i = 0; i < now->list.n; i++) {
		const struct bird_protocol *p = &now->list.at[i];
		const struct flap *old;
		struct flap x;

		if (strcmp(p->kind, "BGP") != 0 || strlen(p->name) > BIRD_NAME_MAX ||
		    !read_index(p->name, &index))
			continue;
		old = find(v, p->name);
		x = old != NULL ? *old : begin(p);
		look(&x, p, stable_ms, clock);
		kept += old != NULL && old->held;
		changed = changed || x.held != (old != NULL && old->held);
		vec_push(&next, x);
	}
	vec_free(v);
	*v = next;
	vec_sort(v, by_name);
	return changed || kept != before; /* some are no neighbours any more */
}

struct mono flaps_due(const flap_vec *v, uint32_t stable_ms)
{
	struct mono due = {0};

	for (size_t i = 0; i < v->n; i++) {
		const struct flap *x = &v->at[i];
		struct mono at = mono_add_ms(x->stable, stable_ms);

		if (x->held && x->stable.ns != 0 && (due.ns == 0 || at.ns < due.ns))
			due = at;
	}
	return due;
}

void flaps_restart(flap_vec *v)
{
	for (size_t i = 0; i < v->n; i++) {
		v->at[i].up = false;
		v->at[i].stable = (struct mono){0};
	}
}

/* ---- what is excused ---- */

static bool is_kept(const bird_kept_vec *kept, const char *name)
{
	for (size_t i = 0; kept != NULL && i < kept->n; i++)
		if (strcmp(kept->at[i].name, name) == 0)
			return true;
	return false;
}

void flaps_excuse(flap_vec *v, const bird_kept_vec *kept, struct mono until)
{
	for (size_t i = 0; i < v->n; i++)
		if (!is_kept(kept, v->at[i].name))
			v->at[i].excused = until;
}

void flaps_excuse_peer(flap_vec *v, uint32_t index, struct mono until)
{
	uint32_t of;

	for (size_t i = 0; i < v->n; i++)
		if (read_index(v->at[i].name, &of) && of == index)
			v->at[i].excused = until;
}

/* ---- held.conf ---- */

/* A set must not be empty; nobody is 0.0.0.0. */
void flaps_put(const flap_vec *v, const struct state_image *view, struct buf *out)
{
	char text[ADDRESS_TEXT_MAX];
	uint32_t index;
	bool any = false;

	buf_puts(out, "define HELD = [ ");
	for (size_t i = 0; i < v->n; i++) {
		struct address at;

		if (!v->at[i].held || !read_index(v->at[i].name, &index))
			continue;
		at = state_peer_address(view, index);
		buf_printf(out, "%s%s", any ? ", " : "", address_format(&at, text));
		any = true;
	}
	buf_puts(out, any ? " ];\n" NAMES : "0.0.0.0 ];\n" NAMES);
	any = false;
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].held)
			buf_printf(out, " %s", v->at[i].name);
	buf_puts(out, "\n");
}

void flaps_read(flap_vec *v, const char *text)
{
	const char *at = strstr(text, "\n" NAMES);
	uint32_t index;

	vec_free(v);
	for (at = at != NULL ? at + sizeof(NAMES) : ""; *at != '\0' && *at != '\n';) {
		struct flap x = {.held = true};
		size_t n = strcspn(at, " \n");

		if (n > 0 && n <= BIRD_NAME_MAX) {
			memcpy(x.name, at, n);
			if (read_index(x.name, &index))
				vec_push(v, x);
		}
		at += n;
		at += *at == ' ';
	}
	vec_sort(v, by_name);
}
