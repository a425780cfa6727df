#include "test/net/faults_table.h"

#include <string.h>

#include "lab/machine.h"
#include "lab/operator.h"
#include "lab/outage.h"
#include "lab/underlay.h"

#define WAY_MS 30000

struct faults_act {
	int (*cause)(struct lab *lab, const char *machine, const char *what, struct fault *f);
	int (*undo)(struct lab *lab, const char *machine, const char *what, struct fault *f);
};

static int restore(struct lab *lab, const char *machine, const char *what, struct fault *f)
{
	(void)what;
	return outage_end(lab, machine, f);
}

/* Until traffic between the meshes passes by g1, which has the first slot in both, or does not. */
static int await_way(struct lab *lab, bool by_g1, struct fault *f)
{
	static const struct {
		const char *machine, *prefix;
	} ways[] = {{"a1", "10.141.0.0/16"}, {"b1", "10.140.0.0/16"}};
	int code = 0;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && code == 0; i++) {
		const char *const argv[] = {
			"sh",
			"-c",
			"until ip -4 route show table 5200 exact \"$0\" proto bird |"
			" grep -c 'dev wg0t1 ' | grep -q \"$1\"; do sleep 0.05; done",
			ways[i].prefix,
			by_g1 ? "^1" : "^0",
			NULL};

		code = machine_run(lab, ways[i].machine, argv, NULL, WAY_MS, NULL, f);
	}
	return code;
}

static int say(struct lab *lab, const char *verb, const char *machine, struct fault *f)
{
	const char *const words[] = {"gateway", verb, machine, NULL};

	return operator_skein(lab, words, NULL, NULL, f);
}

static int drain(struct lab *lab, const char *machine, const char *what, struct fault *f)
{
	int code = say(lab, "drain", machine, f);

	if (code == 0)
		code = await_way(lab, false, f);
	return code == 0 ? outage_cause(lab, machine, what, f) : code;
}

static int undrain(struct lab *lab, const char *machine, const char *what, struct fault *f)
{
	int code = outage_end(lab, machine, f);

	(void)what;
	if (code == 0)
		code = say(lab, "undrain", machine, f);
	return code == 0 ? await_way(lab, true, f) : code;
}

static const struct faults_act broken = {outage_cause, restore};
static const struct faults_act frozen = {outage_freeze, restore};
static const struct faults_act cut = {underlay_cut, underlay_heal};
static const struct faults_act deaf = {underlay_cut_way, underlay_heal};
static const struct faults_act drained = {drain, undrain}; /* then broken */

#define CROSSING   (FLOW_ACROSS | FLOW_FAR)
#define BY_GATEWAY (FLOW_ACROSS | FLOW_GATEWAY)
#define BY_ROUTER  (FLOW_NEAR | FLOW_ROUTER)
#define TO_PREFIX  (FLOW_NEAR | FLOW_FAR)
#define ANY	   (FLOW_ACROSS | FLOW_NEAR | FLOW_FAR)

