/* Prints against what they stand for: nothing that is rendered changes without them. A fleet is
 * made from a description, which is changed at random, a little at a time. */
#include "controller/render/prints.h"

#include <stdlib.h>
#include <string.h>

#include "controller/render/prepared.h"
#include "test/test.h"
#include "test/unit/net/random.h"
#include "test/unit/render/fleet.h"

#define MEMBERS	  10
#define APPROVALS 8
#define ROUNDS	  1500

struct description {
	struct {
		bool there, gateway, key, renamed, elsewhere, drained;
	} members[MEMBERS];
	struct {
		size_t prefix, member, users; /* of the lists below, 0: none; bits of members */
		uint32_t priority;
	} approvals[APPROVALS];
	size_t shown, let_in; /* of the peering; 0: there is none */
	bool reflector, templates;
};

static const char *const prefixes[] = {
	NULL,	      "192.168.1.0/24", "192.168.0.0/16", "192.168.1.128/25",
	"10.0.0.0/8", "0.0.0.0/0",	"172.16.9.0/24"};
static const char *const shown[] = {NULL, "10.1.0.0/16", "192.168.1.0/24", "192.168.1.64/26",
				    "10.1.0.0/24"};
static const char *const let_in[] = {NULL, "10.2.0.0/16", "172.20.0.0/16"};

#define N(list) (sizeof(list) / sizeof((list)[0]))

static void change(struct description *d, struct random *r)
{
	size_t m = random_below(r, MEMBERS), a = random_below(r, APPROVALS);

	switch (random_below(r, 13)) {
	case 0:
		d->members[m].there = !d->members[m].there;
		break;
	case 1:
		d->members[m].gateway = !d->members[m].gateway;
		break;
	case 2:
		d->members[m].key = !d->members[m].key;
		break;
	case 3:
		d->members[m].renamed = !d->members[m].renamed;
		break;
	case 4:
		d->members[m].elsewhere = !d->members[m].elsewhere;
		break;
	case 5:
	case 6:
		d->approvals[a].prefix = random_below(r, N(prefixes));
		d->approvals[a].member = random_below(r, MEMBERS);
		break;
	case 7:
		d->approvals[a].priority = 100 + (uint32_t)random_below(r, 3);
		break;
	case 8:
		d->approvals[a].users ^= (size_t)1 << random_below(r, MEMBERS);
		break;
	case 9:
		d->shown = random_below(r, N(shown));
		break;
	case 10:
		d->let_in = random_below(r, N(let_in));
		break;
	case 11:
		d->members[m].drained = !d->members[m].drained;
		break;
	default:
		d->reflector = random_below(r, 4) != 0;
		d->templates = random_below(r, 2) != 0;
	}
}

static void build_members(const struct description *d, struct fleet *f, size_t place[MEMBERS])
{
	char name[16];

	for (size_t i = 0; i < MEMBERS; i++) {
		place[i] = SIZE_MAX;
		if (!d->members[i].there)
			continue;
		snprintf(name, sizeof(name), d->members[i].renamed ? "new-%zu" : "m-%zu", i);
		place[i] = fleet_member(f, name, (uint32_t)i + 1);
		f->members.at[place[i]].gateway = d->members[i].gateway;
		f->members.at[place[i]].has_key = d->members[i].key;
		f->members.at[place[i]].drained = d->members[i].drained;
	}
}

static bool announced(const struct fleet *f, size_t member, const char *text)
{
	for (size_t i = 0; i < f->announcements.n; i++) {
		char have[PREFIX_TEXT_MAX];

		if (f->announcements.at[i].membership == f->members.at[member].row &&
		    strcmp(prefix_format(&f->announcements.at[i].prefix, have), text) == 0)
			return true;
	}
	return false;
}

static void build_approvals(const struct description *d, struct fleet *f,
			    const size_t place[MEMBERS])
{
	for (size_t i = 0; i < APPROVALS; i++) {
		const char *prefix = prefixes[d->approvals[i].prefix];
		size_t member = place[d->approvals[i].member], at;

		if (prefix == NULL || member == SIZE_MAX || announced(f, member, prefix))
			continue;
		at = fleet_approve(f, member, prefix);
		f->announcements.at[at].priority = d->approvals[i].priority;
		for (size_t k = 0; k < MEMBERS; k++)
			if ((d->approvals[i].users >> k & 1) != 0 && place[k] != SIZE_MAX)
				fleet_limit(f, at, place[k]);
	}
}

static void build(const struct description *d, struct fleet *f)
{
	size_t place[MEMBERS], remote;

	fleet_init(f, "prod", "10.1.0.0/16", 4200000001);
	f->rows.mesh.route_reflector = d->reflector;
	build_members(d, f, place);
	build_approvals(d, f, place);
	if (d->shown != 0 && d->let_in != 0) {
		remote = fleet_peer(f, "office", "10.2.0.0/16", 4200000002, shown[d->shown],
				    let_in[d->let_in]);
		fleet_remote_approve(f, remote, "172.20.1.0/24");
		for (size_t i = 0; i < MEMBERS; i++)
			if (d->members[i].elsewhere && place[i] != SIZE_MAX)
				fleet_remote_member(f, remote, place[i], (uint32_t)i + 40, 1);
	}
	fleet_plan(f);
}

