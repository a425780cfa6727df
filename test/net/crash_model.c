#include "test/net/crash_model.h"

#include <stdlib.h>
#include <string.h>

#include "test/test.h"

static const char *text(const json_t *x, const char *name)
{
	const char *value = json_string_value(json_object_get(x, name));

	return value != NULL ? value : "";
}

/* All items of a list, over its pages; caller json_decref()s. */
static json_t *list_all(struct stand *client, const char *path)
{
	json_t *all = json_array();
	char url[300], next[100] = "";

	do {
		snprintf(url, sizeof(url), "%s?limit=1000%s%s", path,
			 next[0] != '\0' ? "&cursor=" : "", next);
		if (stand_call(client, client->admin, "GET", url, NULL) != 200) {
			TEST_FAIL("%s: status %ld", url, client->status);
			break;
		}
		json_array_extend(all, json_object_get(client->json, "items"));
		snprintf(next, sizeof(next), "%s", text(client->json, "next"));
	} while (next[0] != '\0');
	return all;
}

/* ---- addresses ---- */

static void check_address(struct crash_model *m, const json_t *membership)
{
	struct given *g;
	char key[128];

	snprintf(key, sizeof(key), "%s %s", text(membership, "mesh"), text(membership, "address"));
	for (g = m->given; g != NULL && strcmp(g->key, key) != 0; g = g->next)
		;
	if (g == NULL) {
		g = mem_alloc(sizeof(*g));
		snprintf(g->key, sizeof(g->key), "%s", key);
		snprintf(g->membership, sizeof(g->membership), "%s", text(membership, "id"));
		g->next = m->given;
		m->given = g;
	} else if (strcmp(g->membership, text(membership, "id")) != 0) {
		TEST_FAIL("%s was given twice", key);
	}
}

/* ---- machines ---- */

/* In which of the two meshes it is: bits; and in which it is a gateway. */
static void read_memberships(struct crash_model *m, const json_t *machine, unsigned *in,
			     unsigned *gateway)
{
	const json_t *list = json_object_get(machine, "memberships"), *x;
	size_t i;

	*in = *gateway = 0;
	json_array_foreach(list, i, x) {
		unsigned bit = strcmp(text(x, "mesh"), m->mesh[1]) == 0 ? 2 : 1;

		if ((*in & bit) != 0)
			TEST_FAIL("%s is twice in a mesh", text(machine, "name"));
		*in |= bit;
		*gateway |= strcmp(text(x, "role"), "gateway") == 0 ? bit : 0;
		check_address(m, x);
	}
}

/* What must be there whole is. */
static void check_whole(const struct subject *s, unsigned in, unsigned gateway)
{
	if ((in & 1) == 0)
		TEST_FAIL("%s is a machine without its membership", s->name);
	if (gateway != 0 && gateway != 3)
		TEST_FAIL("%s is a gateway of one mesh only", s->name);
	if (in == 3 && !s->in_both && s->gateway == IS_NOT)
		TEST_FAIL("%s is in a mesh that it was not put into", s->name);
	if (in == 1 && s->in_both)
		TEST_FAIL("%s has lost its second mesh", s->name);
}

static void settle(struct crash_model *m, enum known *known, bool is, const char *what,
		   const char *name)
{
	if (*known == MAY_BE)
		m->found += is;
	else if ((*known == IS) != is)
		TEST_FAIL("%s: an answer said that it %s %s, and it %s", name,
			  *known == IS ? "is" : "is not", what, is ? "is" : "is not");
	*known = is ? IS : IS_NOT;
}

static bool is_of(const struct subject *s, const json_t *machine)
{
	const char *name = text(machine, "name");

	if (s->machine.id[0] != '\0')
		return strcmp(s->machine.id, text(machine, "id")) == 0;
	return strcmp(s->name, name) == 0;
}

static void check_name(struct subject *s, const json_t *machine)
{
	const char *name = text(machine, "name");

	if (s->new_name[0] != '\0' && strcmp(name, s->new_name) == 0)
		snprintf(s->name, sizeof(s->name), "%s", s->new_name);
	if (strcmp(name, s->name) != 0)
		TEST_FAIL("%s is called %s", s->name, name);
	s->new_name[0] = '\0';
}

static void check_machine(struct crash_model *m, struct subject *s, const json_t *machine)
{
	unsigned in, gateway;

	snprintf(s->machine.id, sizeof(s->machine.id), "%s", text(machine, "id"));
	read_memberships(m, machine, &in, &gateway);
	check_whole(s, in, gateway);
	settle(m, &s->there, true, "there", s->name);
	settle(m, &s->gateway, gateway != 0, "a gateway", s->name);
	s->in_both = in == 3;
	check_name(s, machine);
}

static void check_gone(struct crash_model *m, struct subject *s)
{
	settle(m, &s->there, false, "there", s->name);
	s->gateway = IS_NOT;
	s->in_both = false;
	s->new_name[0] = '\0';
}

void crash_model_check(struct crash_model *m, struct stand *client)
{
	json_t *machines = list_all(client, "/api/v1/machines"), *x;
	bool *seen = mem_alloc(m->known.n + 1);
	size_t i;

	json_array_foreach(machines, i, x) {
		size_t k = 0;

		while (k < m->known.n && (seen[k] || !is_of(m->known.at[k], x)))
			k++;
		if (k == m->known.n) {
			TEST_FAIL("nobody made %s", text(x, "name"));
			continue;
		}
		seen[k] = true;
		check_machine(m, m->known.at[k], x);
	}
	for (size_t k = 0; k < m->known.n; k++)
		if (!seen[k])
			check_gone(m, m->known.at[k]);
	json_decref(machines);
	free(seen);
}

void crash_model_check_audit(struct crash_model *m, struct stand *client)
{
	json_t *audit = list_all(client, "/api/v1/audit"), *came = json_object(), *x;
	char path[128];
	size_t i;

	json_array_foreach(audit, i, x) {
		if (strcmp(text(x, "action"), "machine.enroll") == 0)
			json_object_set_new(came, text(x, "resource"), json_true());
	}
	for (size_t k = 0; k < m->known.n; k++)
		if (m->known.at[k]->there == IS &&
		    json_object_get(came, m->known.at[k]->machine.id) == NULL)
			TEST_FAIL("%s is not in the audit", m->known.at[k]->name);
	snprintf(path, sizeof(path), "/api/v1/join-tokens/%s", m->join_id);
	TEST_NUMBER(stand_call(client, client->admin, "GET", path, NULL), 200);
	TEST_NUMBER(json_integer_value(json_object_get(client->json, "uses")),
		    (long long)json_object_size(came));
	json_decref(audit);
	json_decref(came);
}

void crash_model_free(struct crash_model *m)
{
	while (m->given != NULL) {
		struct given *next = m->given->next;

		free(m->given);
		m->given = next;
	}
	for (size_t i = 0; i < m->known.n; i++)
		free(m->known.at[i]);
	vec_free(&m->known);
}
