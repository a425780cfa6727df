#include "lib/net/bird_parse_channel.h"

#include <stddef.h>
#include <string.h>

#include "lib/net/bird_text.h"

#define OTHER_MAX 256 /* lines of one channel that are kept */

#define N(array)	       (sizeof(array) / sizeof(array)[0])
#define AT(struct_, row, type) ((type *)(void *)((char *)(struct_) + (row).offset))

static const struct {
	const char *label;
	size_t offset;
} text_rows[] = {
	{"State", offsetof(struct bird_channel, state)},
	{"Table", offsetof(struct bird_channel, table)},
	{"Input filter", offsetof(struct bird_channel, import_filter)},
	{"Output filter", offsetof(struct bird_channel, export_filter)},
	{"BGP Next hop", offsetof(struct bird_channel, next_hop)},
};

static const char *const limit_labels[BIRD_LIMITS] = {
	[BIRD_LIMIT_RECEIVE] = "Receive limit",
	[BIRD_LIMIT_IMPORT] = "Import limit",
	[BIRD_LIMIT_EXPORT] = "Export limit",
};

static const char *const limit_names[BIRD_LIMITS] = {
	[BIRD_LIMIT_RECEIVE] = "receive",
	[BIRD_LIMIT_IMPORT] = "import",
	[BIRD_LIMIT_EXPORT] = "export",
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
} count_words[] = {
	{"imported", offsetof(struct bird_channel, imported)},
	{"filtered", offsetof(struct bird_channel, filtered)},
	{"exported", offsetof(struct bird_channel, exported)},
	{"preferred", offsetof(struct bird_channel, preferred)},
};

const char *bird_limit_name(enum bird_limit_kind kind)
{
	return limit_names[kind];
}

struct bird_channel bird_channel_make(struct arena *a, const char *name)
{
	struct bird_channel c = {.name = bird_trimmed(a, name),
				 .state = "",
				 .table = "",
				 .import_filter = "",
				 .export_filter = "",
				 .next_hop = "",
				 .limit = -1};

	for (size_t i = 0; i < BIRD_LIMITS; i++)
		c.limits[i].action = "";
	return c;
}

void bird_channel_fini(struct bird_channel *c)
{
	vec_free(&c->other);
}

static uint64_t counter(struct arena *a, const char **at)
{
	return bird_number(bird_word(a, at), UINT64_MAX);
}

/* Five columns, and two more before the last one since BIRD 3. */
static void read_counters(struct arena *a, const char *value, bool wide, struct bird_counters *out)
{
	*out = (struct bird_counters){.receive_limit = UINT64_MAX, .limit = UINT64_MAX};
	out->received = counter(a, &value);
	out->rejected = counter(a, &value);
	out->filtered = counter(a, &value);
	out->ignored = counter(a, &value);
	if (wide) {
		out->receive_limit = counter(a, &value);
		out->limit = counter(a, &value);
	}
	out->accepted = counter(a, &value);
}

/* "1 imported, 0 filtered, 3 exported, 1 preferred" */
static void read_counts(struct arena *a, const char *value, struct bird_channel *c)
{
	while (*value != '\0') {
		uint64_t n = bird_number(bird_word(a, &value), 0);
		const char *word = bird_word(a, &value);

		for (size_t i = 0; i < N(count_words); i++)
			if (strncmp(word, count_words[i].word, strlen(count_words[i].word)) == 0)
				*AT(c, count_words[i], uint64_t) = n;
		c->keeps_filtered |= strncmp(word, "filtered", strlen("filtered")) == 0;
	}
}

/* "Import limit:   16 [HIT]", and "Action: block" behind it. */
static bool read_limit(struct bird_channel *c, struct arena *a, const char *text)
{
	const char *value = bird_labelled(a, text, "Action");

	if (value != NULL && c->limit >= 0) {
		c->limits[c->limit].action = value;
		c->limit = -1;
		return true;
	}
	for (int i = 0; i < BIRD_LIMITS; i++) {
		value = bird_labelled(a, text, limit_labels[i]);
		if (value == NULL)
			continue;
		c->limit = i;
		c->limits[i].routes = bird_number(value, 0);
		c->limits[i].hit = strstr(value, "[HIT]") != NULL;
		return true;
	}
	return false;
}

static bool read_counter_row(struct bird_channel *c, struct arena *a, const char *text)
{
	const char *value;

	for (size_t i = 0; i < N(counter_labels); i++)
		if ((value = bird_labelled(a, text, counter_labels[i])) != NULL) {
			read_counters(a, value, c->wide, &c->changes[i]);
			c->has_counters = true;
			return true;
		}
	value = bird_labelled(a, text, "Route change stats");
	if (value != NULL)
		c->wide = strstr(value, "RX limit") != NULL;
	return value != NULL;
}

static bool read_text(struct bird_channel *c, struct arena *a, const char *text)
{
	const char *value;

	for (size_t i = 0; i < N(text_rows); i++)
		if ((value = bird_labelled(a, text, text_rows[i].label)) != NULL) {
			*AT(c, text_rows[i], const char *) = value;
			return true;
		}
	value = bird_labelled(a, text, "Preference");
	if (value != NULL) {
		c->preference = bird_number(value, 0);
		return true;
	}
	value = bird_labelled(a, text, "Routes");
	if (value != NULL)
		read_counts(a, value, c);
	return value != NULL;
}

void bird_channel_line(struct bird_channel *c, struct arena *a, const char *text)
{
	if (!read_text(c, a, text) && !read_limit(c, a, text) && !read_counter_row(c, a, text) &&
	    c->other.n < OTHER_MAX)
		vec_push(&c->other, bird_trimmed(a, text));
}
