/* MeshState: the two signed images that a membership is run from (docs/mesh-state.md).
 *
 * The **view** is shared by all who may see the same peers; the **membership image** is one
 * membership's own. Each is a root page and a body of 4 KiB pages. The root carries an Ed25519
 * signature over the top of a tree of the pages' hashes, so that a change of one record costs one
 * page to hash, and a node a level (state_tree.h). An image is validated once (state_open) and then
 * used in place: the structs below are the format. All integers little-endian, all structs without
 * padding.
 *
 * Body: struct state_header, its section directory, then the sections, each at a multiple of 16
 * (STATE_PEERS at a page), in the order of the directory. */
#ifndef SKEIN_MESH_STATE_H
#define SKEIN_MESH_STATE_H

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/net/prefix.h"

#define STATE_PAGE	    4096u
#define STATE_VERSION	    1u
#define STATE_MAGIC	    "SKEINST\n"
#define STATE_SECTIONS_MAX  64u
#define STATE_IMAGE_MAX	    (UINT64_C(4) << 30)
#define STATE_ENDPOINTS_MAX 7
#define STATE_NAME_SIZE	    64
#define STATE_SLOT_MAX	    63
#define STATE_TARGET_SIZE   128

enum state_kind { STATE_KIND_VIEW = 1, STATE_KIND_MEMBERSHIP = 2 };

/* Revision: 16 bits of epoch (a restored backup has a later one), 48 bits of counter. */
#define STATE_REVISION(epoch, counter) ((uint64_t)(epoch) << 48 | (uint64_t)(counter))

struct state_root { /* the first 256 bytes of the image; the rest of its page is zero */
	char magic[8];
	uint32_t version;
	uint32_t kind;
	uint64_t revision;
	uint64_t body_pages;
	uint8_t mesh[16];
	uint8_t membership[16];	 /* zero in a view */
	uint8_t pages_hash[32];	 /* the top of the tree of the body's pages */
	uint8_t signer[32];	 /* Ed25519 public key */
	uint8_t next_signer[32]; /* zero: none. Named by the present signer, trusted from then on */
	uint8_t reserved[32];
	uint8_t signature[64]; /* over "skein state 1\n" and all bytes before it */
};

struct state_header { /* offset 0 of the body */
	uint32_t nsections;
	uint32_t reserved;
	uint64_t body_size; /* bytes used; the last page is zero beyond */
	struct state_section {
		uint32_t type;	 /* enum state_section_type; not 0 */
		uint32_t flags;	 /* STATE_SECTION_MANDATORY */
		uint64_t offset; /* in the body */
		uint64_t count;
		uint32_t record_size;
		uint32_t reserved;
	} sections[];
};

#define STATE_SECTION_MANDATORY 1u /* who does not know the type refuses the image */

enum state_section_type {
	/* view */
	STATE_MESH = 1,	    /* one struct state_mesh */
	STATE_PEERS = 2,    /* struct state_peer at index = address - network address */
	STATE_NAMES = 3,    /* char[64] at the same index */
	STATE_PREFIXES = 4, /* struct state_announced, sorted by prefix, then peer */
	STATE_ALLOWED = 5, /* struct state_allowed: allowed IPs of peers that are no routers, beyond
			      their own address; sorted by peer, then prefix */
	STATE_REMOTES = 6, /* struct state_remote: the meshes that a peering joins to this one */
	STATE_LET_IN = 7,  /* struct state_let_in: what peerings let in from them */
	STATE_PACE = 8,	   /* struct state_pace, one at most; without it the usual one */
	/* membership image */
	STATE_SELF = 32,	   /* one struct state_self */
	STATE_TRUNKS = 33,	   /* struct state_trunk, sorted by slot, then peer */
	STATE_TRUNK_ALLOWED = 34,  /* struct state_prefix: ranges of it belong to trunks */
	STATE_APPROVALS = 35,	   /* struct state_approval: what this membership may announce */
	STATE_USERS = 36,	   /* uint32_t peer indices: ranges of it belong to approvals */
	STATE_GUARD_SETS = 37,	   /* struct state_range into STATE_GUARD_PREFIXES */
	STATE_GUARD_PREFIXES = 38, /* struct state_prefix */
	STATE_GUARD_PAIRS = 39,	   /* struct state_guard_pair */
	STATE_SPEAKERS = 40,	   /* struct state_speaker: with whom there is a BGP session */
	STATE_SIBLINGS = 41,	   /* struct state_sibling: this gateway's BIRD of a peered mesh */
	STATE_USABLE = 42, /* struct state_allowed: the LIMITED ones of STATE_PREFIXES that this
			      membership may use; sorted by prefix, then peer */
	STATE_DUTY = 43,   /* struct state_duty, one at most; without it all is as usual */
	STATE_TERMS = 44,  /* struct state_terms, sorted by approval; without one the usual ones */
};

struct state_prefix {
	uint8_t bytes[16];
	uint8_t family; /* 4 or 6 */
	uint8_t length;
	uint16_t reserved;
};

