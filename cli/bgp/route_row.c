/* Routes as lines of a table that may have a million of them. */
#include <inttypes.h>
#include <string.h>

#include "cli/bgp/page.h"
#include "cli/bgp/routes.h"
#include "cli/cell.h"
#include "lib/base/text.h"

#define NET_WIDTH	 20
#define HOP_WIDTH	 25
#define FROM_WIDTH	 12
#define PREFERENCE_WIDTH 9

void bgp_put_hop(const struct bird_route *r, struct buf *out)
{
	const struct bird_next_hop *h = r->hops.n > 0 ? &r->hops.at[0] : NULL;
	char address[ADDRESS_TEXT_MAX];

	if (h == NULL) {
		buf_puts(out, r->type);
		return;
	}
	if (h->gateway.family != FAMILY_NONE) {
		buf_puts(out, address_format(&h->gateway, address));
		buf_puts(out, h->device[0] != '\0' ? " " : "");
	}
	buf_puts(out, h->device);
	if (r->hops.n > 1)
		buf_printf(out, " +%zu", r->hops.n - 1);
}

void route_rows_init(struct route_rows *t, const struct output *o, bool rejected)
{
	*t = (struct route_rows){.out = o, .rejected = rejected};
	buf_init(&t->table);
	buf_init(&t->net);
	buf_init(&t->line);
}

void route_rows_fini(struct route_rows *t)
{
	buf_fini(&t->table);
	buf_fini(&t->net);
	buf_fini(&t->line);
}

/* Blanks up to a column, one at least where there is something already. */
static void pad_to(struct buf *line, size_t column)
{
	static const char blanks[] = "                                                            ";
	size_t missing = line->len < column ? column - line->len : 1;

	buf_append(line, blanks, missing < sizeof(blanks) ? missing : sizeof(blanks) - 1);
}

static void put_preference(struct buf *line, const struct bird_route *r)
{
	const char *local = bird_route_attribute(r, "BGP.local_pref");
	char text[32];

	if (local != NULL)
		snprintf(text, sizeof(text), "%.20s", local);
	else
		snprintf(text, sizeof(text), "(%d)", r->preference);
	pad_to(line,
	       line->len + 1 +
		       (strlen(text) < PREFERENCE_WIDTH ? PREFERENCE_WIDTH - strlen(text) : 0));
	buf_puts(line, text);
	buf_puts(line, "  ");
}

/* The path, or what kind of route it is that has none. */
static void put_path(struct buf *line, const struct bird_route *r)
{
	const char *path = bird_route_attribute(r, "BGP.as_path");
	const char *origin = bird_route_attribute(r, "BGP.origin");
	const char *type = bird_route_attribute(r, "Type");

	if (path == NULL && origin == NULL) {
		buf_append(line, type != NULL ? type : "", type != NULL ? strcspn(type, " ") : 0);
		return;
	}
	buf_printf(line, "%s%s", path != NULL ? path : "",
		   path != NULL && path[0] != '\0' ? " " : "");
	buf_puts(line, origin == NULL		    ? ""
		       : strcmp(origin, "IGP") == 0 ? "i"
		       : strcmp(origin, "EGP") == 0 ? "e"
						    : "?");
}

/* Cut at the width, which counts characters; all before the path are ASCII, as a rule. */
static void print_line(const struct output *o, struct buf *line, bool best)
{
	const bool cut = line->len > (size_t)o->width && cell_width(line->data) > (size_t)o->width;
	size_t bytes = line->len;

	if (cut)
		for (bytes = (size_t)o->width - 1; bytes > 0 && cell_continues(line->data[bytes]);)
			bytes--;
	text_disarm(line->data);
	if (best && o->colour)
		fputs(page_tone(o, PAGE_BOLD), o->to);
	fwrite(line->data, 1, bytes, o->to);
	fputs(cut ? "…" : "", o->to);
	if (best && o->colour)
		fputs(page_tone(o, PAGE_PLAIN), o->to);
	fputc('\n', o->to);
}

static void print_table(struct route_rows *t, const char *table)
{
	if (t->routes > 0)
		page_line(t->out, PAGE_PLAIN, "%s", "");
	page_line(t->out, PAGE_BOLD, "Table %s", table);
	page_line(t->out, PAGE_BOLD, "  %-*s %-*s %-*s %*s  %s", NET_WIDTH, "PREFIX", HOP_WIDTH,
		  "NEXT HOP", FROM_WIDTH, "FROM", PREFERENCE_WIDTH, "LOCALPREF", "AS PATH");
	buf_clear(&t->table);
	buf_puts(&t->table, table);
	buf_clear(&t->net);
}

void route_rows_put(struct route_rows *t, const struct bird_route *r)
{
	struct buf *line = &t->line;

	if (t->table.len == 0 || strcmp(buf_text(&t->table), r->table) != 0)
		print_table(t, r->table);
	buf_clear(line);
	buf_puts(line, t->rejected ? "r" : r->unsynced ? "!" : r->primary ? "*" : " ");
	buf_puts(line, r->stale ? "s" : r->suppressed ? "-" : " ");
	if (strcmp(buf_text(&t->net), r->net) != 0) {
		buf_puts(line, r->net);
		buf_clear(&t->net);
		buf_puts(&t->net, r->net);
	}
	pad_to(line, 2 + NET_WIDTH + 1);
	bgp_put_hop(r, line);
	pad_to(line, 2 + NET_WIDTH + 1 + HOP_WIDTH + 1);
	buf_puts(line, r->protocol);
	pad_to(line, 2 + NET_WIDTH + 1 + HOP_WIDTH + 1 + FROM_WIDTH);
	put_preference(line, r);
	put_path(line, r);
	print_line(t->out, line, r->primary && !t->rejected);
	t->routes++;
	t->best += r->primary;
}

void route_rows_end(const struct route_rows *t)
{
	if (t->routes == 0)
		page_line(t->out, PAGE_PLAIN, "no route");
	else if (t->rejected)
		page_line(t->out, PAGE_PLAIN, "%" PRIu64 " rejected (r)", t->routes);
	else
		page_line(t->out, PAGE_PLAIN,
			  "%" PRIu64 " route%s, %" PRIu64
			  " best (*; ! not in the kernel); s stale, - set aside by MED",
			  t->routes, t->routes == 1 ? "" : "s", t->best);
}
