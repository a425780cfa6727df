/* The evidence for people. */
#include <inttypes.h>
#include <string.h>

#include "cli/bgp/age.h"
#include "cli/bgp/page.h"
#include "cli/hop/command.h"

static const char *or_else(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

static void print_owners(const struct hop_intent *i, struct buf *out)
{
	const struct hop_owner *o = i->owners.at;

	for (size_t k = 0; k < i->owners.n && k < 4; k++)
		buf_printf(out, "%s%s (%s, %s)", k > 0 ? ", " : "", o[k].name, o[k].address,
			   o[k].role);
	if (i->owners.n > 4)
		buf_printf(out, " and %zu more", i->owners.n - 4);
}

static void print_intent(const struct output *o, const struct hop_intent *i)
{
	struct buf who;

	if (i->mesh == NULL) {
		page_field(o, 2, "intent", "in no mesh of this machine, and in no prefix of one");
		return;
	}
	buf_init(&who);
	print_owners(i, &who);
	page_field(o, 2, "intent", "%s %s of %s%s%s%s", i->kind, i->prefix, i->mesh,
		   who.len > 0 ? ", by " : "", buf_text(&who),
		   i->permitted || strcmp(i->kind, "nobody") == 0 ? "" : ": not permitted");
	buf_fini(&who);
}

static void print_rib(const struct output *o, const struct hop_rib *r)
{
	const struct hop_session *s = r->sessions.at;

	if (r->mesh == NULL)
		return;
	if (r->error != NULL)
		page_field(o, 2, "BIRD", "%s", r->error);
	else if (r->prefix == NULL)
		page_field(o, 2, "BIRD", "no route");
	else
		page_field(o, 2, "BIRD", "%s by %s: %s%s%s%s%s", r->prefix, r->protocol,
			   r->gateway != NULL || r->device != NULL ? "via " : r->type,
			   or_else(r->gateway, ""),
			   r->gateway != NULL && r->device != NULL ? " on " : "",
			   or_else(r->device, ""), r->not_in_kernel ? ", not in the kernel" : "");
	for (size_t i = 0; i < r->sessions.n; i++)
		page_field(o, 2, i == 0 ? "sessions" : "", "%s %s: %s%s%s", s[i].name,
			   or_else(s[i].neighbor, ""), s[i].state, s[i].error != NULL ? ", " : "",
			   or_else(s[i].error, ""));
}

static void print_fib(const struct output *o, const struct hop_fib *f)
{
	if (f->error != NULL)
		page_field(o, 2, "kernel", "%s", f->error);
	else
		page_field(o, 2, "kernel",
			   "%s %s%s%s%s%s, table %" PRId64 ", metric %" PRId64 ", by %s", f->type,
			   f->prefix, f->gateway != NULL ? " via " : "", or_else(f->gateway, ""),
			   f->device != NULL ? " on " : "", or_else(f->device, ""), f->table,
			   f->metric, f->protocol);
	if (f->rule.text != NULL)
		page_field(o, 2, "rule", "%s", f->rule.text);
	if (f->mesh_table != 0 && f->mesh_table != f->table)
		page_field(o, 2, "mesh's table", "%" PRId64 ": %s; %s", f->mesh_table,
			   or_else(f->mesh_route, "no route"),
			   or_else(f->mesh_rule.text, "no rule leads there"));
}

static void print_peer(const struct output *o, const char *label, const struct hop_peer *p)
{
	char age[AGE_TEXT_MAX];

	if (p->device == NULL)
		return;
	if (p->name == NULL) {
		page_field(o, 2, label, "%s: no peer has the address", p->device);
		return;
	}
	page_field(o, 2, label,
		   "%s: %s, allowed IP %s%s%s; endpoint %s; handshake %s; in %" PRIu64
		   ", out %" PRIu64 " bytes",
		   p->device, p->name, or_else(p->allowed, "none"),
		   p->other != NULL ? ", which is with " : "", or_else(p->other, ""),
		   or_else(p->endpoint, "unknown"),
		   p->greeted ? age_format(p->handshake_age_s, "", age) : "never", p->rx_bytes,
		   p->tx_bytes);
}

static void print_arrival(const struct output *o, const struct hop_arrival *a)
{
	if (a->mesh == NULL)
		return;
	page_field(o, 2, "comes from", "%s in %s; the guard: %s", a->from, a->mesh, a->guard);
	print_peer(o, "", &a->peer);
}

static void print_probe(const struct output *o, const char *label, const struct hop_probe *p)
{
	if (p->asked && p->answered)
		page_field(o, 2, label, "answered in %" PRId64 ".%03" PRId64 " ms",
			   p->rtt_us / 1000, p->rtt_us % 1000);
	else if (p->asked)
		page_field(o, 2, label, "no answer%s",
			   p->heard ? ", but WireGuard heard something of it" : "");
}

void hop_print(const struct output *o, const struct hop *h)
{
	page_line(o, PAGE_BOLD, "%s: from %s to %s", h->machine, or_else(h->from, "no address"),
		  h->to);
	if (h->agent.answer != NULL && strcmp(h->agent.answer, "yes") != 0)
		page_field(o, 2, "agent", "%s: %s", h->agent.answer, or_else(h->agent.error, ""));
	else if (h->agent.error != NULL)
		page_field(o, 2, "agent", "%s: %s", h->agent.state, h->agent.error);
	print_arrival(o, &h->arrival);
	print_intent(o, &h->intent);
	print_rib(o, &h->rib);
	print_fib(o, &h->fib);
	print_peer(o, "WireGuard", &h->peer);
	if (h->firewall != NULL)
		page_field(o, 2, "firewall", "%s drops it", h->firewall);
	if (strcmp(h->delivered, "next") == 0 && h->next.machine != NULL)
		page_field(o, 2, "next", "%s in %s", h->next.machine, h->next.mesh);
	else
		page_field(o, 2, "next",
			   strcmp(h->delivered, "here") == 0  ? "delivered here"
			   : strcmp(h->delivered, "lan") == 0 ? "leaves the mesh here"
							      : "goes nowhere");
	print_probe(o, "next's echo", &h->probe);
	print_probe(o, "its echo", &h->end);
}
