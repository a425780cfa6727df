/* What writers have done to a controller, by the answers that they got, and whether it is so.
 *
 * A request whose answer was lost may have been done or not; what is found then has to stay. */
#ifndef SKEIN_TEST_NET_CRASH_MODEL_H
#define SKEIN_TEST_NET_CRASH_MODEL_H

#include "lib/base/vec.h"
#include "test/unit/controller/stand.h"

enum known { IS_NOT, IS, MAY_BE };

/* A machine that one writer makes, changes and removes; nobody else touches it. */
struct subject {
	struct stand_machine machine; /* .id is "" until an answer or a look has said it */
	char name[64], new_name[64];  /* new_name: "" unless a renaming's answer was lost */
	enum known there, gateway;    /* a gateway of both meshes */
	bool in_both;		      /* a member of the second mesh, once it was a gateway */
};

typedef VEC(struct subject *) subject_vec;

struct crash_model {
	char mesh[2][64];  /* ids; each machine joins the first */
	char join_id[64];  /* of the token that all use */
	subject_vec known; /* of all writers; only looked at while these rest */
	struct given {
		char key[128];	     /* mesh and address */
		char membership[64]; /* that got it */
		struct given *next;
	} * given; /* every address that was ever seen; freed ones rest for longer than we run */
	size_t lost, found; /* answers that were lost, and those of them whose work was there */
};

/* Looks at everything through `client`, says what is not as it has to be (failures of the test),
 * and takes over what lost answers had done. */
void crash_model_check(struct crash_model *m, struct stand *client);
/* That the uses of the join token are the machines that ever came, of which the audit has each; for
 * the end, as it reads all of the audit. */
void crash_model_check_audit(struct crash_model *m, struct stand *client);
void crash_model_free(struct crash_model *m);

#endif
