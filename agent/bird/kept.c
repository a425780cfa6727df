#include "agent/bird/kept.h"

#include <stdlib.h>
#include <string.h>

#define NAMED_MAX 3 /* a report has little room */
#define FEW	  16

/* ---- what the texts say ---- */

struct span {
	const char *at;
	size_t n;
};

struct session {
	struct span name;
	struct span ends; /* name, template and neighbour: what it lets through may change */
};
typedef VEC(struct session) session_vec;

static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return *at == '\n' ? at + 1 : at;
}

static bool starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static int compare_spans(const struct span *a, const struct span *b)
{
	int order = memcmp(a->at, b->at, a->n < b->n ? a->n : b->n);

	return order != 0 ? order : a->n < b->n ? -1 : a->n > b->n;
}

static int by_name(const void *a, const void *b)
{
	return compare_spans(&((const struct session *)a)->name,
			     &((const struct session *)b)->name);
}

/* "protocol bgp g_3 from t_gateway { neighbor 10.1.0.3; description …" */
static void read_sessions(const char *text, session_vec *out)
{
	static const char start[] = "protocol bgp ", until[] = "; description ";

	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		struct session s;
		const char *end;

		if (!starts(line, start))
			continue;
		s.name.at = line + sizeof(start) - 1;
		s.name.n = strcspn(s.name.at, " \n");
		s.ends = (struct span){line, strcspn(line, "\n")};
		end = memmem(line, s.ends.n, until, sizeof(until) - 1);
		if (end != NULL)
			s.ends.n = (size_t)(end - line);
		vec_push(out, s);
	}
	vec_sort(out, by_name);
}

static const struct session *find_session(const session_vec *v, const char *name)
{
	const struct session want = {.name = {name, strlen(name)}};

	return v->n > 0 ? bsearch(&want, v->at, v->n, sizeof(*v->at), by_name) : NULL;
}

static struct span definition(const struct bird_texts *t, const char *start)
{
	const char *const texts[] = {t->conf, t->text};

	for (size_t i = 0; i < 2; i++)
		for (const char *line = texts[i]; *line != '\0'; line = next_line(line))
			if (starts(line, start))
				return (struct span){line, strcspn(line, "\n")};
	return (struct span){"", 0};
}

/* The own end of all sessions: where it changes, the others' ends are changing too, each at its
 * time, and what is established meanwhile says nothing. */
static bool own_end_stays(const struct bird_texts *before, const struct bird_texts *after)
{
	static const char *const starts_of[] = {"define BGP_PORT ", "define AS_ME ", "define ME "};

	for (size_t i = 0; i < sizeof(starts_of) / sizeof(starts_of[0]); i++) {
		struct span a = definition(before, starts_of[i]);
		struct span b = definition(after, starts_of[i]);

		if (compare_spans(&a, &b) != 0)
			return false;
	}
	return true;
}

/* ---- what BIRD says ---- */

static int by_kept_name(const void *a, const void *b)
{
	return strcmp(((const struct bird_kept *)a)->name, ((const struct bird_kept *)b)->name);
}

static struct bird_kept *find_kept(const bird_kept_vec *v, const char *name)
{
	struct bird_kept want = {.up = false};

	if (v->n == 0 || strlen(name) > BIRD_NAME_MAX)
		return NULL;
	memcpy(want.name, name, strlen(name));
	return bsearch(&want, v->at, v->n, sizeof(want), by_kept_name);
}

static bool is_kept(const session_vec *before, const session_vec *after,
		    const bird_kept_vec *missed, const struct bird_protocol *p)
{
	const struct session *a, *b;

	if (strcmp(p->kind, "BGP") != 0 || strlen(p->name) > BIRD_NAME_MAX ||
	    !(bird_protocol_is_up(p) || find_kept(missed, p->name) != NULL))
		return false;
	a = find_session(before, p->name);
	b = find_session(after, p->name);
	return a != NULL && b != NULL && compare_spans(&a->ends, &b->ends) == 0;
}

void bird_kept_find(const struct bird_texts *before, const struct bird_texts *after,
		    const struct bird_protocols *now, const bird_kept_vec *missed,
		    bird_kept_vec *out)
{
	session_vec was = {0}, is = {0};

	if (!own_end_stays(before, after))
		return;
	read_sessions(before->text, &was);
	read_sessions(after->text, &is);
	for (size_t i = 0; i < now->list.n; i++) {
		struct bird_kept kept = {.up = true};

		if (!is_kept(&was, &is, missed, &now->list.at[i]))
			continue;
		memcpy(kept.name, now->list.at[i].name, strlen(now->list.at[i].name));
		vec_push(out, kept);
	}
	vec_sort(out, by_kept_name);
	vec_free(&was);
	vec_free(&is);
}

size_t bird_kept_look(bird_kept_vec *kept, const struct bird_protocols *now)
{
	size_t lost = kept->n;

	for (size_t i = 0; i < kept->n; i++)
		kept->at[i].up = false;
	for (size_t i = 0; i < now->list.n; i++) {
		struct bird_kept *found = find_kept(kept, now->list.at[i].name);

		if (found == NULL || !bird_protocol_is_up(&now->list.at[i]))
			continue;
		found->up = true;
		lost--;
	}
	return lost;
}

bool bird_kept_is_harmed(const bird_kept_vec *kept)
{
	size_t machines = 0, lost = 0;

	for (size_t i = 0; i < kept->n; i++) {
		bool machine = starts(kept->at[i].name, "m_");

		if (!machine && !kept->at[i].up)
			return true;
		machines += machine;
		lost += machine && !kept->at[i].up;
	}
	return lost > machines / FEW;
}

static void put_one(const char *name, const struct bird_protocol *p, struct buf *out)
{
	buf_puts(out, name);
	if (p == NULL)
		return;
	if (p->description != NULL && p->description[0] != '\0')
		buf_printf(out, " with %s", p->description);
	if (p->last_error != NULL && p->last_error[0] != '\0')
		buf_printf(out, " (%s)", p->last_error);
	else if (p->info[0] != '\0')
		buf_printf(out, " (%s)", p->info);
}

void bird_kept_put_lost(const bird_kept_vec *kept, const struct bird_protocols *now,
			struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < kept->n; i++) {
		if (kept->at[i].up)
			continue;
		if (n < NAMED_MAX) {
			buf_puts(out, n > 0 ? ", " : "");
			put_one(kept->at[i].name, bird_protocols_find(now, kept->at[i].name), out);
		}
		n++;
	}
	if (n > NAMED_MAX)
		buf_printf(out, " and %zu more", n - NAMED_MAX);
}
