#include "agent/plan/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS 256u

const char *names_alias(const struct id *membership, char out[LINK_ALIAS_MAX])
{
	char text[ID_TEXT_MAX];

	snprintf(out, LINK_ALIAS_MAX, ALIAS_PREFIX "%s", id_format(membership, text));
	return out;
}

static bool owned_by(const struct facts *f, const char *name, const struct id *membership)
{
	const struct observation *seen = f->in->seen;
	const struct link *l = link_by_name(&seen->links, name);
	struct id owner;

	if (l != NULL)
		return observation_owner(seen, l, &owner) && id_equal(&owner, membership);
	for (size_t i = 0; i < seen->started.n; i++)
		if (strcmp(seen->started.at[i].name, name) == 0)
			return id_equal(&seen->started.at[i].membership, membership);
	return false;
}

/* "wg12" or "wg12t3" with this stem to 12; -1 for anything else. */
static int number_of(const char *stem, const char *name)
{
	size_t len = strlen(stem);
	char *end;
	unsigned long n;

	if (strncmp(name, stem, len) != 0 || name[len] < '0' || name[len] > '9')
		return -1;
	n = strtoul(name + len, &end, 10);
	return (*end == '\0' || *end == 't') && n < NUMBERS ? (int)n : -1;
}

/* The number that this membership's devices have now; -1: it has none. */
static int number_now(const struct facts *f, const struct id *membership)
{
	const struct observation *seen = f->in->seen;
	const char *stem = f->in->config->device;

	for (size_t i = 0; i < seen->links.n; i++)
		if (owned_by(f, seen->links.at[i].name, membership) &&
		    number_of(stem, seen->links.at[i].name) >= 0)
			return number_of(stem, seen->links.at[i].name);
	for (size_t i = 0; i < seen->started.n; i++)
		if (id_equal(&seen->started.at[i].membership, membership))
			return number_of(stem, seen->started.at[i].name);
	return -1;
}

static bool number_free(const struct facts *f, const struct membership_facts *m, int number)
{
	const struct observation *seen = f->in->seen;
	const char *stem = f->in->config->device;

	for (size_t i = 0; i < seen->links.n; i++)
		if (number_of(stem, seen->links.at[i].name) == number)
			return false;
	for (size_t i = 0; i < seen->started.n; i++)
		if (number_of(stem, seen->started.at[i].name) == number)
			return false;
	for (const struct membership_facts *o = f->memberships; o < m; o++)
		if (number_of(stem, o->main) == number)
			return false;
	return true;
}

static int index_of(const struct facts *f, const char *name, const struct id *membership)
{
	const struct link *l = link_by_name(&f->in->seen->links, name);

	return l != NULL && owned_by(f, name, membership) ? l->index : 0;
}

int names_trunk(const struct facts *f, const struct membership_facts *m, unsigned slot,
		char out[LINK_NAME_MAX])
{
	snprintf(out, LINK_NAME_MAX, "%.11st%u", m->main, slot);
	return index_of(f, out, &m->id);
}

void names_choose(const struct facts *f, struct membership_facts *m)
{
	const char *stem = f->in->config->device;
	int number = number_now(f, &m->id);

	for (unsigned i = 0; number < 0 && i < NUMBERS; i++)
		if (number_free(f, m, (int)((m->number + i) % NUMBERS)))
			number = (int)((m->number + i) % NUMBERS);
	number = number < 0 ? 0 : number; /* all taken: making it will say so */
	snprintf(m->main, sizeof(m->main), "%.8s%d", stem, number);
	m->index = index_of(f, m->main, &m->id);
	for (size_t i = 0; i < m->ntrunks; i++)
		m->trunks[i].index = names_trunk(f, m, m->trunks[i].slot, m->trunks[i].name);
}
