#include "lib/net/bird_parse_protocols.h"

#include <stddef.h>
#include <string.h>

#include "lib/net/bird_text.h"

/* Reply codes of `show protocols`. */
enum { REPLY_PROTOCOL = 1002, REPLY_DETAIL = 1006, REPLY_HEADER = 2002 };

#define CHANNELS_MAX 32
#define OTHER_MAX    256 /* lines of one protocol that are kept */

void bird_protocols_init(struct bird_protocols *p, struct arena *arena)
{
	memset(p, 0, sizeof(*p));
	p->arena = arena;
}

void bird_protocols_fini(struct bird_protocols *p)
{
	for (size_t i = 0; i < p->list.n; i++) {
		vec_free(&p->list.at[i].channels);
		vec_free(&p->list.at[i].other);
	}
	vec_free(&p->list);
}

/* "---" is BIRD's word for none. */
static const char *or_none(const char *word)
{
	return strcmp(word, "---") == 0 ? "" : word;
}

static int read_row(struct bird_protocols *p, const char *text)
{
	struct bird_protocol row = {.description = "",
				    .bgp_state = "",
				    .neighbour_text = "",
				    .neighbour_id = "",
				    .last_error = "",
				    .hold_timer = "",
				    .keepalive_timer = ""};

	if (p->list.n >= BIRD_PROTOCOLS_MAX)
		return ERR_TOO_LARGE;
	row.name = bird_word(p->arena, &text);
	row.kind = bird_word(p->arena, &text);
	row.table = or_none(bird_word(p->arena, &text));
	row.state = bird_word(p->arena, &text);
	row.since = bird_time(p->arena, &text);
	row.info = bird_trimmed(p->arena, text);
	vec_push(&p->list, row);
	return 0;
}

/* Details of a protocol: what stands behind a label is stored as text. */
static const struct {
	const char *label;
	size_t offset;
} protocol_rows[] = {
	{"Description", offsetof(struct bird_protocol, description)},
	{"BGP state", offsetof(struct bird_protocol, bgp_state)},
	{"Neighbor address", offsetof(struct bird_protocol, neighbour_text)},
	{"Neighbor range", offsetof(struct bird_protocol, neighbour_text)},
	{"Neighbor ID", offsetof(struct bird_protocol, neighbour_id)},
	{"Last error", offsetof(struct bird_protocol, last_error)},
	{"Hold timer", offsetof(struct bird_protocol, hold_timer)},
	{"Keepalive timer", offsetof(struct bird_protocol, keepalive_timer)},
};

static const struct {
	const char *label;
	size_t offset;
} as_rows[] = {
	{"Neighbor AS", offsetof(struct bird_protocol, neighbour_as)},
	{"Local AS", offsetof(struct bird_protocol, local_as)},
};

static const struct {
	const char *label;
	size_t offset;
} channel_rows[] = {
	{"State", offsetof(struct bird_channel, state)},
	{"Table", offsetof(struct bird_channel, table)},
};

static const struct {
	const char *label, *name;
	size_t offset; /* (size_t)-1: the number is not kept */
} limit_rows[] = {
	{"Import limit", "import", offsetof(struct bird_channel, import_limit)},
	{"Receive limit", "receive", offsetof(struct bird_channel, receive_limit)},
	{"Export limit", "export", (size_t)-1},
};

static const char *const counter_labels[BIRD_COUNTER_ROWS] = {
	[BIRD_IMPORT_UPDATES] = "Import updates",
	[BIRD_IMPORT_WITHDRAWS] = "Import withdraws",
	[BIRD_EXPORT_UPDATES] = "Export updates",
	[BIRD_EXPORT_WITHDRAWS] = "Export withdraws",
};

static const struct {
	const char *word;
	size_t offset;
} route_words[] = {
	{"imported", offsetof(struct bird_channel, imported)},
	{"filtered", offsetof(struct bird_channel, filtered)},
	{"exported", offsetof(struct bird_channel, exported)},
	{"preferred", offsetof(struct bird_channel, preferred)},
};

#define N(array)	       (sizeof(array) / sizeof(array)[0])
#define AT(struct_, row, type) ((type *)(void *)((char *)(struct_) + (row).offset))

static uint64_t counter(struct arena *a, const char **at)
{
	return bird_number(bird_word(a, at), UINT64_MAX);
}

static void read_counters(struct arena *a, const char *value, struct bird_counters *out)
{
	out->received = counter(a, &value);
	out->rejected = counter(a, &value);
	out->filtered = counter(a, &value);
	out->ignored = counter(a, &value);
	out->accepted = counter(a, &value);
}