struct state_mesh {
	struct state_prefix cidr;
	struct state_prefix cidr6; /* family 0: none */
	uint32_t asn;
	uint16_t bgp_port;
	uint8_t route_reflector; /* mode: 1 on, 0 full mesh */
	uint8_t bfd_multiplier;
	uint32_t bfd_interval_ms;
	uint32_t reserved;
	char name[STATE_NAME_SIZE];
};

struct state_pace {
	uint32_t stable_ms; /* a neighbour that was lost and is back comes last for so long */
	uint32_t reserved;
};

enum state_role { STATE_ROLE_MEMBER = 0, STATE_ROLE_ROUTER = 1, STATE_ROLE_GATEWAY = 2 };
enum state_routing { STATE_ROUTING_BGP = 0, STATE_ROUTING_STATIC = 1 };
enum state_peer_flag { STATE_PEER_PRESENT = 1, STATE_PEER_HAS_NEXT_KEY = 2 };
enum state_endpoint_type {
	STATE_ENDPOINT_CONFIGURED = 1,
	STATE_ENDPOINT_LOCAL = 2,    /* an address of the machine */
	STATE_ENDPOINT_OBSERVED = 3, /* seen by the controller, with the device's port */
	STATE_ENDPOINT_STUN = 4,
	STATE_ENDPOINT_PEER = 5,
};

struct state_endpoint {
	uint8_t address[16];
	uint16_t port;
	uint8_t type;
	uint8_t family; /* 0: unused */
	uint8_t device; /* 0: main device, s: trunk of slot s */
	uint8_t reserved;
};

struct state_peer { /* 256 bytes; all zero where there is none */
	uint8_t key[32];
	uint8_t next_key[32];
	uint32_t flags;
	uint8_t role;
	uint8_t slot; /* 1..63 of a router, else 0 */
	uint8_t routing;
	uint8_t nendpoints;
	uint8_t address6[16];
	uint16_t base_port; /* of its main device; a router's trunk of slot s: base_port + s */
	struct state_endpoint endpoints[STATE_ENDPOINTS_MAX];
	uint8_t reserved[12];
};

enum state_announced_flag {
	STATE_ANNOUNCED_SOLE = 1,    /* of one plain member: routed from the state */
	STATE_ANNOUNCED_LIMITED = 2, /* not everybody of the mesh may use it */
	STATE_ANNOUNCED_DIRECT = 4,  /* an exit whose users go directly when it is lost */
};

struct state_announced {
	struct state_prefix prefix;
	uint32_t peer;
	uint32_t priority;
	uint32_t flags;
};

struct state_allowed {
	struct state_prefix prefix;
	uint32_t peer;
};

struct state_remote {
	uint8_t peering[16];
	uint8_t mesh[16];
	struct state_prefix cidr;
	uint32_t asn;
};

struct state_let_in {
	struct state_prefix prefix;
	uint32_t remote; /* index into STATE_REMOTES */
};

struct state_self {
	uint8_t machine[16];
	uint32_t peer;		/* own index in the view */
	uint32_t number;	/* i: the membership's number on its machine */
	uint64_t view_revision; /* the lowest view that this image goes with */
	uint8_t role, slot;
	uint16_t base_port;
	uint32_t flags;
	uint8_t bird_templates[32]; /* BLAKE2b of what /mesh/bird gives */
	uint8_t bird_text[32];
};

struct state_range {
	uint32_t first, count;
};

struct state_trunk {
	uint32_t peer; /* a router */
	uint32_t slot;
	struct state_range allowed; /* of STATE_TRUNK_ALLOWED */
};

enum state_approval_flag {
	STATE_APPROVAL_PART = 1, /* inside another approval: announced to gateways beside it,
				    because a peering shows no more of that */
};

struct state_approval {
	struct state_prefix prefix;
	uint32_t priority;
	struct state_range users; /* of STATE_USERS; count 0: all of the mesh */
	uint32_t flags;
};

/* The guard passes a packet when one pair has it: source in one set, destination in the other. */
enum state_guard_verdict {
	STATE_GUARD_PASS = 1,
	STATE_GUARD_ICMP_ERROR = 2, /* only ICMP 3, 11, 12 that quote a pair that passes */
};

struct state_guard_pair {
	uint32_t from, to; /* indices into STATE_GUARD_SETS */
	uint32_t verdict;
	uint8_t peering[16]; /* zero within one mesh */
};

struct state_speaker {
	uint32_t peer;
	uint32_t device; /* 0: main device, s: trunk of slot s */
};

struct state_sibling {
	uint8_t membership[16];
	uint8_t mesh[16];
	uint8_t peering[16];
	uint32_t number;	     /* i of that membership */
	struct state_prefix cidr;    /* of its mesh */
	struct state_prefix address; /* this machine's, in it */
	uint32_t asn;
};

enum state_duty_flag {
	STATE_DUTY_DRAINED = 1, /* out of service: all that it announces comes second (RFC 8326) */
};

struct state_duty {
	uint32_t flags;
	uint32_t reserved;
};

