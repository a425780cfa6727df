#include "lib/net/filter_match.h"

#include <string.h>

/* What the packet has of a field. */
struct value {
	const char *text; /* NULL: a number */
	unsigned number;
	bool known;
};

static struct value text_value(const char *text)
{
	return (struct value){.text = text != NULL ? text : "", .known = true};
}

static struct value number_value(unsigned number)
{
	return (struct value){.number = number, .known = number != 0};
}

static struct value meta_value(const char *key, const struct filter_packet *packet)
{
	if (strcmp(key, "iifname") == 0 || strcmp(key, "iif") == 0)
		return text_value(packet->in);
	if (strcmp(key, "oifname") == 0 || strcmp(key, "oif") == 0)
		return text_value(packet->out);
	if (strcmp(key, "l4proto") == 0)
		return number_value(packet->protocol);
	if (strcmp(key, "nfproto") == 0)
		return text_value("ipv4");
	return (struct value){0};
}

#define TCP 6
#define UDP 17

/* A port of TCP is none of a packet of UDP's: `mismatch`. */
static struct value payload_value(const json_t *payload, const struct filter_packet *packet,
				  bool *mismatch)
{
	const char *of = json_string_value(json_object_get(payload, "protocol"));
	const char *field = json_string_value(json_object_get(payload, "field"));

	if (of == NULL || field == NULL)
		return (struct value){0};
	if (strcmp(of, "ip6") == 0 || strcmp(of, "icmpv6") == 0)
		*mismatch = true;
	if (strcmp(of, "ip") == 0 && strcmp(field, "protocol") == 0)
		return number_value(packet->protocol);
	if (packet->protocol == 0)
		return (struct value){0};
	if ((strcmp(of, "tcp") == 0 && packet->protocol != TCP) ||
	    (strcmp(of, "udp") == 0 && packet->protocol != UDP) || strcmp(of, "icmp") == 0)
		*mismatch = true;
	if (strcmp(field, "dport") == 0)
		return number_value(packet->port);
	return (struct value){0};
}

/* `fib daddr type` */
static bool is_type_of_destination(const json_t *fib)
{
	const char *result = json_string_value(json_object_get(fib, "result"));
	const json_t *flags = json_object_get(fib, "flags");
	const json_t *flag = json_is_array(flags) ? json_array_get(flags, 0) : flags;

	return result != NULL && strcmp(result, "type") == 0 && json_is_string(flag) &&
	       strcmp(json_string_value(flag), "daddr") == 0;
}

static struct value value_of(const json_t *left, const struct filter_packet *packet, bool *mismatch)
{
	const json_t *meta = json_object_get(left, "meta"), *ct = json_object_get(left, "ct");
	const json_t *payload = json_object_get(left, "payload");
	const char *key = json_string_value(json_object_get(meta != NULL ? meta : ct, "key"));

	if (is_type_of_destination(json_object_get(left, "fib")))
		return text_value(packet->out == NULL ? "local" : "unicast");
	if (payload != NULL)
		return payload_value(payload, packet, mismatch);
	if (meta != NULL && key != NULL)
		return meta_value(key, packet);
	if (ct == NULL || key == NULL)
		return (struct value){0};
	if (strcmp(key, "state") == 0)
		return text_value(packet->state);
	/* What is not tracked has none of it; a connection that begins has no status yet. */
	*mismatch = strcmp(packet->state, "untracked") == 0 || strcmp(key, "status") == 0;
	return (struct value){0};
}

/* 0: another one than those that are asked about. */
static unsigned protocol_number(const char *name)
{
	return strcmp(name, "tcp") == 0 ? TCP : strcmp(name, "udp") == 0 ? UDP : 0;
}

/* As nft has it: an asterisk at the end stands for anything. */
static bool same_text(const char *pattern, const char *text)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, text, len - 1) == 0;
	return strcmp(pattern, text) == 0;
}

static enum filter_answer in_range(const struct value *v, const json_t *range)
{
	const json_t *low = json_array_get(range, 0), *high = json_array_get(range, 1);

