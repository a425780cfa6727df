#include "cli/explain/layer.h"

#include <inttypes.h>
#include <string.h>

/* WireGuard's: a session is good for so long (REJECT_AFTER_TIME). */
#define HANDSHAKE_GOOD_S 180

#define AGENT_ADVICE "the agent puts it back when it runs: systemctl status skein-agent on %s"

static bool is(const char *text, const char *word)
{
	return text != NULL && strcmp(text, word) == 0;
}

static const char *or_else(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

static bool goes_on(const struct hop *h)
{
	return is(h->delivered, "next");
}

/* Whether the kernel does with it what was meant. */
static bool is_forwarded_well(const struct hop *h)
{
	if (is(h->intent.kind, "here"))
		return is(h->delivered, "here") || is(h->delivered, "lan") || goes_on(h);
	return goes_on(h);
}

static bool found(struct finding *out, enum verdict verdict, const char *evidence,
		  const char *advice)
{
	out->verdict = verdict;
	out->evidence = evidence;
	out->advice = advice;
	return true;
}

static const char *names_of(const struct hop *h, struct arena *a)
{
	const struct hop_owner *o = h->intent.owners.at;
	const char *list = "";

	for (size_t i = 0; i < h->intent.owners.n && i < 4; i++)
		list = arena_printf(a, "%s%s%s", list, i > 0 ? ", " : "", o[i].name);
	return h->intent.owners.n > 4 ? arena_printf(a, "%s, …", list) : list;
}

/* ---- machine and mesh ---- */

static bool judge_machine(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_intent *i = &h->intent;

	if (is(i->kind, "nobody"))
		return found(
			out, VERDICT_STOPS,
			arena_printf(a, "no machine of mesh %s has %s", i->mesh, h->to),
			"skein machine list says who is where; the machine may have left, been "
			"revoked, or be frozen");
	if (is(h->agent.state, "refused") || is(h->agent.state, "waiting"))
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "mesh %s is not up here: %s", or_else(i->mesh, "?"),
					  or_else(h->agent.error, h->agent.state)),
			     arena_printf(a, "skein-agent status on %s", h->machine));
	if (i->mesh == NULL)
		return found(out, VERDICT_OK, "", NULL);
	if (is(i->kind, "here"))
		return found(
			out, VERDICT_OK,
			arena_printf(a, "%s is in %s, which is this machine's", h->to, i->prefix),
			NULL);
	return found(out, VERDICT_OK,
		     arena_printf(a, "%s is in %s, %s %s in mesh %s", h->to, i->prefix,
				  is(i->kind, "remote") ? "reached by" : "of", names_of(h, a),
				  i->mesh),
		     NULL);
}

/* ---- what another machine handed on ---- */

static bool judge_acceptance(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_arrival *r = &h->arrival;

	if (r->mesh == NULL)
		return false;
	if (r->peer.device == NULL || r->peer.name == NULL)
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "no WireGuard device of mesh %s has %s as a peer",
					  r->mesh, r->from),
			     arena_printf(a, AGENT_ADVICE, h->machine));
	if (r->peer.allowed == NULL)
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "%s takes nothing from %s with source %s%s%s",
					  r->peer.device, r->from, h->from,
					  r->peer.other != NULL ? ", which belongs to " : "",
					  or_else(r->peer.other, "")),
			     arena_printf(a,
					  "if %s should send it: skein prefix list; else "
					  "the agent puts it right when it runs",
					  r->from));
	return found(out, VERDICT_OK,
		     arena_printf(a, "%s on %s may send from %s", r->from, r->peer.device,
				  r->peer.allowed),
		     NULL);
}

/* ---- permission ---- */

static bool judge_guard(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_arrival *r = &h->arrival;

	if (is(r->guard, "drop"))
		return found(
			out, VERDICT_STOPS,
			arena_printf(a, "the guard lets nothing from %s to %s", h->from, h->to),
			"skein peering list and skein prefix list say what may pass");
	if (is(r->guard, "icmp-error"))
		return found(out, VERDICT_STOPS,
			     arena_printf(a,
					  "the guard lets only ICMP errors from %s to %s: the "
					  "peering does not name them",
					  h->from, h->to),
			     "skein peering set adds what it is to name");
	return found(out, VERDICT_OK,
		     r->peering != NULL
			     ? arena_printf(a, "the guard passes it, by peering %s", r->peering)
			     : "the guard passes it, within the mesh",
		     NULL);
}