enum state_terms_flag {
	STATE_TERMS_TRANSLATED = 1, /* what goes there has the router's own address there */
};
enum state_check_type {
	STATE_CHECK_NONE = 0, /* all of the check is zero */
	STATE_CHECK_TCP = 1,  /* a connection to address and port is accepted */
	STATE_CHECK_HTTP = 2, /* GET target there is answered 200 to 399 */
	STATE_CHECK_EXEC = 3, /* what agent.conf calls by the name `target` ends with status 0 */
};
#define STATE_STABLE_MS		60000 /* the usual one, of a prefix and of a neighbour */
#define STATE_STABLE_MAX_MS	3600000
#define STATE_CHECK_MIN_MS	100
#define STATE_CHECK_MAX_MS	3600000
#define STATE_CHECK_RESULTS_MAX 100

struct state_terms {	   /* on which an approval is announced */
	uint32_t approval; /* index of STATE_APPROVALS; no part */
	uint32_t flags;
	uint32_t stable_ms;   /* after a loss: so long it comes after others */
	uint32_t interval_ms; /* between the beginnings of two checks */
	uint32_t timeout_ms;  /* no longer than the interval */
	uint8_t check;	      /* enum state_check_type */
	uint8_t family;
	uint16_t port;
	uint8_t rise, fall; /* results in a row that change what is believed */
	uint16_t reserved;
	uint8_t address[16];
	char target[STATE_TARGET_SIZE]; /* ended and filled with zero */
};

/* ---- reading ---- */

struct state_image {
	const uint8_t *data; /* borrowed: a mapping or a buffer */
	uint64_t size;
	const struct state_root *root;
	const struct state_header *header;
	const struct state_section *by_type[64]; /* NULL: not there */
};

/* What the reader insists on. Zeroed fields are not checked. */
struct state_expect {
	enum state_kind kind;
	const uint8_t *signer;	   /* 32 bytes: the pinned key; required */
	const uint8_t *mesh;	   /* 16 bytes */
	const uint8_t *membership; /* 16 bytes */
	uint64_t revision_min;	   /* lower: ERR_STALE */
};

/* Validates structure, identity, hashes and signature; after it every accessor below is in bounds
 * for any index that the counts admit. O(size). Errors: ERR_TRUNCATED, ERR_UNSUPPORTED,
 * ERR_INVALID, ERR_SIGNATURE, ERR_MISMATCH, ERR_STALE. */
int state_open(struct state_image *out, const void *data, uint64_t size,
	       const struct state_expect *expect, struct fault *f);
/* The same, keeping the hashes of the pages, which deltas start from (delta.h). `tree` is empty on
 * an error; else caller state_tree_fini()s. */
struct state_tree;
int state_open_tree(struct state_image *out, struct state_tree *tree, const void *data,
		    uint64_t size, const struct state_expect *expect, struct fault *f);
/* Structure only, without signature and identity: for `skein state show` and the bench. */
int state_check(struct state_image *out, const void *data, uint64_t size, struct fault *f);

/* Signature and hashes of a checked image, against a signer: with the one that the root names it
 * says that the image is whole, not whose it is. ERR_SIGNATURE. O(size). */
int state_verify(const struct state_image *s, const uint8_t signer[32], struct fault *f);

/* The records of a section, in place; *count 0 and NULL where the section is not there. */
const void *state_records(const struct state_image *s, enum state_section_type type,
			  uint64_t *count);
/* NULL unless PRESENT; any index may be asked for. */
const struct state_peer *state_peer_at(const struct state_image *view, uint32_t index);
const char *state_name_at(const struct state_image *view, uint32_t index); /* "" if none */
/* The mesh address of a peer index. */
struct address state_peer_address(const struct state_image *view, uint32_t index);
struct prefix state_prefix_get(const struct state_prefix *p);
struct state_prefix state_prefix_of(const struct prefix *p);

/* Whether the two belong together: the same mesh, every peer index of the membership image within
 * the view, its view no older than the image wants. ERR_MISMATCH, ERR_STALE, ERR_INVALID. */
int state_match(const struct state_image *membership, const struct state_image *view,
		struct fault *f);

/* ---- writing ---- */

struct state_writer; /* collects sections, then lays them out */

struct state_writer *state_writer_new(enum state_kind kind);
/* Copies count records. Sections come in ascending order of type; empty ones may be left out. */
void state_writer_section(struct state_writer *w, enum state_section_type type, const void *records,
			  uint64_t count, uint32_t record_size);
/* Appends the body (without a root), whole pages: what is compared to see whether anything
 * changed. */
void state_writer_body(const struct state_writer *w, struct buf *out);
void state_writer_free(struct state_writer *w);

struct state_identity {
	enum state_kind kind;
	uint64_t revision;
	const uint8_t *mesh, *membership, *next_signer; /* the last two may be NULL */
};

/* Appends root page and body to `out`: the signed image. `signing_key`: libsodium's 64 bytes. */
void state_sign(const struct state_identity *id, const void *body, uint64_t body_len,
		const uint8_t signing_key[64], struct buf *out);

#endif
