/* A membership image and the view that it goes with: read one after the other, so a revision may
 * lie between them. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "lib/mesh/state.h"

/* Where a section of the membership image holds an index of the view. */
static const struct reference {
	enum state_section_type section;
	const char *name;
	size_t size, offset;
} references[] = {
	{STATE_SELF, "self", sizeof(struct state_self), offsetof(struct state_self, peer)},
	{STATE_TRUNKS, "trunks", sizeof(struct state_trunk), offsetof(struct state_trunk, peer)},
	{STATE_USERS, "users", sizeof(uint32_t), 0},
	{STATE_SPEAKERS, "speakers", sizeof(struct state_speaker),
	 offsetof(struct state_speaker, peer)},
	{STATE_USABLE, "usable", sizeof(struct state_allowed),
	 offsetof(struct state_allowed, peer)},
};

static int check_reference(const struct state_image *membership, const struct reference *r,
			   uint64_t npeers, struct fault *f)
{
	uint64_t n;
	const uint8_t *records = state_records(membership, r->section, &n);

	for (uint64_t i = 0; i < n; i++) {
		uint32_t peer;

		memcpy(&peer, records + i * r->size + r->offset, sizeof(peer));
		if (peer >= npeers)
			return fault_set(f, ERR_INVALID,
					 "%s[%" PRIu64 "]: peer %" PRIu32
					 " of a view that has %" PRIu64,
					 r->name, i, peer, npeers);
	}
	return 0;
}

int state_match(const struct state_image *membership, const struct state_image *view,
		struct fault *f)
{
	uint64_t npeers, n;
	const struct state_self *self = state_records(membership, STATE_SELF, &n);
	int code = 0;

	state_records(view, STATE_PEERS, &npeers);
	if (memcmp(membership->root->mesh, view->root->mesh, sizeof(view->root->mesh)) != 0)
		return fault_set(f, ERR_MISMATCH, "the two images are of different meshes");
	if (view->root->revision < self->view_revision)
		return fault_set(f, ERR_STALE,
				 "the view has revision %" PRIu64
				 ", the membership image wants %" PRIu64,
				 view->root->revision, self->view_revision);
	for (size_t i = 0; code == 0 && i < sizeof(references) / sizeof(references[0]); i++)
		code = check_reference(membership, &references[i], npeers, f);
	return code;
}
