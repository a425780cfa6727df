#include "test/unit/agent/member_bench.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "test/test.h"

void member_bench_init(struct member_bench *b)
{
	struct fault f = {0};
	bool made;

	memset(b, 0, sizeof(*b));
	schema_defaults(agent_config_rows, &b->config);
	free(b->config.state_dir);
	b->config.state_dir = mem_alloc(256);
	snprintf(b->config.state_dir, 256, "%s/state", test_dir());
	file_remove(b->config.state_dir, NULL);
	crypto_sign_keypair(b->signer, b->key);
	fleet_init(&b->fleet, "prod", "10.0.0.0/24", 4200000001);
	b->index = fleet_member(&b->fleet, "one", 1);
	fleet_member(&b->fleet, "two", 2);
	fleet_plan(&b->fleet);
	b->member = member_new(&b->fleet.members.at[b->index].id);
	TEST_NUMBER(member_load_key(b->member, &b->config, &made, &f), 0);
	CU_ASSERT(made);
}

void member_bench_fini(struct member_bench *b)
{
	member_free(b->member);
	fleet_fini(&b->fleet);
	agent_config_fini(&b->config);
}

void member_bench_make(struct member_bench *b, uint64_t revision, uint64_t view_revision,
		       const char *text, struct member_update *u)
{
	const struct id *mesh = &b->fleet.rows.mesh.id;
	struct state_identity id = {
		.kind = STATE_KIND_VIEW, .revision = revision, .mesh = mesh->bytes};
	struct render_image in = {.view_revision = view_revision};
	struct buf body;

	memset(u, 0, sizeof(*u));
	buf_puts(&u->parts[PART_TEMPLATES], "# templates\n");
	buf_puts(&u->parts[PART_TEXT], text);
	digest_of("# templates\n", 12, &in.templates);
	digest_of(text, strlen(text), &in.text);
	buf_init(&body);
	render_view(b->fleet.render, &body);
	state_sign(&id, body.data, body.len, b->key, &u->parts[PART_VIEW]);
	buf_clear(&body);
	render_membership(b->fleet.render, b->index, &in, &body);
	id.kind = STATE_KIND_MEMBERSHIP;
	id.membership = b->member->id.bytes;
	state_sign(&id, body.data, body.len, b->key, &u->parts[PART_MEMBERSHIP]);
	buf_fini(&body);
}

void member_bench_drop(struct member_update *u)
{
	for (int i = 0; i < PART_COUNT; i++)
		buf_fini(&u->parts[i]);
}

void member_bench_make_steps(const struct member_update *from, struct member_update *to)
{
	for (int i = PART_VIEW; i <= PART_MEMBERSHIP; i++) {
		struct buf steps;

		buf_init(&steps);
		CU_ASSERT(
			delta_encode((struct delta_image){from->parts[i].data, from->parts[i].len},
				     (struct delta_image){to->parts[i].data, to->parts[i].len},
				     SIZE_MAX, &steps));
		buf_fini(&to->parts[i]);
		to->parts[i] = steps;
		to->steps[i] = true;
	}
}

void member_bench_grow(struct member_bench *b)
{
	size_t n = b->fleet.members.n;
	char name[32];

	snprintf(name, sizeof(name), "m-%zu", n);
	fleet_member(&b->fleet, name, (uint32_t)n + 1);
	fleet_plan(&b->fleet);
}
