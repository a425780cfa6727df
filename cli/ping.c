/* `skein ping`: how long a packet takes to a peer and back inside the mesh, and which way it went:
 * over which device, to which endpoint. */
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/api.h"
#include "cli/here.h"
#include "cli/peers.h"
#include "lib/base/clock.h"
#include "lib/net/icmp_echo.h"

#define COUNT	    5
#define INTERVAL_MS 1000
#define TIMEOUT_MS  2000
#define LOOK_MS	    1000 /* the way is looked up anew for each packet, but not more often */

const struct option_row ping_options[] = {
	{"mesh", 'm', OPTION_TEXT, offsetof(struct ping_options, mesh), "MESH",
	 "of which mesh, where several have such a peer", 0, 0},
	{"count", 'c', OPTION_NUMBER, offsetof(struct ping_options, count), "N",
	 "so many packets; 5 if not given", 1, 1000000},
	{"interval", 'i', OPTION_NUMBER, offsetof(struct ping_options, interval), "MS",
	 "so long from one to the next; 1000 if not given", 20, 3600000},
	{"timeout", 'w', OPTION_NUMBER, offsetof(struct ping_options, timeout), "MS",
	 "an answer that takes longer is lost; 2000 if not given", 1, 60000},
	{0}};

struct probe {
	const json_t *peer; /* as it was when this packet went */
	int64_t us;	    /* -1: lost */
	const char *error;  /* why it was not sent; NULL: it was */
};

struct ping {
	struct cli *cli;
	struct ping_options o;
	const char *name;
	struct icmp_echo socket;
	const json_t *peer;
	struct mono looked;
	json_t *probes;
	int64_t received, least, most, sum;
};

/* The peer, as the agent knows it now. When the agent is gone, as it was. */
static int look(struct ping *p)
{
	const json_t *status, *peer;
	int code;

	if (p->peer != NULL && mono_ms_between(p->looked, mono_now()) < LOOK_MS)
		return 0;
	code = here_read(p->cli, &status);
	if (code == 0)
		code = here_find(p->cli, status, p->o.mesh, p->name, &peer);
	if (code == 0)
		p->peer = peer;
	p->looked = mono_now();
	return p->peer != NULL ? 0 : code;
}

static bool await_answer(const struct ping *p, const struct icmp_echo_request *r, int64_t sent,
			 struct icmp_echo_reply *out)
{
	struct mono deadline = mono_add_ms(mono_now(), p->o.timeout);

	for (;;) {
		int64_t left = mono_ms_between(mono_now(), deadline);
		struct pollfd fd = {p->socket.fd, POLLIN, 0};

		if (left <= 0 || poll(&fd, 1, (int)left) <= 0)
			return false;
		while (icmp_echo_receive(&p->socket, out))
			if (out->sequence == r->sequence && address_equal(&out->from, &r->to) &&
			    out->at_ns >= sent)
				return true;
	}
}

static void send_one(struct ping *p, uint16_t sequence, struct probe *out)
{
	struct icmp_echo_request r = {.sequence = sequence};
	struct icmp_echo_reply reply;
	struct fault f = {0};
	int64_t sent;

	*out = (struct probe){.peer = p->peer, .us = -1};
	r.device = (int)if_nametoindex(api_text(p->peer, "device"));
	if (address_parse(api_text(p->peer, "address"), &r.to, &f) != 0)
		return;
	sent = icmp_echo_now();
	if (icmp_echo_send(&p->socket, &r, &f) != 0)
		out->error = arena_strdup(&p->cli->arena, f.text);
	else if (await_answer(p, &r, sent, &reply))
		out->us = (reply.at_ns - sent) / 1000;
}

static void note(struct ping *p, const struct probe *x, int64_t sequence)
{
	json_array_append_new(
		p->probes, json_pack("{s:I, s:o, s:O, s:O, s:s?}", "sequence", (json_int_t)sequence,
				     "latency_us", x->us >= 0 ? json_integer(x->us) : json_null(),
				     "device", json_object_get(x->peer, "device"), "endpoint",
				     json_object_get(x->peer, "endpoint"), "error", x->error));
	if (x->us < 0)
		return;
	if (p->received == 0 || x->us < p->least)
		p->least = x->us;
	if (p->received == 0 || x->us > p->most)
		p->most = x->us;
	p->received++;
	p->sum += x->us;
}

