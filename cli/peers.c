/* `skein peers`: all peers of this machine, or some. */
#include <string.h>

#include "cli/api.h"
#include "cli/here.h"
#include "cli/peers.h"

struct options {
	const char *mesh, *role;
	bool live, troubled;
};

static const struct option_row rows[] = {
	{"mesh", 'm', OPTION_TEXT, offsetof(struct options, mesh), "MESH", "those of this mesh", 0,
	 0},
	{"role", 'r', OPTION_TEXT, offsetof(struct options, role), "ROLE",
	 "gateways, routers or members alone: gateway, router, member", 0, 0},
	{"live", 'l', OPTION_FLAG, offsetof(struct options, live), NULL,
	 "those whose handshake is of the last three minutes", 0, 0},
	{"troubled", 't', OPTION_FLAG, offsetof(struct options, troubled), NULL,
	 "those whose session is down, who lose packets, routers that do not answer", 0, 0},
	{0}};

static bool is_wanted(const struct options *o, const json_t *peer)
{
	return (o->mesh == NULL || strcmp(api_text(peer, "mesh"), o->mesh) == 0) &&
	       (o->role == NULL || strcmp(api_text(peer, "role"), o->role) == 0) &&
	       (!o->live || strcmp(api_text(peer, "handshake"), "live") == 0) &&
	       (!o->troubled || here_is_troubled(peer));
}

static int check(struct cli *c, const struct options *o, const json_t *status)
{
	const json_t *m;
	size_t i;

	if (o->role != NULL && strcmp(o->role, "gateway") != 0 && strcmp(o->role, "router") != 0 &&
	    strcmp(o->role, "member") != 0)
		return fault_set(&c->fault, ERR_USAGE,
				 "--role: want gateway, router or member, not '%.20s'", o->role);
	json_array_foreach(json_object_get(status, "memberships"), i, m) {
		if (o->mesh == NULL || strcmp(api_text(m, "mesh"), o->mesh) == 0)
			return 0;
	}
	if (o->mesh == NULL)
		return 0;
	return fault_set(&c->fault, ERR_NOT_FOUND, "this machine is not in mesh '%.63s'", o->mesh);
}

static int peers(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	const json_t *status, *m;
	json_t *list = json_array(), *all, *p;
	size_t i, k;
	int code = here_read(c, &status);

	json_array_append_new(c->answers, list);
	if (code == 0)
		code = check(c, o, status);
	if (code != 0)
		return code;
	json_array_foreach(json_object_get(status, "memberships"), i, m) {
		json_t *some = here_peers(m);

		json_array_foreach(some, k, p) {
			if (is_wanted(o, p))
				json_array_append(list, p);
		}
		json_decref(some);
	}
	here_sort(list);
	if (!c->out.json) {
		output_list(&c->out, here_columns, list, "no such peer");
		return 0;
	}
	all = json_pack("{s:s, s:O}", "schema", PEERS_SCHEMA, "items", list);
	output_json(&c->out, all);
	json_decref(all);
	return 0;
}

const struct verb peers_verbs[] = {
	VERB_OFFLINE("peers", "", 0, 0, "list this machine's peers, and how they are reached", rows,
		     struct options, peers),
	VERB_OFFLINE("ping", "PEER", 1, 1, "measure the way to a peer of this machine, in the mesh",
		     ping_options, struct ping_options, peers_ping),
	VERB_END,
};