static bool judge_permission(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_intent *i = &h->intent;

	if (is(i->kind, "outside"))
		return found(out, VERDICT_STOPS,
			     arena_printf(a,
					  "%s is in no mesh of this machine, in no mesh that is "
					  "peered with one, and in no approved prefix",
					  h->to),
			     "skein peering create joins two meshes, skein prefix approve lets a "
			     "machine announce what is behind it");
	if (h->arrival.mesh != NULL)
		return judge_guard(h, a, out);
	if (!i->permitted && is(i->kind, "remote"))
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "the peering with %s does not show %s to mesh %s",
					  i->prefix, h->to, i->mesh),
			     "skein peering set adds it");
	if (!i->permitted && is(i->kind, "prefix"))
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "%s is for some machines only, and this is none",
					  i->prefix),
			     "skein prefix list says for whom; skein prefix approve changes it");
	return found(out, VERDICT_OK,
		     i->peering != NULL ? arena_printf(a, "peering %s shows %s to %s", i->peering,
						       i->prefix, i->mesh)
					: arena_printf(a, "all of mesh %s may", i->mesh),
		     NULL);
}

/* ---- BGP ---- */

static size_t count_up(const struct hop_rib *r, struct arena *a, const char **down)
{
	const struct hop_session *s = r->sessions.at;
	size_t up = 0;

	*down = "";
	for (size_t i = 0; i < r->sessions.n; i++) {
		up += s[i].up;
		if (!s[i].up)
			*down = arena_printf(
				a, "%s%s%s is %s%s%s", *down, (*down)[0] != '\0' ? ", " : "",
				or_else(s[i].neighbor, s[i].name), or_else(s[i].state, "down"),
				s[i].error != NULL ? ": " : "", or_else(s[i].error, ""));
	}
	return up;
}

static bool judge_session(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_rib *r = &h->rib;
	const bool needed = h->intent.learned && !is_forwarded_well(h);
	const char *down;
	size_t up;

	if (r->mesh == NULL || is(h->intent.kind, "here"))
		return false;
	if (r->error != NULL)
		return found(out, needed ? VERDICT_STOPS : VERDICT_WARNS,
			     arena_printf(a, "BIRD of mesh %s: %s", r->mesh, r->error),
			     arena_printf(a,
					  "the agent starts it again: journalctl -u "
					  "skein-agent on %s",
					  h->machine));
	if (r->sessions.n == 0)
		return false;
	up = count_up(r, a, &down);
	if (up < r->sessions.n)
		return found(out, up == 0 && needed ? VERDICT_STOPS : VERDICT_WARNS, down,
			     arena_printf(a, "skein bgp neighbors on %s", h->machine));
	return found(out, VERDICT_OK, arena_printf(a, "%zu of %zu established", up, r->sessions.n),
		     NULL);
}

static bool judge_best(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_rib *r = &h->rib;

	if (r->mesh == NULL || r->error != NULL || is(h->intent.kind, "here") ||
	    (!h->intent.learned && r->prefix == NULL))
		return false;
	if (r->prefix == NULL || (!is(r->type, "unicast") && h->intent.learned))
		return found(out, is_forwarded_well(h) ? VERDICT_WARNS : VERDICT_STOPS,
			     r->prefix == NULL
				     ? arena_printf(a, "BIRD has no route to %s", h->to)
				     : arena_printf(a, "BIRD's route %s is %s", r->prefix, r->type),
			     arena_printf(a,
					  "skein bgp routes --rejected on %s; does who has it "
					  "announce it (skein-agent status there)?",
					  h->machine));
	return found(out, VERDICT_OK,
		     arena_printf(a, "%s by %s, via %s", r->prefix, r->protocol,
				  or_else(r->gateway, or_else(r->device, or_else(r->type, "?")))),
		     NULL);
}

/* ---- kernel ---- */