static void say(const struct ping *p, const struct probe *x, int64_t sequence)
{
	const char *endpoint = api_text(x->peer, "endpoint");

	if (x->error != NULL)
		output_remark(&p->cli->out, "%lld: %s", (long long)sequence, x->error);
	else if (x->us < 0)
		output_remark(&p->cli->out, "%lld: no answer over %s, %s", (long long)sequence,
			      api_text(x->peer, "device"),
			      endpoint[0] != '\0' ? endpoint : "which knows no endpoint");
	else
		output_remark(&p->cli->out, "%lld: %.3f ms over %s, %s", (long long)sequence,
			      (double)x->us / 1000, api_text(x->peer, "device"), endpoint);
	fflush(p->cli->out.to);
}

static json_t *us_or_null(const struct ping *p, int64_t us)
{
	return p->received > 0 ? json_integer(us) : json_null();
}

static void say_sum(const struct ping *p)
{
	int64_t loss = (p->o.count - p->received) * 100 / p->o.count;
	json_t *all;

	if (!p->cli->out.json) {
		output_remark(&p->cli->out, "%lld sent, %lld answered, %lld %% lost",
			      (long long)p->o.count, (long long)p->received, (long long)loss);
		if (p->received > 0)
			output_remark(&p->cli->out, "least %.3f ms, average %.3f ms, most %.3f ms",
				      (double)p->least / 1000,
				      (double)p->sum / (double)p->received / 1000,
				      (double)p->most / 1000);
		return;
	}
	all = json_pack("{s:s, s:O, s:O, s:I, s:I, s:I, s:o, s:o, s:o}", "schema", PEERS_SCHEMA,
			"peer", p->peer, "probes", p->probes, "sent", (json_int_t)p->o.count,
			"answered", (json_int_t)p->received, "loss_percent", (json_int_t)loss,
			"least_us", us_or_null(p, p->least), "average_us",
			us_or_null(p, p->received > 0 ? p->sum / p->received : 0), "most_us",
			us_or_null(p, p->most));
	output_json(&p->cli->out, all);
	json_decref(all);
}

static int run(struct ping *p)
{
	int code = 0;

	output_remark(&p->cli->out, "%s %s in %s", api_text(p->peer, "name"),
		      api_text(p->peer, "address"), api_text(p->peer, "mesh"));
	for (int64_t i = 1; i <= p->o.count && code == 0; i++) {
		struct mono next = mono_add_ms(mono_now(), p->o.interval);
		struct probe x;
		int64_t left;

		send_one(p, (uint16_t)i, &x);
		note(p, &x, i);
		say(p, &x, i);
		if (i == p->o.count)
			break;
		left = mono_ms_between(mono_now(), next);
		if (left > 0)
			poll(NULL, 0, (int)left);
		code = look(p);
	}
	say_sum(p);
	if (p->received == 0)
		return fault_set(&p->cli->fault, ERR_TIMEOUT, "%s does not answer",
				 api_text(p->peer, "name"));
	return code;
}

int peers_ping(struct cli *c, const struct invocation *in)
{
	const struct ping_options *o = in->options;
	struct ping p = {.cli = c, .o = *o, .name = in->args[0], .socket = {.fd = -1}};
	int code;

	p.o.count = o->count != 0 ? o->count : COUNT;
	p.o.interval = o->interval != 0 ? o->interval : INTERVAL_MS;
	p.o.timeout = o->timeout != 0 ? o->timeout : TIMEOUT_MS;
	p.probes = json_array();
	json_array_append_new(c->answers, p.probes);
	code = look(&p);
	if (code == 0)
		code = icmp_echo_open(&p.socket, &c->fault);
	if (code == 0)
		code = run(&p);
	icmp_echo_close(&p.socket);
	return code;
}
