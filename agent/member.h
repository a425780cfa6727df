/* A membership of this machine: its key, and the state that it is run from. Below the state
 * directory, in a directory by its id:
 *
 *	key			WireGuard's private key, made here
 *	key.next		while it is rotated: the next one; then, for a moment, the last one
 *	view, membership	signed images; in .delta the steps since (lib/mesh/state_file.h)
 *	templates.conf, membership.conf		for BIRD; used only if their hashes are the image's
 *	*.next			a set that is being stored: see member_install()
 *	good/			BIRD's texts before those that it refuses (bird/files.h) */
#ifndef SKEIN_AGENT_MEMBER_H
#define SKEIN_AGENT_MEMBER_H

#include "agent/bird/offences.h"
#include "agent/config.h"
#include "agent/plan/facts.h"
#include "agent/seat.h"
#include "agent/ties/ties.h"
#include "lib/mesh/id.h"
#include "lib/mesh/state_file.h"
#include "lib/net/wg_device.h"

struct member {
	struct id id;
	uint32_t number; /* i; known once there is state */
	struct secret key;
	struct wg_key public_key;
	struct secret next; /* while the key is rotated (key_rotation.h), as has_next says */
	struct wg_key next_public_key;
	bool has_next, next_is_new; /* made by this process, and not in use yet */
	struct state_file view, membership;
	struct buf templates, text; /* those that the image names; empty: not there */
	/* What the round found. */
	uint64_t ports_taken; /* struct plan_membership */
	struct seat seat;     /* as of the last round */
	offer_vec offers;     /* the same; and what health checks say */
	uint64_t applied_view, applied_membership;
	char error[FAULT_TEXT_MAX];	 /* of the last round; "" if it went well */
	char refused[FAULT_TEXT_MAX];	 /* why the state last offered is not used; "" if it is */
	char bird_error[FAULT_TEXT_MAX]; /* why BIRD refuses what it was given; "" if it does not */
	char barred[FAULT_TEXT_MAX];	 /* what of its traffic the machine's own filter drops */
	char barred_told[FAULT_TEXT_MAX]; /* in the last round */
	struct offences offences;	  /* of others, as BIRD tells them */
	uint64_t offences_told;		  /* .changes, in the last round */
	unsigned torn;			  /* sets in a row whose parts did not go together */
	bool bird_pending; /* BIRD has not taken up what is newest, and goes about it */
	bool announce_key; /* the controller does not have our public key yet */
	struct bird_child *bird;
	struct ties ties; /* its neighbours, and what the controller knows of them */
};

enum member_part { PART_VIEW, PART_MEMBERSHIP, PART_TEMPLATES, PART_TEXT, PART_COUNT };

/* A new set, as it came from the controller; empty: that part stays as it is. */
struct member_update {
	struct buf parts[PART_COUNT];
	bool steps[PART_COUNT]; /* of an image: what leads there from the one that is here */
};

struct member *member_new(const struct id *id);
void member_free(struct member *m); /* unmaps, wipes */

/* ---- member_key.c ---- */

/* Loads the key; makes one (*made) and stores it where there is none, or what is there is none. A
 * next one too, where there is one. */
int member_load_key(struct member *m, const struct config *c, bool *made, struct fault *f);
/* Another key than any before, as the next one. */
int member_make_next_key(struct member *m, const struct config *c, struct fault *f);
/* The two change places: after a crash the one or the other is in use, and both are there. */
int member_switch_key(struct member *m, const struct config *c, struct fault *f);
int member_drop_next_key(struct member *m, const struct config *c, struct fault *f);

/* ---- member_state.c ---- */

/* Maps what is stored if it verifies; if not, what is in use stays in use. ERR_NOT_FOUND where
 * there is nothing yet. */
int member_load(struct member *m, const struct config *c, const uint8_t signer[32],
		struct fault *f);
/* Verifies the update with what stays, as a whole; stores it; puts it to use. On an error all is as
 * it was; ERR_PRECONDITION where the parts are good, and not of one set. Order on disk: a newer
 * view goes with an older membership image (state_self.view_revision), the texts wait as .next
 * until the image that names them is there. */
int member_install(struct member *m, const struct config *c, const uint8_t signer[32],
		   struct member_update *u, struct fault *f);
bool member_is_ready(const struct member *m); /* both images are there */
void member_unload(struct member *m);	      /* closes both */
/* Whether steps lead from the image that is here to a good one; says why not. */
int member_try_steps(struct member *m, const uint8_t signer[32], const struct buf *steps,
		     enum member_part part, struct fault *f);
/* True when the set with this update still lacks this text of BIRD's (PART_TEMPLATES, PART_TEXT).
 * False where there is no image that could name it, or a bad one: so says member_install(). */
bool member_misses_text(struct member *m, const uint8_t signer[32], const struct member_update *u,
			enum member_part part);
/* The update takes something from this machine that others may be using now (seat.h). */
bool member_shrinks(struct member *m, const uint8_t signer[32], const struct member_update *u);
uint64_t member_revision(const struct state_file *image); /* 0: none */
/* Its own record of the view; NULL: none is here. */
const struct state_peer *member_record(const struct member *m);

/* ---- member.c ---- */

/* What went wrong with it last; "" if nothing did. */
const char *member_trouble(const struct member *m);
/* Removes its directory. */
int member_remove(const struct id *id, const struct config *c, struct fault *f);

typedef VEC(struct member *) member_vec;
/* Memberships with a directory, keys loaded, images as far as they verify. What does not load is
 * logged and fetched again. */
int member_load_all(member_vec *out, const struct config *c, const uint8_t signer[32],
		    struct fault *f);
struct member *member_find(const member_vec *v, const struct id *id);

#endif