struct rendered {
	struct fleet fleet;
	struct prints *prints;
	struct digest templates;
};

static void render(const struct description *d, struct rendered *x)
{
	build(d, &x->fleet);
	digest_of(&d->templates, sizeof(d->templates), &x->templates);
	x->prints = prints_make(x->fleet.render, &x->templates, &x->fleet.arena);
}

/* Everything that the member gets, but for the view. */
static void render_all(const struct rendered *x, size_t member, struct digest *out)
{
	struct render_image in = {.templates = x->templates};
	struct buf bytes;

	buf_init(&bytes);
	render_bird_text(x->fleet.render, member, &bytes);
	digest_of(bytes.data, bytes.len, &in.text);
	render_membership(x->fleet.render, member, &in, &bytes);
	digest_of(bytes.data, bytes.len, out);
	buf_fini(&bytes);
}

static bool same_prints(const struct rendered *a, size_t m, const struct rendered *b, size_t k)
{
	struct digest x, y;

	prints_member(a->prints, m, &x);
	prints_member(b->prints, k, &y);
	return digest_equal(&x, &y) &&
	       digest_equal(prints_shared(a->prints), prints_shared(b->prints));
}

/* Returns how many images were the same, and known to be. */
static size_t compare(const struct rendered *a, const struct rendered *b)
{
	size_t known = 0;

	for (size_t m = 0; m < a->fleet.members.n; m++) {
		for (size_t k = 0; k < b->fleet.members.n; k++) {
			struct digest x, y;

			if (a->fleet.members.at[m].row != b->fleet.members.at[k].row ||
			    !same_prints(a, m, b, k))
				continue;
			known++;
			render_all(a, m, &x);
			render_all(b, k, &y);
			if (!digest_equal(&x, &y))
				TEST_FAIL("%s changed, its prints did not", a->fleet.names.at[m]);
		}
	}
	return known;
}

static void nothing_changes_without_them(void)
{
	struct description d = {.reflector = true};
	struct random r = {11};
	struct rendered x[2];
	size_t known = 0, all = 0;

	for (size_t i = 0; i < APPROVALS; i++)
		d.approvals[i].priority = 100;
	for (size_t i = 0; i < MEMBERS; i++)
		d.members[i].there = d.members[i].key = true;
	render(&d, &x[0]);
	for (size_t i = 1; i <= ROUNDS; i++) {
		struct rendered *now = &x[i % 2], *before = &x[(i + 1) % 2];

		change(&d, &r);
		render(&d, now);
		known += compare(before, now);
		all += now->fleet.members.n;
		fleet_fini(&before->fleet);
	}
	fleet_fini(&x[ROUNDS % 2].fleet);
	if (known < all / 4)
		TEST_FAIL("only %zu of %zu were known to be the same", known, all);
}

/* ---- and they stay where nothing changes ---- */

static size_t count_changed(const struct description *before, const struct description *after,
			    bool *gateways)
{
	struct rendered a, b;
	size_t n = 0;

	render(before, &a);
	render(after, &b);
	*gateways = false;
	for (size_t i = 0; i < a.fleet.members.n; i++) {
		if (same_prints(&a, i, &b, i))
			continue;
		n++;
		*gateways = *gateways || a.fleet.members.at[i].gateway;
	}
	fleet_fini(&a.fleet);
	fleet_fini(&b.fleet);
	return n;
}

static void a_join_concerns_routers_only(void)
{
	struct description before = {.reflector = true}, after;
	bool gateways;

	for (size_t i = 0; i < MEMBERS; i++)
		before.members[i].there = before.members[i].key = true;
	before.members[0].gateway = true;
	before.approvals[0].prefix = 1;
	before.approvals[0].member = 3;
	before.members[MEMBERS - 1].there = false;
	after = before;
	TEST_NUMBER(count_changed(&before, &after, &gateways), 0);
	after.members[MEMBERS - 1].there = true;
	TEST_NUMBER(count_changed(&before, &after, &gateways), 1);
	CU_ASSERT(gateways);
	after = before;
	after.members[5].renamed = true;
	TEST_NUMBER(count_changed(&before, &after, &gateways), 2);
	after = before;
	after.members[1].drained = true;
	TEST_NUMBER(count_changed(&before, &after, &gateways), 1);
	before = after;
	after.members[1].gateway = true;
	TEST_NUMBER(count_changed(&before, &after, &gateways), MEMBERS - 1);
}

TEST_SUITE(render_prints, {"nothing changes without them", nothing_changes_without_them},
	   {"a join concerns routers only", a_join_concerns_routers_only});
