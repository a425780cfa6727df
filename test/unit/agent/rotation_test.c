/* A key is rotated: what the machine does, and who reaches it, round by round. */
#include <string.h>

#include "test/test.h"
#include "test/unit/agent/machines.h"

#define M	 20
#define NEXT	 21 /* the first byte of its next key, by which the stand-in finds it */
#define M_KEY	 "FAABQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEA="
#define NEXT_KEY "FQABQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEA="
#define AT	 "198.51.100.1"

static void check_round(struct machine_case *c, const char *want)
{
	struct buf text;

	buf_init(&text);
	machine_round(c, &text);
	TEST_TEXT(buf_text(&text), want);
	buf_clear(&text);
	TEST_NUMBER(machine_round(c, &text), 0);
	buf_fini(&text);
}

static struct membership *begin(struct machine_case *c)
{
	struct membership *m;

	machine_init(c, "a4");
	machine_settle(c);
	machine_greet(c, "wg0", M, AT);
	m = &c->meshes.prod.members.at[6];
	m->has_next_key = true;
	m->next_key = m->key;
	m->next_key.bytes[0] = NEXT;
	machine_update(c);
	return m;
}

static void a_peer_is_followed_to_its_next_key(void)
{
	struct machine_case c;
	struct membership *m = begin(&c);

	check_round(&c, "wg wg0 peer add " NEXT_KEY "\n");
	machine_wait(&c, 5000);
	TEST_NUMBER(machine_round(&c, NULL), 0);
	machine_greet(&c, "wg0", NEXT, AT);
	check_round(&c, "wg wg0 allowed add " NEXT_KEY " 10.100.0.20/32\n");
	m->key = m->next_key;
	m->has_next_key = false;
	machine_update(&c);
	check_round(&c, "wg wg0 peer remove " M_KEY "\n");
	machine_fini(&c);
}

static void a_rotation_that_is_given_up_leaves_nothing(void)
{
	struct machine_case c;
	struct membership *m = begin(&c);

	machine_round(&c, NULL);
	m->has_next_key = false;
	machine_update(&c);
	check_round(&c, "wg wg0 peer remove " NEXT_KEY "\n");
	machine_fini(&c);
}

/* Its controller was restored, say. */
static void a_peer_that_goes_back_is_followed_back(void)
{
	struct machine_case c;

	begin(&c);
	machine_round(&c, NULL);
	machine_wait(&c, 1);
	machine_greet(&c, "wg0", NEXT, AT);
	machine_round(&c, NULL);
	machine_wait(&c, 1);
	machine_greet(&c, "wg0", M, AT); /* it has gone back */
	check_round(&c, "wg wg0 allowed add " M_KEY " 10.100.0.20/32\n");
	machine_fini(&c);
}

/* Its role changes before the state has its new key as the key. */
static void a_peer_moves_by_the_key_that_it_uses(void)
{
	struct machine_case c;
	struct buf text;

	begin(&c);
	machine_round(&c, NULL);
	machine_wait(&c, 1);
	machine_greet(&c, "wg0", NEXT, AT);
	machine_round(&c, NULL);
	fleet_approve(&c.meshes.prod, 6, "172.20.30.0/24"); /* what a2 and a3 have */
	machine_update(&c);
	buf_init(&text);
	for (int i = 0; i < 10; i++) {
		machine_wait(&c, 100);
		machine_round(&c, &text);
	}
	CU_ASSERT(strstr(buf_text(&text), "peer add " NEXT_KEY " 10.100.0.20/32") != NULL);
	CU_ASSERT(strstr(buf_text(&text), "wg wg0 peer remove " NEXT_KEY) == NULL);
	CU_ASSERT(strstr(buf_text(&text), "peer add " M_KEY) == NULL);
	buf_fini(&text);
	machine_fini(&c);
}

/* Both at once: it is not known which of its keys the other has when it hears the greeting. */
static void a_machine_greets_by_its_new_key(void)
{
	struct machine_case c;
	struct buf text;

	begin(&c);
	machine_round(&c, NULL);
	c.memberships[0].public_key.bytes[0] ^= 0x40;
	buf_init(&text);
	machine_round(&c, &text);
	CU_ASSERT(strstr(buf_text(&text), "wg wg0 device\n") == buf_text(&text));
	CU_ASSERT(strstr(buf_text(&text), "wg wg0 peer greet " M_KEY "\n") != NULL);
	CU_ASSERT(strstr(buf_text(&text), "wg wg0 peer greet " NEXT_KEY "\n") != NULL);
	CU_ASSERT(strstr(buf_text(&text), "wg wg0t1 device\n") != NULL);
	CU_ASSERT(strstr(buf_text(&text), "wg wg0t1 peer greet ") != NULL);
	buf_clear(&text);
	TEST_NUMBER(machine_round(&c, &text), 0);
	buf_fini(&text);
	machine_fini(&c);
}

TEST_SUITE(agent_rotation,
	   {"a peer is followed to its next key", a_peer_is_followed_to_its_next_key},
	   {"a rotation that is given up leaves nothing",
	    a_rotation_that_is_given_up_leaves_nothing},
	   {"a peer that goes back is followed back", a_peer_that_goes_back_is_followed_back},
	   {"a peer moves by the key that it uses", a_peer_moves_by_the_key_that_it_uses},
	   {"a machine greets by its new key", a_machine_greets_by_its_new_key});
