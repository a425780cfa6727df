#include "lib/net/bird_parse_protocols.h"

#include <stddef.h>
#include <string.h>

#include "lib/net/bird_text.h"

/* Reply codes of `show protocols`. */
enum { REPLY_PROTOCOL = 1002, REPLY_DETAIL = 1006, REPLY_HEADER = 2002 };

#define CHANNELS_MAX	 32
#define CAPABILITIES_MAX 64
#define TIMERS_MAX	 16
#define OTHER_MAX	 256 /* lines of one protocol that are kept */

/* How far the details of a capability, and capabilities, are set in. */
#define INDENT_CAPABILITY 6
#define INDENT_DETAIL	  8

void bird_protocols_init(struct bird_protocols *p, struct arena *arena)
{
	memset(p, 0, sizeof(*p));
	p->arena = arena;
}

void bird_protocols_fini(struct bird_protocols *p)
{
	for (size_t i = 0; i < p->list.n; i++) {
		struct bird_protocol *row = &p->list.at[i];

		for (size_t k = 0; k < row->channels.n; k++)
			bird_channel_fini(&row->channels.at[k]);
		vec_free(&row->channels);
		vec_free(&row->timers);
		vec_free(&row->local_capabilities);
		vec_free(&row->neighbour_capabilities);
		vec_free(&row->other);
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
				    .message = "",
				    .session = "",
				    .source = ""};

	if (p->list.n >= BIRD_PROTOCOLS_MAX)
		return ERR_TOO_LARGE;
	row.name = bird_word(p->arena, &text);
	row.kind = bird_word(p->arena, &text);
	row.table = or_none(bird_word(p->arena, &text));
	row.state = bird_word(p->arena, &text);
	row.since = bird_time(p->arena, &text);
	row.info = bird_trimmed(p->arena, text);
	vec_push(&p->list, row);
	p->section = NULL;
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
	{"Message", offsetof(struct bird_protocol, message)},
	{"Session", offsetof(struct bird_protocol, session)},
	{"Source address", offsetof(struct bird_protocol, source)},
};

static const struct {
	const char *label;
	size_t offset;
} as_rows[] = {
	{"Neighbor AS", offsetof(struct bird_protocol, neighbour_as)},
	{"Local AS", offsetof(struct bird_protocol, local_as)},
};

static const char *const timer_labels[] = {
	"Hold timer", "Keepalive timer", "Send hold timer",
	"Error wait", "Connect delay",	 "Restart timer",
};

static const struct {
	const char *heading;
	size_t offset;
} sections[] = {
	{"Local capabilities", offsetof(struct bird_protocol, local_capabilities)},
	{"Neighbor capabilities", offsetof(struct bird_protocol, neighbour_capabilities)},
};

#define N(array)	       (sizeof(array) / sizeof(array)[0])
#define AT(struct_, row, type) ((type *)(void *)((char *)(struct_) + (row).offset))

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

/* "Hold timer:       22.123/30" */
static bool read_timer(struct arena *a, const char *text, struct bird_protocol *p)
{
	for (size_t i = 0; i < N(timer_labels); i++) {
		const char *value = bird_labelled(a, text, timer_labels[i]);
		size_t len;

		if (value == NULL || p->timers.n >= TIMERS_MAX)
			continue;
		len = strcspn(value, "/");
		vec_push(&p->timers, (struct bird_timer){
					     timer_labels[i],
					     bird_piece(a, value, len),
					     value[len] == '/' ? value + len + 1 : "",
				     });
		return true;
	}
	return false;
}

/* The heading of a list of capabilities, or a line of it. */
static bool read_capability(struct bird_protocols *p, const char *text, struct bird_protocol *row)
{
	const char *line = bird_trimmed(p->arena, text);
	const size_t indent = strspn(text, " ");
	struct bird_capability *last;

	for (size_t i = 0; i < N(sections); i++)
		if (strcmp(line, sections[i].heading) == 0) {
			p->section = AT(row, sections[i], bird_capability_vec);
			return true;
		}
	if (p->section == NULL || indent < INDENT_CAPABILITY || p->section->n >= CAPABILITIES_MAX) {
		p->section = NULL;
		return false;
	}
	if (indent < INDENT_DETAIL || p->section->n == 0) {
		/* "Role: customer" has its detail with it. */
		const char *colon = strstr(line, ": ");
		size_t len = colon != NULL ? (size_t)(colon - line) : strlen(line);

		vec_push(p->section, (struct bird_capability){bird_piece(p->arena, line, len),
							      colon != NULL ? colon + 2 : ""});
		return true;
	}
	last = &p->section->at[p->section->n - 1];
	last->detail = last->detail[0] == '\0'
			       ? line
			       : arena_printf(p->arena, "%s; %s", last->detail, line);
	return true;
}

static void read_detail(struct bird_protocols *p, const char *text)
{
	struct bird_protocol *row = &p->list.at[p->list.n - 1];
	const char *at = text;

	if (strspn(text, " \t") == strlen(text))
		return;
	if (strcmp(bird_word(p->arena, &at), "Channel") == 0 && row->channels.n < CHANNELS_MAX) {
		vec_push(&row->channels, bird_channel_make(p->arena, at));
		return;
	}
	if (row->channels.n > 0)
		bird_channel_line(&row->channels.at[row->channels.n - 1], p->arena, text);
	else if (!read_capability(p, text, row) && !read_timer(p->arena, text, row) &&
		 !read_protocol_detail(p->arena, text, row) && row->other.n < OTHER_MAX)
		vec_push(&row->other, bird_trimmed(p->arena, text));
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
