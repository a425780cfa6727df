/* `skein bgp trace SRC DST`: a packet's way through machines and meshes, from their tables: what
 * BIRD, the kernel and WireGuard of each do with it, until a machine that delivers it, or that does
 * not. Each also asks the next one for an echo. */
#include <inttypes.h>
#include <string.h>

#include "cli/bgp/bgp.h"
#include "cli/bgp/page.h"
#include "cli/bgp/trace.h"
#include "cli/explain/explain.h"
#include "cli/hop/hop.h"

struct trace {
	struct explain_end from, to;
	struct way way;
};

static const char *or_else(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

/* ---- text ---- */

static void put_way(struct buf *out, const char *gateway, const char *device)
{
	if (gateway != NULL)
		buf_printf(out, " via %s", gateway);
	if (device != NULL)
		buf_printf(out, " on %s", device);
}

static void print_rib(const struct output *o, const struct hop_rib *r)
{
	struct buf text;

	if (r->mesh == NULL)
		return;
	buf_init(&text);
	if (r->error != NULL || r->prefix == NULL)
		buf_puts(&text, or_else(r->error, "no route"));
	else
		buf_printf(&text, "%s from %s, %s", r->prefix,
			   or_else(r->from, or_else(r->protocol, "?")), or_else(r->type, "?"));
	put_way(&text, r->gateway, r->device);
	page_field(o, 3, "BIRD", "%s%s", buf_text(&text),
		   r->not_in_kernel ? ", not in the kernel" : "");
	buf_fini(&text);
}

static void print_fib(const struct output *o, const struct hop_fib *f)
{
	struct buf text;

	buf_init(&text);
	if (f->error != NULL)
		buf_puts(&text, f->error);
	else
		buf_printf(&text, "%s %s", or_else(f->type, "?"), or_else(f->prefix, "?"));
	put_way(&text, f->gateway, f->device);
	if (f->table != 0)
		buf_printf(&text, ", table %" PRIi64, f->table);
	page_field(o, 3, "kernel", "%s%s%s", buf_text(&text),
		   f->rule.text != NULL ? ", by rule " : "", or_else(f->rule.text, ""));
	buf_fini(&text);
}

static void print_peer(const struct output *o, const struct hop_peer *p)
{
	if (p->device == NULL)
		return;
	if (p->name == NULL)
		page_field(o, 3, "WireGuard", "%s: no peer has the address", p->device);
	else
		page_field(o, 3, "WireGuard", "%s: %s has %s, endpoint %s", p->device, p->name,
			   or_else(p->allowed, "no such address"), or_else(p->endpoint, "unknown"));
}

static void print_step(const struct output *o, size_t number, const struct step *s)
{
	const struct hop *h = &s->hop;

	page_line(o, PAGE_BOLD, "%zu. %s%s%s", number, s->machine,
		  h->arrival.mesh != NULL ? ", by " : "", or_else(h->arrival.mesh, ""));
	if (s->error != NULL) {
		page_field(o, 3, "unknown", "%s", s->error);
		return;
	}
	print_rib(o, &h->rib);
	print_fib(o, &h->fib);
	print_peer(o, &h->peer);
}

static void print_end(const struct output *o, const struct trace *t)
{
	const struct finding *stop = walk_stop(&t->way);
	const struct step *last = walk_last(&t->way);

	if (stop != NULL) {
		page_line(o, PAGE_BAD, "%s stops it, %s: %s", last->machine,
			  layer_title(stop->layer), or_else(stop->evidence, "no more is known"));
		if (stop->advice != NULL)
			page_field(o, 2, "look at", "%s", stop->advice);
	} else if (t->way.end == WAY_ARRIVES) {
		page_line(o, PAGE_GOOD, "%s %s", last->machine,
			  strcmp(last->hop.delivered, "here") == 0
				  ? "has the destination"
				  : "sends it on to a network of its own");
	} else {
		page_line(o, PAGE_BAD, "how it goes on from here is not known");
	}
}

/* ---- JSON ---- */

static json_t *stop_json(const struct trace *t)
{
	const struct finding *stop = walk_stop(&t->way);

	if (stop == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:o}", "machine", walk_last(&t->way)->machine, "layer",
			 layer_name(stop->layer), "evidence",
			 bgp_text_json(or_else(stop->evidence, "")), "advice",
			 bgp_text_json(or_else(stop->advice, "")));
}

static json_t *trace_json(const struct trace *t)
{
	static const char *const ends[] = {[WAY_NOT_ASKED] = "unknown",
					   [WAY_ARRIVES] = "arrives",
					   [WAY_STOPS] = "stops",
					   [WAY_UNKNOWN] = "unknown"};
	json_t *hops = json_array();
	char to[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < t->way.n; i++) {
		const struct step *s = &t->way.steps[i];

		json_array_append_new(
			hops, json_pack("{s:s, s:o, s:o}", "machine", s->machine, "error",
					bgp_text_json(or_else(s->error, "")), "evidence",
					s->error == NULL ? hop_json(&s->hop) : json_null()));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "schema", BGP_SCHEMA, "from",
			 t->from.text, "to", t->to.text, "address",
			 address_format(&t->to.address, to), "end", ends[t->way.end], "stop",
			 stop_json(t), "hops", hops);
}

/* ---- the verb ---- */

static void say(struct cli *c, const struct trace *t)
{
	if (c->out.json) {
		json_t *o = trace_json(t);

		output_json(&c->out, o);
		json_decref(o);
		return;
	}
	for (size_t i = 0; i < t->way.n; i++)
		print_step(&c->out, i + 1, &t->way.steps[i]);
	print_end(&c->out, t);
}

int bgp_trace(struct cli *c, const struct invocation *in)
{
	static const struct address own;
	struct trace *t = arena_alloc(&c->arena, sizeof(*t));
	int code;

	t->from.text = in->args[0];
	t->to.text = in->args[1];
	code = explain_resolve(c, &t->from, &t->to);
	if (code != 0)
		return code;
	walk_go(t->from.machine, t->from.named ? &own : &t->from.address, &t->to.address,
		explain_ask_there, c, &c->arena, &t->way);
	say(c, t);
	if (t->way.end == WAY_ARRIVES)
		return 0;
	return fault_set(&c->fault, t->way.end == WAY_STOPS ? ERR_CHECK : ERR_UNREACHABLE,
			 "%s to %s: %s", t->from.text, t->to.text,
			 t->way.end == WAY_STOPS ? "it does not arrive"
						 : "not all of the way could be asked");
}
