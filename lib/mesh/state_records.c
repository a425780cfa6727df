#include <string.h>

#include "lib/mesh/state.h"

const void *state_records(const struct state_image *s, enum state_section_type type,
			  uint64_t *count)
{
	const struct state_section *x = s->by_type[type];

	*count = x != NULL ? x->count : 0;
	return *count > 0 ? s->data + STATE_PAGE + x->offset : NULL;
}

const struct state_peer *state_peer_at(const struct state_image *view, uint32_t index)
{
	uint64_t n;
	const struct state_peer *peers = state_records(view, STATE_PEERS, &n);

	return index < n && (peers[index].flags & STATE_PEER_PRESENT) != 0 ? &peers[index] : NULL;
}

const char *state_name_at(const struct state_image *view, uint32_t index)
{
	uint64_t n;
	const char(*names)[STATE_NAME_SIZE] = state_records(view, STATE_NAMES, &n);

	return index < n ? names[index] : "";
}

struct address state_peer_address(const struct state_image *view, uint32_t index)
{
	uint64_t n;
	const struct state_mesh *mesh = state_records(view, STATE_MESH, &n);
	const uint8_t *b;

	if (mesh == NULL) /* not a view */
		return (struct address){0};
	b = mesh->cidr.bytes;
	return address_ipv4(
		((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]) + index);
}

struct prefix state_prefix_get(const struct state_prefix *p)
{
	struct prefix out = {.family = p->family, .length = p->length};

	memcpy(out.bytes, p->bytes, sizeof(out.bytes));
	return out;
}

struct state_prefix state_prefix_of(const struct prefix *p)
{
	struct state_prefix out = {.family = p->family, .length = p->length};

	memcpy(out.bytes, p->bytes, sizeof(out.bytes));
	return out;
}