	if (v->text != NULL || !json_is_integer(low) || !json_is_integer(high))
		return FILTER_MAYBE;
	return v->number >= json_integer_value(low) && v->number <= json_integer_value(high)
		       ? FILTER_YES
		       : FILTER_NO;
}

static enum filter_answer is_one(const struct value *v, const json_t *right)
{
	const char *text = json_string_value(right);

	if (json_object_get(right, "range") != NULL)
		return in_range(v, json_object_get(right, "range"));
	if (json_is_integer(right) && v->text == NULL)
		return v->number == json_integer_value(right) ? FILTER_YES : FILTER_NO;
	if (text == NULL || text[0] == '@')
		return FILTER_MAYBE;
	if (v->text != NULL)
		return same_text(text, v->text) ? FILTER_YES : FILTER_NO;
	return v->number == protocol_number(text) ? FILTER_YES : FILTER_NO;
}

static enum filter_answer is_any(const struct value *v, const json_t *list)
{
	enum filter_answer answer = FILTER_NO;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		enum filter_answer a = is_one(v, one);

		if (a == FILTER_YES)
			return a;
		if (a == FILTER_MAYBE)
			answer = a;
	}
	return answer;
}

enum filter_answer filter_compare(const json_t *left, const json_t *right,
				  const struct filter_packet *packet)
{
	const json_t *set = json_object_get(right, "set");
	bool mismatch = false;
	struct value v = value_of(left, packet, &mismatch);

	if (mismatch)
		return FILTER_NO;
	if (!v.known)
		return FILTER_MAYBE;
	if (json_is_array(right)) /* flags: `ct state established,related` */
		return is_any(&v, right);
	return json_is_array(set) ? is_any(&v, set) : is_one(&v, right);
}

static bool lacks(const json_t *left, const struct filter_packet *packet)
{
	bool mismatch = false;

	value_of(left, packet, &mismatch);
	return mismatch;
}

static enum filter_answer match_expression(const json_t *match, const struct filter_packet *packet)
{
	const char *op = json_string_value(json_object_get(match, "op"));
	const json_t *left = json_object_get(match, "left");
	enum filter_answer a = filter_compare(left, json_object_get(match, "right"), packet);

	if (op == NULL || a == FILTER_MAYBE)
		return FILTER_MAYBE;
	if (strcmp(op, "==") == 0 || strcmp(op, "in") == 0)
		return a;
	/* A field that the packet does not have differs from nothing. */
	if (strcmp(op, "!=") == 0 && lacks(left, packet))
		return FILTER_NO;
	if (strcmp(op, "!=") == 0)
		return a == FILTER_YES ? FILTER_NO : FILTER_YES;
	return FILTER_MAYBE;
}

/* A module of iptables: its words are not shown. That of states is nearly always about what is
 * established, which an untracked packet is not. */
static enum filter_answer match_module(const json_t *xt, const struct filter_packet *packet)
{
	const char *type = json_string_value(json_object_get(xt, "type"));
	const char *name = json_string_value(json_object_get(xt, "name"));

	if (type == NULL || name == NULL)
		return FILTER_MAYBE;
	if (strcmp(type, "target") == 0 || strcmp(name, "comment") == 0)
		return FILTER_YES;
	if (strcmp(name, "conntrack") == 0 || strcmp(name, "state") == 0)
		return strcmp(packet->state, "untracked") == 0 ? FILTER_NO : FILTER_MAYBE;
	return FILTER_MAYBE;
}

enum filter_answer filter_match(const json_t *statement, const struct filter_packet *packet)
{
	static const char *const limits[] = {"limit", "quota", "ct count", "connlimit"};
	const json_t *match = json_object_get(statement, "match");
	const json_t *xt = json_object_get(statement, "xt");

	if (match != NULL)
		return match_expression(match, packet);
	if (xt != NULL)
		return match_module(xt, packet);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (json_object_get(statement, limits[i]) != NULL)
			return FILTER_MAYBE;
	return FILTER_YES;
}