static bool judge_rule(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_fib *f = &h->fib;

	if (is_forwarded_well(h))
		return f->rule.text == NULL ? false : found(out, VERDICT_OK, f->rule.text, NULL);
	if (f->mesh_table == 0)
		return false;
	if (f->mesh_rule.text == NULL)
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "no rule leads this packet to table %" PRId64,
					  f->mesh_table),
			     arena_printf(a, AGENT_ADVICE, h->machine));
	if (f->rule.text != NULL && f->rule.priority < f->mesh_rule.priority)
		return found(out, VERDICT_STOPS,
			     arena_printf(a,
					  "rule %s comes before the one to table %" PRId64 ", %s",
					  f->rule.text, f->mesh_table, f->mesh_rule.text),
			     arena_printf(a, AGENT_ADVICE, h->machine));
	return found(out, VERDICT_OK, f->mesh_rule.text, NULL);
}

static bool judge_lost_route(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_fib *f = &h->fib;
	const char *way = f->error != NULL ? f->error
			  : f->device != NULL
				  ? arena_printf(a, "%s %s on %s, outside of the mesh", f->type,
						 f->prefix, f->device)
				  : arena_printf(a, "%s %s", or_else(f->type, "no route"),
						 or_else(f->prefix, ""));

	if (f->mesh_table != 0)
		way = arena_printf(a, "%s; table %" PRId64 " has %s", way, f->mesh_table,
				   or_else(f->mesh_route, "no route"));
	return found(out, VERDICT_STOPS, way,
		     is(h->intent.kind, "here")
			     ? arena_printf(a,
					    "ip route get %s on %s: this machine has to reach "
					    "what it announces",
					    h->to, h->machine)
			     : arena_printf(a, AGENT_ADVICE, h->machine));
}

static bool judge_route(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_fib *f = &h->fib;
	const char *way;

	if (!is_forwarded_well(h))
		return judge_lost_route(h, a, out);
	if (is(h->delivered, "here"))
		return found(out, VERDICT_OK, "delivered to this machine", NULL);
	way = arena_printf(a, "%s%s%s on %s, table %" PRId64 ", metric %" PRId64, f->prefix,
			   f->gateway != NULL ? " via " : "", or_else(f->gateway, ""),
			   or_else(f->device, "no device"), f->table, f->metric);
	if (h->intent.learned && goes_on(h) && h->rib.prefix != NULL && !is(f->protocol, "bird"))
		return found(
			out, VERDICT_WARNS,
			arena_printf(a, "%s; BIRD's %s is not in the kernel", way, h->rib.prefix),
			arena_printf(a, "skein bgp route %s on %s", h->to, h->machine));
	return found(out, VERDICT_OK, way, NULL);
}

static bool judge_firewall(const struct hop *h, struct arena *a, struct finding *out)
{
	if (h->firewall == NULL)
		return false;
	return found(out, VERDICT_STOPS,
		     arena_printf(a, "this machine's own firewall drops it: %s", h->firewall),
		     "accept there what comes from the mesh; docs/operations.md says what Skein "
		     "needs");
}

/* ---- WireGuard ---- */

static bool judge_allowed(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_peer *p = &h->peer;

	if (!goes_on(h))
		return false;
	if (p->name == NULL)
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "no peer of %s has %s",
					  or_else(p->device, "WireGuard"), h->to),
			     arena_printf(a, AGENT_ADVICE, h->machine));
	if (p->allowed == NULL)
		return found(out, VERDICT_STOPS,
			     p->other != NULL
				     ? arena_printf(a, "on %s %s belongs to %s, not to %s",
						    p->device, h->to, p->other, p->name)
				     : arena_printf(a, "on %s the allowed IPs of %s do not have %s",
						    p->device, p->name, h->to),
			     arena_printf(a, AGENT_ADVICE, h->machine));
	return found(out, VERDICT_OK,
		     arena_printf(a, "%s of %s on %s", p->allowed, p->name, p->device), NULL);
}

static const char *age_text(const struct hop_peer *p, struct arena *a)
{
	return p->greeted ? arena_printf(a, "last handshake %" PRId64 " s ago", p->handshake_age_s)
			  : "no handshake yet";
}

/* Nothing wakes a tunnel that nobody uses: an old handshake says something only when a packet has
 * begun no new one. */