/* "1 imported, 0 filtered, 3 exported, 1 preferred" */
static void read_route_counts(struct arena *a, const char *value, struct bird_channel *c)
{
	while (*value != '\0') {
		uint64_t n = bird_number(bird_word(a, &value), 0);
		const char *word = bird_word(a, &value);

		for (size_t i = 0; i < N(route_words); i++)
			if (strncmp(word, route_words[i].word, strlen(route_words[i].word)) == 0)
				*AT(c, route_words[i], uint64_t) = n;
	}
}

static bool read_limit(struct arena *a, const char *text, struct bird_channel *c)
{
	for (size_t i = 0; i < N(limit_rows); i++) {
		const char *value = bird_labelled(a, text, limit_rows[i].label);

		if (value == NULL)
			continue;
		if (limit_rows[i].offset != (size_t)-1)
			*AT(c, limit_rows[i], uint64_t) = bird_number(value, 0);
		if (strstr(value, "[HIT]") != NULL)
			c->limit_hit = limit_rows[i].name;
		return true;
	}
	return false;
}

static bool read_channel_detail(struct arena *a, const char *text, struct bird_channel *c)
{
	const char *value;

	for (size_t i = 0; i < N(channel_rows); i++)
		if ((value = bird_labelled(a, text, channel_rows[i].label)) != NULL) {
			*AT(c, channel_rows[i], const char *) = value;
			return true;
		}
	for (size_t i = 0; i < N(counter_labels); i++)
		if ((value = bird_labelled(a, text, counter_labels[i])) != NULL) {
			read_counters(a, value, &c->changes[i]);
			return true;
		}
	value = bird_labelled(a, text, "Routes");
	if (value != NULL) {
		read_route_counts(a, value, c);
		return true;
	}
	/* The heading of the counters is no news. */
	return bird_labelled(a, text, "Route change stats") != NULL || read_limit(a, text, c);
}

static void read_neighbour(struct bird_protocol *p)
{
	char address[ADDRESS_TEXT_MAX];
	size_t len = strcspn(p->neighbour_text, "%/");

	if (len >= sizeof(address) || strchr(p->neighbour_text, '/') != NULL)
		return;
	memcpy(address, p->neighbour_text, len);
	address[len] = '\0';
	(void)address_parse(address, &p->neighbour, NULL);
}

static bool read_protocol_detail(struct arena *a, const char *text, struct bird_protocol *p)
{
	const char *value;

	for (size_t i = 0; i < N(protocol_rows); i++)
		if ((value = bird_labelled(a, text, protocol_rows[i].label)) != NULL) {
			*AT(p, protocol_rows[i], const char *) = value;
			if (protocol_rows[i].offset ==
			    offsetof(struct bird_protocol, neighbour_text))
				read_neighbour(p);
			return true;
		}
	for (size_t i = 0; i < N(as_rows); i++)
		if ((value = bird_labelled(a, text, as_rows[i].label)) != NULL) {
			*AT(p, as_rows[i], uint32_t) = (uint32_t)bird_number(value, 0);
			return true;
		}
	return false;
}

static void read_detail(struct bird_protocols *p, const char *text)
{
	struct bird_protocol *row = &p->list.at[p->list.n - 1];
	const char *at = text, *value;

	if (strspn(text, " \t") == strlen(text))
		return;
	if (strcmp(bird_word(p->arena, &at), "Channel") == 0 && row->channels.n < CHANNELS_MAX) {
		vec_push(&row->channels, (struct bird_channel){.name = bird_trimmed(p->arena, at),
							       .state = "",
							       .table = ""});
		return;
	}
	if (row->channels.n > 0 &&
	    read_channel_detail(p->arena, text, &row->channels.at[row->channels.n - 1]))
		return;
	if (row->channels.n == 0 && read_protocol_detail(p->arena, text, row))
		return;
	value = bird_trimmed(p->arena, text);
	if (row->other.n < OTHER_MAX)
		vec_push(&row->other, value);
}

int bird_protocols_line(void *context, const struct bird_line *line)
{
	struct bird_protocols *p = context;

	if (line->code == REPLY_PROTOCOL)
		return read_row(p, line->text);
	if (line->code == REPLY_DETAIL && p->list.n > 0)
		read_detail(p, line->text);
	return 0;
}

const struct bird_protocol *bird_protocols_find(const struct bird_protocols *p, const char *name)
{
	for (size_t i = 0; i < p->list.n; i++)
		if (strcmp(p->list.at[i].name, name) == 0)
			return &p->list.at[i];
	return NULL;
}

bool bird_protocol_is_up(const struct bird_protocol *p)
{
	return strcmp(p->state, "up") == 0 &&
	       (strcmp(p->kind, "BGP") != 0 ||
		strncmp(p->info, "Established", strlen("Established")) == 0);
}
