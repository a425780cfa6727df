/* What can break in the fleet of faults_world.h, one thing a row: how it is broken and mended,
 * whose flows notice, and what that may cost. */
#ifndef SKEIN_TEST_NET_FAULTS_TABLE_H
#define SKEIN_TEST_NET_FAULTS_TABLE_H

#include "lab/lab.h"

#define FAULTS_PARTS_MAX 3

/* Flows, of which a row has a set. */
enum faults_flow {
	FLOW_ACROSS = 1u << 0,	/* a1 with b1, over the gateways */
	FLOW_GATEWAY = 1u << 1, /* a1 with g1 itself */
	FLOW_ROUTER = 1u << 2,	/* a1 with r1 itself */
	FLOW_NEAR = 1u << 3,	/* a1 to the prefix that r1 has, or else r2 */
	FLOW_FAR = 1u << 4,	/* b1 to the same, over the gateways */
};
#define FLOWS_N 5

enum faults_cost {
	COST_NOTHING,	/* not one packet */
	COST_MOMENT,	/* what is told at once, and needs no detection */
	COST_DETECTION, /* BFD's time; what loses nothing was not hit */
};

struct faults_act;

struct faults_part {
	const struct faults_act *act;
	const char *machine, *what; /* "bird"; of a cut, the other machine */
};

struct faults_row {
	const char *id;				    /* a word, to pick it by */
	const char *name;			    /* "a gateway loses its link" */
	struct faults_part parts[FAULTS_PARTS_MAX]; /* up to one without an act */
	unsigned flows;				    /* of enum faults_flow */
	enum faults_cost cost;
};

extern const struct faults_row faults_rows[];
extern const size_t faults_nrows;

/* NULL: there is none. */
const struct faults_row *faults_find(const char *id);
int faults_cause(struct lab *lab, const struct faults_row *row, struct fault *f);
/* What was not broken is left alone. */
int faults_undo(struct lab *lab, const struct faults_row *row, struct fault *f);

#endif