/* r1 carries the prefix, r2 stands by; a1 and b1 use both gateways. */
/* clang-format off */
const struct faults_row faults_rows[] = {
	{"link", "a gateway loses its link",
	 {{&broken, "g1", "link"}}, CROSSING, COST_DETECTION},
	{"one-way", "a member does not hear a gateway",
	 {{&deaf, "g1", "a1"}}, BY_GATEWAY, COST_DETECTION},
	{"other-way", "a gateway does not hear a member",
	 {{&deaf, "a1", "g1"}}, BY_GATEWAY, COST_DETECTION},
	{"gateway-cut", "a member and a gateway are cut",
	 {{&cut, "a1", "g1"}}, BY_GATEWAY, COST_DETECTION},
	{"router-cut", "a member and an HA router are cut",
	 {{&cut, "a1", "r1"}}, BY_ROUTER, COST_DETECTION},
	{"drain", "a drained gateway loses its link",
	 {{&drained, "g1", "link"}}, CROSSING, COST_NOTHING},
	{"gateways-cut", "two gateways are cut",
	 {{&cut, "g1", "g2"}}, BY_GATEWAY, COST_NOTHING},
	{"router-link", "an HA router loses its link",
	 {{&broken, "r1", "link"}}, TO_PREFIX, COST_DETECTION},
	{"lan", "an HA router loses its LAN link",
	 {{&broken, "east", "link"}}, TO_PREFIX, COST_MOMENT},
	{"bird", "BIRD of a gateway is killed",
	 {{&broken, "g1", "bird"}}, CROSSING, COST_NOTHING},
	{"bird-frozen", "BIRD of a gateway stands still",
	 {{&frozen, "g1", "bird"}}, CROSSING, COST_NOTHING},
	{"router-bird", "BIRD of an HA router and a member is killed",
	 {{&broken, "r1", "bird"}, {&broken, "a1", "bird"}}, ANY, COST_NOTHING},
	{"router-bird-frozen", "BIRD of an HA router and a member stands still",
	 {{&frozen, "r1", "bird"}, {&frozen, "a1", "bird"}}, ANY, COST_NOTHING},
	{"wg", "wireguard-go of a gateway is killed",
	 {{&broken, "g1", "wg"}}, CROSSING, COST_DETECTION},
	{"wg-frozen", "wireguard-go of a gateway stands still",
	 {{&frozen, "g1", "wg"}}, CROSSING, COST_DETECTION},
	{"router-wg", "wireguard-go of an HA router is killed",
	 {{&broken, "r1", "wg"}}, TO_PREFIX, COST_DETECTION},
	{"router-wg-frozen", "wireguard-go of an HA router stands still",
	 {{&frozen, "r1", "wg"}}, TO_PREFIX, COST_DETECTION},
	{"agent", "the agent of a gateway is killed",
	 {{&broken, "g1", "agent"}}, CROSSING, COST_NOTHING},
	{"agent-frozen", "the agent of a gateway stands still",
	 {{&frozen, "g1", "agent"}}, CROSSING, COST_NOTHING},
	{"router-agent", "the agent of an HA router and a member is killed",
	 {{&broken, "r1", "agent"}, {&broken, "a1", "agent"}}, ANY, COST_NOTHING},
	{"router-agent-frozen", "the agent of an HA router and a member stands still",
	 {{&frozen, "r1", "agent"}, {&frozen, "a1", "agent"}}, ANY, COST_NOTHING},
	{"machine", "a gateway loses its power",
	 {{&broken, "g1", "all"}}, CROSSING, COST_DETECTION},
	{"router-machine", "an HA router loses its power",
	 {{&broken, "r1", "all"}}, TO_PREFIX, COST_DETECTION},
	{"two", "a gateway and an HA router lose their links",
	 {{&broken, "g1", "link"}, {&broken, "r1", "link"}}, ANY, COST_DETECTION},
};
/* clang-format on */

const size_t faults_nrows = sizeof(faults_rows) / sizeof(faults_rows[0]);

const struct faults_row *faults_find(const char *id)
{
	for (size_t i = 0; i < faults_nrows; i++)
		if (strcmp(faults_rows[i].id, id) == 0)
			return &faults_rows[i];
	return NULL;
}

int faults_cause(struct lab *lab, const struct faults_row *row, struct fault *f)
{
	int code = 0;

	for (int i = 0; i < FAULTS_PARTS_MAX && row->parts[i].act != NULL && code == 0; i++) {
		const struct faults_part *p = &row->parts[i];

		code = p->act->cause(lab, p->machine, p->what, f);
	}
	return code;
}

/* All of them, whatever one says: what stays broken would be taken for the next row's. */
int faults_undo(struct lab *lab, const struct faults_row *row, struct fault *f)
{
	int code = 0;

	for (int i = 0; i < FAULTS_PARTS_MAX && row->parts[i].act != NULL; i++) {
		const struct faults_part *p = &row->parts[i];
		int one = p->act->undo(lab, p->machine, p->what, f);

		code = code != 0 ? code : one;
	}
	return code;
}
