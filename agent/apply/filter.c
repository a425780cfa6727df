/* The machine's own filter. A packet has to pass every base chain of every table, so what ours
 * accepts another may drop: only in his own place can it be let through. Docker and ufw have one
 * that is meant for it; what others drop is named. */
#include <stdio.h>
#include <string.h>

#include "agent/apply/apply.h"
#include "agent/plan/barriers.h"

static int read_filter(struct filter **p, struct fault *f)
{
	int code;

	filter_free(*p);
	*p = filter_new();
	code = filter_read(*p, FENCE_FAMILY, FENCE_TABLE, f);
	if (code != 0)
		fault_prefix(f, "the machine's own filter");
	return code;
}

/* Those that iptables' filter does not let pass: as it is, or as if ours were not there. */
static void gather_dropped(const struct desired *d, const struct filter *p, const char *without,
			   passage_list *out)
{
	for (size_t i = 0; i < d->passages.n; i++)
		if (passage_judge(d, &d->passages.at[i], p, without, "filter", NULL) !=
		    FILTER_PASSES)
			vec_push(out, &d->passages.at[i]);
}

static int open_docker(struct agent *a, const struct desired *d, struct filter **p, struct fault *f)
{
	passage_list dropped = {0};
	bool changed = false;
	int code;

	gather_dropped(d, *p, SAVED_UFW_COMMENT, &dropped);
	code = apply_docker(a, *p, &dropped, &changed, f);
	vec_free(&dropped);
	return code == 0 && changed ? read_filter(p, f) : code;
}

/* After Docker's, which mostly is enough. */
static int open_ufw(struct agent *a, const struct desired *d, const struct filter *p,
		    struct fault *f)
{
	passage_list dropped = {0};
	int code;

	if (p != NULL && filter_has_chain(p, "ip", "filter", "ufw-user-forward"))
		gather_dropped(d, p, NULL, &dropped);
	code = apply_ufw(a, d, &dropped, f);
	vec_free(&dropped);
	return code;
}

static void note_barriers(struct agent *a, const struct desired *d, const struct filter *p)
{
	barrier_vec found = {0};
	char text[BARRIER_TEXT_MAX], advice[BARRIER_TEXT_MAX];

	for (size_t i = 0; i < a->members.n; i++)
		a->members.at[i]->barred[0] = '\0';
	if (p != NULL)
		barriers_find_forward(d, p, &found);
	for (size_t i = 0; i < found.n; i++) {
		struct member *m = member_find(&a->members, &found.at[i].membership->id);

		if (m != NULL && found.at[i].certain && m->barred[0] == '\0')
			snprintf(m->barred, sizeof(m->barred), "%s: %s",
				 barrier_format(&found.at[i], text),
				 barrier_advice(&found.at[i], advice));
	}
	vec_free(&found);
}

int apply_filter(struct agent *a, const struct desired *d, struct fault *f)
{
	struct filter *p = NULL;
	int code = 0, ufw;
	struct fault why = {0};

	a->forwards = d->passages.n > 0;
	if (a->forwards || !a->docker_clean) {
		code = read_filter(&p, f);
		if (code == 0)
			code = open_docker(a, d, &p, f);
	}
	ufw = open_ufw(a, d, code == 0 ? p : NULL, &why);
	note_barriers(a, d, code == 0 ? p : NULL);
	filter_free(p);
	if (code == 0 && ufw != 0)
		*f = why;
	return code != 0 ? code : ufw;
}
