#include "cli/here.h"

#include <stdlib.h>
#include <string.h>

#include "cli/api.h"
#include "cli/bgp/instance.h"
#include "lib/base/control_ask.h"
#include "lib/base/json.h"

#define ASK_MS	   10000
#define LIVE_S	   180 /* beyond, WireGuard uses no session any more */
#define LOST_MUCH  10  /* percent */
#define NAMES_SIZE 512

int here_read(struct cli *c, const json_t **status)
{
	struct buf text;
	json_t *root = NULL;
	int code;

	buf_init(&text);
	code = control_ask(arena_printf(&c->arena, "%s/agent.sock", instance_run_dir()), "status",
			   ASK_MS, &text, &c->fault);
	if (code == 0) {
		root = json_parse(buf_text(&text), text.len, &c->fault);
		code = root != NULL ? 0 : c->fault.code;
	}
	buf_fini(&text);
	if (code != 0)
		return code;
	json_array_append_new(c->answers, root);
	*status = root;
	return 0;
}

/* ---- peers ---- */

/* From the address of each entry to a member of it: a large gateway has thousands. */
static json_t *by_address_of(const json_t *list, const char *address, const char *member)
{
	json_t *out = json_object(), *x;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)list, i, x) {
		json_object_set(out, api_text(x, address), json_object_get(x, member));
	}
	return out;
}

static const char *handshake(const json_t *age)
{
	if (!json_is_integer(age))
		return "never";
	return json_integer_value(age) <= LIVE_S ? "live" : "old";
}

static json_t *member_of(const json_t *entry, const char *member)
{
	const json_t *v = json_object_get(entry, member);

	return v != NULL ? json_copy((json_t *)(uintptr_t)v) : json_null();
}

/* Each by the peer's address. */
struct ties {
	json_t *bgp, *bfd, *held;
};

static struct ties ties_of(const json_t *bird)
{
	const json_t *sessions = json_object_get(bird, "sessions");

	return (struct ties){by_address_of(sessions, "neighbour", "state"),
			     by_address_of(json_object_get(bird, "bfd"), "address", "state"),
			     by_address_of(sessions, "neighbour", "held_s")};
}

static void ties_fini(struct ties *t)
{
	json_decref(t->bgp);
	json_decref(t->bfd);
	json_decref(t->held);
}

static json_t *make_peer(const json_t *m, const json_t *device, const json_t *p,
			 const struct ties *ties)
{
	static const char *const same[] = {"name",	   "address",  "role",
					   "path",	   "endpoint", "latency_us",
					   "loss_percent", "rx_bytes", "tx_bytes"};
	const char *address = api_text(p, "address");
	json_t *out = json_object();

	json_object_set(out, "mesh", json_object_get(m, "mesh"));
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		json_object_set_new(out, same[i], member_of(p, same[i]));
	json_object_set(out, "device", json_object_get(device, "name"));
	json_object_set_new(out, "handshake",
			    json_string(handshake(json_object_get(p, "handshake_age"))));
	json_object_set_new(out, "handshake_age_s", member_of(p, "handshake_age"));
	json_object_set_new(out, "bgp", member_of(ties->bgp, address));
	json_object_set_new(out, "bfd", member_of(ties->bfd, address));
	json_object_set_new(out, "held_s", member_of(ties->held, address));
	return out;
}

static json_int_t age_of(const json_t *peer)
{
	const json_t *age = json_object_get(peer, "handshake_age_s");

	return json_is_integer(age) ? json_integer_value(age) : INT64_MAX;
}

json_t *here_peers(const json_t *membership)
{
	struct ties ties = ties_of(json_object_get(membership, "bird"));
	json_t *by_address = json_object(), *list = json_array(), *peer;
	const json_t *device, *p;
	const char *address;
	size_t i, k;

	json_array_foreach(json_object_get(membership, "devices"), i, device) {
		json_array_foreach(json_object_get(device, "peers"), k, p) {
			const json_t *before;

			address = api_text(p, "address");
			if (address[0] == '\0')
				continue;
			peer = make_peer(membership, device, p, &ties);
			before = json_object_get(by_address, address);
			if (before == NULL || age_of(peer) < age_of(before))
				json_object_set(by_address, address, peer);
			json_decref(peer);
		}
	}
	json_object_foreach(by_address, address, peer) {
		json_array_append(list, peer);
	}
	json_decref(by_address);
	ties_fini(&ties);
	return list;
}

bool here_is_troubled(const json_t *peer)
{
	const char *bgp = api_text(peer, "bgp"), *bfd = api_text(peer, "bfd");

	if ((bgp[0] != '\0' && strcmp(bgp, "Established") != 0) || strcmp(bfd, "Down") == 0)
		return true;
	if (json_integer_value(json_object_get(peer, "loss_percent")) >= LOST_MUCH)
		return true;
	return strcmp(api_text(peer, "role"), "member") != 0 &&
	       strcmp(api_text(peer, "handshake"), "live") != 0;
}

/* ---- what matters first ---- */

struct ranked {
	int rank;
	unsigned long long bytes;
	json_t *peer;
};

