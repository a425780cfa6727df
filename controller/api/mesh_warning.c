/* What is likely to hurt a mesh later is said at once, with the reason; and who does what he may
 * not, with who says so. */
#include "controller/api/shared.h"
#include "lib/mesh/bfd_pace.h"

#define FULL_MESH_WARN_ABOVE 50

static const char *const misdeeds[COMPLAINT_KINDS] = {
	[COMPLAINT_ROUTES] = "announces routes that it may not",
	[COMPLAINT_FLOOD] = "announced more than it may, and its session is off for a while",
	[COMPLAINT_MALFORMED] = "sends what is no BGP",
	[COMPLAINT_UNWATCHED] = "is not watched by BFD, which stays down while BGP is up",
};

static void warn_of_members(struct call *c, const struct mesh *m, struct json_texts *out)
{
	struct complaint_row *list;
	size_t n = 0;

	/* What cannot be read is no reason to show nothing of the mesh. */
	if (store_complaints_list(c->store, c->arena, m->row, MESH_COMPLAINTS_MAX, &list, &n,
				  NULL) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		const char *count = "";

		if (list[i].kind == COMPLAINT_ROUTES)
			count = arena_printf(c->arena, ": %u", list[i].routes);
		out->at[out->n++] = arena_printf(
			c->arena, "%s %s%s; %s, says %s", list[i].of, misdeeds[list[i].kind], count,
			list[i].kind == COMPLAINT_UNWATCHED ? "its loss would be noticed late"
							    : "it is refused",
			list[i].by);
	}
}

/* Gateways have a session with every member. */
static void warn_of_pace(struct call *c, const struct mesh *m, struct json_texts *out)
{
	uint32_t ms = bfd_pace_ms(m->bfd_interval_ms, m->nmembers > 0 ? m->nmembers - 1 : 0);

	if (m->ngateways > 0 && ms > m->bfd_interval_ms)
		out->at[out->n++] = arena_printf(
			c->arena,
			"mesh %s asks for BFD every %u ms; with %llu members its gateways, and who "
			"else has a session with all, use %u ms, and notice a loss after %.1f s",
			m->name, m->bfd_interval_ms, (unsigned long long)m->nmembers, ms,
			(double)ms * m->bfd_multiplier / 1000);
}

void mesh_warn(struct call *c, const struct mesh *m, struct json_texts *out)
{
	if (m->ngateways == 1)
		out->at[out->n++] = arena_printf(
			c->arena,
			"mesh %s has one gateway only: when it is down, nothing is reflected and "
			"nothing leaves the mesh",
			m->name);
	if (!m->route_reflector && m->nmembers > FULL_MESH_WARN_ABOVE)
		out->at[out->n++] = arena_printf(
			c->arena,
			"mesh %s has route_reflector off and many members: each keeps a BGP "
			"session with every other",
			m->name);
	warn_of_pace(c, m, out);
	warn_of_members(c, m, out);
}
