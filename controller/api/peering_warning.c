/* A peering may name what is not approved yet: that is said, with the reason, until it is.
 *
 * Cost: approved prefixes of both meshes × prefixes that the peering names (256 each at most). */
#include "controller/api/shared.h"

enum ways { WAYS_NONE, WAYS_LIMITED, WAYS_OPEN };

struct approvals {
	const struct mesh *mesh;
	struct approved_prefix *at;
	size_t n;
};

/* As rendering sees it: part of the CIDR, or of an approved prefix, or around one of them. An exit
 * is approved for what is outside, not for all prefixes. */
static enum ways find_ways(const struct approvals *in, const struct prefix *shown)
{
	enum ways best = WAYS_NONE;

	if (prefix_overlaps(shown, &in->mesh->cidr))
		return WAYS_OPEN;
	for (size_t i = 0; i < in->n && best != WAYS_OPEN; i++) {
		const struct prefix *p = &in->at[i].prefix;

		if (prefix_overlaps(shown, p) && (p->length > 0 || shown->length == 0))
			best = in->at[i].limited ? WAYS_LIMITED : WAYS_OPEN;
	}
	return best;
}

static void warn(struct call *c, const struct mesh *mesh, const struct prefix *shown, size_t n,
		 struct json_texts *out)
{
	static const char *const reasons[] = {
		[WAYS_NONE] = "no machine there is approved for it",
		[WAYS_LIMITED] = "there it is limited to some machines",
	};
	struct approvals in = {.mesh = mesh};
	char text[PREFIX_TEXT_MAX];

	/* A warning is no reason to fail. */
	if (store_announcement_approved(c->store, c->arena, mesh->row, &in.at, &in.n, NULL) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		enum ways ways = find_ways(&in, &shown[i]);

		if (ways != WAYS_OPEN)
			out->at[out->n++] = arena_printf(
				c->arena, "%s of mesh '%s' does not pass: %s",
				prefix_format(&shown[i], text), mesh->name, reasons[ways]);
	}
}

struct json_texts peering_warn(struct call *c, const struct peering *x, const struct mesh *a,
			       const struct mesh *b)
{
	struct json_texts out = {
		.at = arena_array(c->arena, x->nprefixes_a + x->nprefixes_b, sizeof(*out.at))};

	warn(c, a, x->prefixes_a, x->nprefixes_a, &out);
	warn(c, b, x->prefixes_b, x->nprefixes_b, &out);
	return out;
}