static int rank(const json_t *peer)
{
	if (here_is_troubled(peer))
		return 0;
	if (strcmp(api_text(peer, "role"), "gateway") == 0)
		return 1;
	if (strcmp(api_text(peer, "role"), "router") == 0)
		return 2;
	if (api_text(peer, "bgp")[0] != '\0')
		return 3;
	return strcmp(api_text(peer, "handshake"), "live") == 0	 ? 4
	       : strcmp(api_text(peer, "handshake"), "old") == 0 ? 5
								 : 6;
}

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank - y->rank;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return strcmp(api_text(x->peer, "name"), api_text(y->peer, "name"));
}

static unsigned long long bytes_of(const json_t *peer)
{
	return strtoull(api_text(peer, "rx_bytes"), NULL, 10) +
	       strtoull(api_text(peer, "tx_bytes"), NULL, 10);
}

void here_sort(json_t *peers)
{
	VEC(struct ranked) all = {0};
	json_t *p;
	size_t i;

	json_array_foreach(peers, i, p) {
		vec_push(&all, (struct ranked){rank(p), bytes_of(p), json_incref(p)});
	}
	vec_sort(&all, compare);
	json_array_clear(peers);
	for (i = 0; i < all.n; i++)
		json_array_append_new(peers, all.at[i].peer);
	vec_free(&all);
}

/* ---- one by name ---- */

static bool is_meant(const json_t *peer, const char *text)
{
	const char *slash = strchr(text, '/'), *mesh = api_text(peer, "mesh");

	if (slash != NULL) {
		if (strlen(mesh) != (size_t)(slash - text) ||
		    strncmp(mesh, text, strlen(mesh)) != 0)
			return false;
		text = slash + 1;
	}
	return strcmp(api_text(peer, "name"), text) == 0 ||
	       strcmp(api_text(peer, "address"), text) == 0;
}

int here_find(struct cli *c, const json_t *status, const char *mesh, const char *peer,
	      const json_t **out)
{
	json_t *found = json_array(), *p;
	const json_t *m;
	size_t i, k;
	int code = 0;

	json_array_append_new(c->answers, found);
	json_array_foreach(json_object_get(status, "memberships"), i, m) {
		json_t *peers = here_peers(m);

		if (mesh == NULL || strcmp(api_text(m, "mesh"), mesh) == 0)
			json_array_foreach(peers, k, p) {
				if (is_meant(p, peer))
					json_array_append(found, p);
			}
		json_decref(peers);
	}
	if (json_array_size(found) == 0)
		code = fault_set(&c->fault, ERR_NOT_FOUND,
				 "this machine has no peer '%.63s'; skein peers lists them", peer);
	if (json_array_size(found) > 1)
		code = fault_set(&c->fault, ERR_USAGE,
				 "'%.63s' is a peer in several meshes, as %.63s and %.63s: say "
				 "which with --mesh",
				 peer, api_text(json_array_get(found, 0), "mesh"),
				 api_text(json_array_get(found, 1), "mesh"));
	*out = json_array_get(found, 0);
	return code;
}

/* ---- a line each ---- */

static void make_age(const json_t *peer, struct buf *out)
{
	json_int_t s = age_of(peer);

	if (s == INT64_MAX)
		buf_puts(out, "never");
	else if (s < 120)
		buf_printf(out, "%d s", (int)s);
	else if (s < 7200)
		buf_printf(out, "%d min", (int)(s / 60));
	else
		buf_printf(out, "%lld h", (long long)(s / 3600));
}

static void make_latency(const json_t *peer, struct buf *out)
{
	const json_t *us = json_object_get(peer, "latency_us");
	json_int_t loss = json_integer_value(json_object_get(peer, "loss_percent"));

	if (json_is_integer(us))
		buf_printf(out, "%.2f ms", (double)json_integer_value(us) / 1000);
	if (loss > 0)
		buf_printf(out, "%s%d %% lost", json_is_integer(us) ? ", " : "", (int)loss);
}

static void make_bgp(const json_t *peer, struct buf *out)
{
	const json_t *held = json_object_get(peer, "held_s");
	const char *bfd = api_text(peer, "bfd");

	buf_puts(out, api_text(peer, "bgp"));
	if (bfd[0] != '\0' && strcmp(bfd, "Up") != 0)
		buf_printf(out, ", BFD %s", bfd);
	if (json_is_integer(held))
		buf_printf(out, ", last for %d s", (int)json_integer_value(held));
}

const struct column here_columns[] = {{"PEER", "name", COLUMN_FLEX, NULL, NULL},
				      {"ADDRESS", "address", COLUMN_TEXT, NULL, NULL},
				      {"ROLE", "role", COLUMN_TEXT, NULL, NULL},
				      {"PATH", "path", COLUMN_TEXT, NULL, NULL},
				      {"ENDPOINT", "endpoint", COLUMN_FLEX, NULL, NULL},
				      {"HANDSHAKE", NULL, COLUMN_MADE, NULL, make_age},
				      {"LATENCY", NULL, COLUMN_MADE, NULL, make_latency},
				      {"BGP", NULL, COLUMN_MADE, NULL, make_bgp},
				      {0}};