static bool judge_handshake(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_peer *p = &h->peer;
	const bool good = p->greeted && p->handshake_age_s <= HANDSHAKE_GOOD_S;

	if (!goes_on(h))
		return false;
	if (good)
		return found(out, VERDICT_OK, age_text(p, a), NULL);
	if (p->endpoint == NULL)
		return false; /* the path says why */
	if (h->probe.asked && !h->probe.answered && !h->probe.heard)
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "%s, and what was sent to %s at %s began none",
					  age_text(p, a), p->name, p->endpoint),
			     arena_printf(a,
					  "is %s up, does it have this machine's key, does UDP "
					  "to %s pass? skein-agent status there",
					  p->name, p->endpoint));
	return found(out, h->probe.asked ? VERDICT_OK : VERDICT_UNKNOWN,
		     arena_printf(a, "%s; nobody needed one", age_text(p, a)), NULL);
}

static bool judge_path(const struct hop *h, struct arena *a, struct finding *out)
{
	const struct hop_peer *p = &h->peer;

	if (!goes_on(h))
		return false;
	if (p->endpoint == NULL && !h->probe.answered)
		return found(out, VERDICT_STOPS,
			     arena_printf(a, "no address of %s is known, and it has not called",
					  p->name),
			     "one side has to be reachable: endpoints in its agent.conf");
	if (!h->probe.asked)
		return found(out, VERDICT_UNKNOWN, or_else(p->endpoint, "no endpoint"), NULL);
	if (h->probe.answered)
		return found(out, VERDICT_OK,
			     arena_printf(a, "%s at %s answers in %" PRId64 ".%02" PRId64 " ms",
					  p->name, or_else(p->endpoint, "?"),
					  h->probe.rtt_us / 1000, h->probe.rtt_us % 1000 / 10),
			     NULL);
	if (h->probe.heard)
		return found(out, VERDICT_WARNS,
			     arena_printf(a, "%s at %s is heard, but answers no echo", p->name,
					  p->endpoint),
			     arena_printf(a, "the firewall of %s may drop it", p->name));
	return found(out, VERDICT_STOPS,
		     arena_printf(a, "nothing comes back from %s at %s", p->name, p->endpoint),
		     arena_printf(a, "the network between does not pass UDP to %s, or back",
				  p->endpoint));
}

/* ---- the table ---- */

static const struct {
	const char *name, *title;
	/* False: the packet does not meet it here. */
	bool (*judge)(const struct hop *h, struct arena *a, struct finding *out);
} layers[LAYER_COUNT] = {
	[LAYER_MACHINE] = {"machine", "machine, mesh", judge_machine},
	[LAYER_ACCEPTANCE] = {"acceptance", "acceptance", judge_acceptance},
	[LAYER_PERMISSION] = {"permission", "permission", judge_permission},
	[LAYER_SESSION] = {"session", "BGP session", judge_session},
	[LAYER_BEST] = {"best-path", "best path", judge_best},
	[LAYER_RULE] = {"kernel-rule", "kernel rule", judge_rule},
	[LAYER_ROUTE] = {"kernel-route", "kernel route", judge_route},
	[LAYER_FIREWALL] = {"firewall", "firewall", judge_firewall},
	[LAYER_ALLOWED] = {"allowed-ips", "allowed IPs", judge_allowed},
	[LAYER_HANDSHAKE] = {"handshake", "handshake", judge_handshake},
	[LAYER_PATH] = {"path", "path", judge_path},
};

const char *layer_name(enum layer l)
{
	return layers[l].name;
}

const char *layer_title(enum layer l)
{
	return layers[l].title;
}

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {[VERDICT_OK] = "ok",
					    [VERDICT_WARNS] = "warns",
					    [VERDICT_UNKNOWN] = "unknown",
					    [VERDICT_STOPS] = "stops"};

	return names[v];
}

size_t layers_judge(const struct hop *h, struct arena *a, struct finding out[LAYER_COUNT])
{
	size_t n = 0;

	for (enum layer l = 0; l < LAYER_COUNT; l++) {
		out[n] = (struct finding){.layer = l};
		if (layers[l].judge(h, a, &out[n]) && out[n++].verdict == VERDICT_STOPS)
			break;
	}
	return n;
}
