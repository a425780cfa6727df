/* `skein bgp bfd`: the sessions that notice within tenths of a second that a neighbour is gone. */
#include <string.h>

#include "cli/bgp/bgp.h"
#include "lib/base/json.h"
#include "lib/net/bird_parse_bfd.h"

static void put_ms(const json_t *item, const char *name, struct buf *out)
{
	buf_printf(out, "%g ms", json_number_value(json_object_get(item, name)));
}

static void put_interval(const json_t *item, struct buf *out)
{
	put_ms(item, "interval_ms", out);
}

static void put_timeout(const json_t *item, struct buf *out)
{
	put_ms(item, "timeout_ms", out);
}

static const struct column columns[] = {{"ADDRESS", "address", COLUMN_FLEX, NULL, NULL},
					{"DEVICE", "device", COLUMN_TEXT, NULL, NULL},
					{"UP", "up", COLUMN_GOOD, "yes|no", NULL},
					{"STATE", "state", COLUMN_TEXT, NULL, NULL},
					{"FOR", NULL, COLUMN_MADE, NULL, bgp_put_age},
					{"INTERVAL", NULL, COLUMN_MADE, NULL, put_interval},
					{"NOTICES AFTER", NULL, COLUMN_MADE, NULL, put_timeout},
					{"NEIGHBOR", "neighbor", COLUMN_FLEX, NULL, NULL},
					{"BY", "protocol", COLUMN_TEXT, NULL, NULL},
					{0}};

/* The BGP session with that address, if there is one. */
static json_t *neighbor_of(const struct bgp *b, const struct address *address)
{
	for (size_t i = 0; i < b->protocols.list.n; i++)
		if (bgp_is_session(&b->protocols.list.at[i]) &&
		    address_equal(&b->protocols.list.at[i].neighbour, address))
			return json_text(b->protocols.list.at[i].name);
	return json_null();
}

static json_t *session_json(const struct bgp *b, const struct bird_bfd_session *s)
{
	char address[ADDRESS_TEXT_MAX];

	return json_pack("{s:o, s:s, s:o, s:b, s:o, s:o, s:o, s:f, s:f, s:o}", "protocol",
			 json_text(s->protocol), "address", address_format(&s->address, address),
			 "device", bgp_text_json(s->device), "up", strcmp(s->state, "Up") == 0,
			 "state", json_text(s->state), "since", json_text(s->since), "age_s",
			 bgp_age_json(b, s->since), "interval_ms", s->interval_us / 1e3,
			 "timeout_ms", s->timeout_us / 1e3, "neighbor",
			 neighbor_of(b, &s->address));
}

static void show(struct cli *c, const struct bgp *b, const struct bird_bfd *bfd, json_t *items)
{
	json_t *other = json_array(), *all;

	for (size_t i = 0; i < bfd->other.n; i++)
		json_array_append_new(other, json_text(bfd->other.at[i]));
	if (c->out.json) {
		all = json_pack("{s:s, s:o, s:O, s:O}", "schema", BGP_SCHEMA, "instance",
				bgp_instance_json(b), "items", items, "other", other);
		output_json(&c->out, all);
		json_decref(all);
	} else {
		output_list(&c->out, columns, items, "no BFD session");
		for (size_t i = 0; i < bfd->other.n; i++)
			output_remark(&c->out, "%s", bfd->other.at[i]);
	}
	json_decref(other);
}

/* A BIRD without BFD has no sessions of it. */
static int read_sessions(struct bgp *b, struct bird_bfd *bfd)
{
	int code = bgp_ask(b, "show bfd sessions", bird_bfd_line, bfd);

	if (code != ERR_NOT_FOUND && code != ERR_REMOTE)
		return code;
	b->cli->fault = (struct fault){0};
	return 0;
}

int bgp_bfd(struct cli *c, const struct invocation *in)
{
	const struct bgp_check_options *o = in->options;
	json_t *items = json_array();
	struct bird_bfd bfd;
	size_t down = 0;
	struct bgp b;
	int code = bgp_open_one(&b, c, &o->where);

	bird_bfd_init(&bfd, &c->arena);
	if (code == 0)
		code = bgp_read_protocols(&b);
	if (code == 0)
		code = read_sessions(&b, &bfd);
	for (size_t i = 0; code == 0 && i < bfd.list.n; i++) {
		json_array_append_new(items, session_json(&b, &bfd.list.at[i]));
		down += strcmp(bfd.list.at[i].state, "Up") != 0;
	}
	if (code == 0)
		show(c, &b, &bfd, items);
	if (code == 0 && o->check && down > 0)
		code = fault_set(&c->fault, ERR_CHECK, "%zu of %zu BFD sessions are not up", down,
				 bfd.list.n);
	bird_bfd_fini(&bfd);
	json_decref(items);
	bgp_close(&b);
	return code;
}
