/* An update that changes one peer touches one peer: what the plan does then, to the last operation.
 */
#include "test/test.h"
#include "test/unit/agent/machines.h"

static void let_one_join(struct fleet *f)
{
	fleet_member(f, "n", 30);
}

static void let_one_go(struct fleet *f)
{
	f->members.n--; /* m */
	f->names.n--;
	f->machines.n--;
}

static void give_one_a_key(struct fleet *f)
{
	f->members.at[6].key.bytes[5] ^= 1;
}

static void give_one_an_address(struct fleet *f)
{
	struct membership *m = &f->members.at[6];

	m->endpoints[m->nendpoints++] = (struct endpoint){
		.type = STATE_ENDPOINT_LOCAL, .address = address_ipv4(0xc6336409), .port = 51820};
}

#define M      "FAABQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEA="
#define M_ANEW "FAABQEBBQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEA="
#define N      "HgBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEA="

static void a_change_of_one_peer_touches_one_peer(void)
{
	static const struct touch {
		void (*change)(struct fleet *f);
		size_t seen_by; /* so many of the names: a router waits for a plain member's call */
		const char *operations;
	} touches[] = {
		{let_one_join, 3, "wg wg0 peer add " N " 10.100.0.30/32\n"},
		{let_one_go, 3, "wg wg0 peer remove " M "\n"},
		{give_one_a_key, 3,
		 "wg wg0 peer add " M_ANEW " 10.100.0.20/32\nwg wg0 peer remove " M "\n"},
		{give_one_an_address, 1, "wg wg0 peer set " M "\n"},
	};
	static const char *const names[] = {"a1", "a2", "gw1"}; /* member, router, gateway */

	for (size_t i = 0; i < 3 * sizeof(touches) / sizeof(touches[0]); i++) {
		const struct touch *t = &touches[i / 3];
		struct machine_case c;
		struct buf text;

		if (i % 3 >= t->seen_by)
			continue;
		machine_init(&c, names[i % 3]);
		machine_settle(&c);
		buf_init(&text);
		t->change(&c.meshes.prod);
		machine_update(&c);
		machine_round(&c, &text);
		TEST_TEXT(buf_text(&text), t->operations);
		TEST_NUMBER(machine_round(&c, NULL), 0);
		buf_fini(&text);
		machine_fini(&c);
	}
}

TEST_SUITE(agent_touch,
	   {"a change of one peer touches one peer", a_change_of_one_peer_touches_one_peer});
