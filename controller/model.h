/* The domain: what the controller knows. `row` is the database's integer, used inside; `id` is the
 * UUIDv7 that the outside sees. Texts are in the arena of whoever asked. */
#ifndef SKEIN_CONTROLLER_MODEL_H
#define SKEIN_CONTROLLER_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/mesh/id.h"
#include "lib/mesh/name.h"
#include "lib/mesh/state.h"
#include "lib/net/prefix.h"
#include "lib/net/wg.h"

typedef int64_t row_t;

/* Of a membership by its number on its machine: the UDP port of its main device; the 63 after it
 * are its trunks', by slot. */
#define BASE_PORT(number) ((uint16_t)(51820 + 64 * (number)))

enum role { ROLE_NONE, ROLE_MACHINE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

struct organization {
	row_t row;
	struct id id;
	char name[NAME_TEXT_MAX];
	struct wall created_at;
	uint64_t version; /* of the resource: its ETag */
};

#define STABLE_FOR_S 60 /* of a mesh, of a prefix, if nothing is said */

struct mesh {
	row_t row, organization;
	struct id id;
	char name[NAME_TEXT_MAX];
	struct prefix cidr, cidr6; /* cidr6.family 0: none */
	bool is_default, route_reflector;
	uint32_t asn;
	uint16_t bgp_port;
	uint32_t bfd_interval_ms, bfd_multiplier;
	uint32_t stable_for_s; /* a neighbour that was lost and is back comes last so long */
	struct wall created_at;
	uint64_t version;
	/* rendering: the view's revision and the digest of its body; that of all members' images,
	 * the digest of what they share (render/prints.h), and the view that they go with */
	uint64_t view_revision;
	struct digest view_digest;
	uint64_t images_revision, images_view;
	struct digest images_digest;
	uint32_t key_rotation_days;   /* how old a key gets; 0: any age */
	struct wall key_rotation_at;  /* when the schedule last began a rotation; ms 0: never */
	uint64_t nmembers, ngateways; /* filled by get and list */
};

struct machine {
	row_t row, organization;
	struct id id;
	char name[NAME_TEXT_MAX];
	uint8_t identity[32]; /* Ed25519 public key, made at join */
	struct digest token;  /* of its machine token */
	char boot_id[40];
	uint64_t run;
	struct wall created_at, seen_at;
	bool revoked;
	bool drained; /* an operator takes it out of service: its ways come after all others */
	bool idle;    /* and it has said that nothing goes by it any more */
	bool frozen;  /* one identity in two places, */
	char seen_from[ADDRESS_TEXT_MAX], other_from[ADDRESS_TEXT_MAX]; /* which asked from there */
	uint64_t version;
};

/* A machine that joined after the backup was made that this database comes from: it has shown an
 * image of then. `id` is its membership's. */
struct unknown_machine {
	row_t row, organization, mesh;
	struct id id, machine;
	char name[NAME_TEXT_MAX]; /* as it says */
	uint32_t index;
	struct wall created_at, seen_at; /* when it showed itself: first, and last */
	char seen_from[ADDRESS_TEXT_MAX];
	uint64_t version;
};

struct endpoint {
	uint8_t type; /* enum state_endpoint_type */
	uint8_t device;
	uint16_t port;
	struct address address;
};

/* How far the rotation of a membership's key is; controller/rotation.h has the order. */
enum rotation {
	ROTATION_NONE,
	ROTATION_WANTED,  /* its machine is to say a next key */
	ROTATION_OFFERED, /* it has; its peers are to know it */
	ROTATION_SWITCH,  /* they do; the machine is to use it, and to say so */
};

struct membership {
	row_t row, machine, mesh;
	struct id id;
	uint32_t index;	 /* address − network address of the mesh */
	uint32_t number; /* i: stable on its machine */
	bool gateway;
	uint8_t slot; /* of a router; 0: none */
	bool has_key, has_next_key;
	bool drained; /* its machine is; filled by gather_mesh() */
	struct wg_key key;
	struct wg_key next_key;	    /* while it is rotated: what its peers are to know before */
	uint8_t rotation;	    /* enum rotation */
	struct wall rotation_at;    /* since when it is that far */
	uint64_t rotation_view;	    /* the view that has the next key; 0: none is known to */
	struct wall key_changed_at; /* since when it has its key */
	struct endpoint endpoints[STATE_ENDPOINTS_MAX];
	size_t nendpoints;
	struct wall created_at;
	uint64_t version;
	/* rendering: of what in its image is its own. The image's revision is this one or its
	 * mesh's images_revision, whichever is later. */
	uint64_t image_revision, image_view;
	struct digest image_digest;
	/* as it was last reported */
	uint64_t applied_view, applied_image;
	char report_error[256];
};

/* What has to be so that a prefix is announced: asked by its machine. */
struct health_check {
	uint8_t type; /* enum state_check_type; NONE: all else is zero */
	uint8_t rise, fall;
	uint16_t port;
	uint32_t interval_ms, timeout_ms;
	struct prefix host;		/* a /32; of TCP and HTTP */
	char target[STATE_TARGET_SIZE]; /* HTTP's path, or what the machine calls its program */
};

/* A prefix of a membership: announced by its machine, approved by an operator; routed when
 * approved. */
#define UNWELL_TEXT_MAX 128

struct announcement {
	row_t row, membership;
	struct id id;
	struct prefix prefix;
	uint32_t priority; /* higher wins; default 100 */
	bool announced, approved;
	bool direct_when_lost; /* of an exit: then its users go out themselves */
	bool translated;       /* what goes there has the router's own address */
	uint32_t stable_for_s; /* after a loss, until it comes before others again */
	struct health_check check;
	char unwell[UNWELL_TEXT_MAX]; /* what its check says, while that keeps it back */
	row_t *users;		      /* memberships that may use it; in the arena */
	size_t nusers;		      /* 0: all of the mesh */
	struct wall created_at;
	uint64_t version;
};

struct approved_prefix {
	struct prefix prefix;
	bool limited; /* to some users: it crosses to no other mesh */
};

/* One that its machine would announce, and whose health check is against it. */
struct unwell_prefix {
	struct prefix prefix;
	char error[UNWELL_TEXT_MAX];
};

#define DEVICE_TEXT_MAX 16 /* Linux's IFNAMSIZ, with the NUL */

/* A prefix that a machine does not reach in a mesh, because something of its own comes first. */
struct shadowed {
	struct prefix prefix, by;     /* by: equal to the prefix, or around it */
	char device[DEVICE_TEXT_MAX]; /* over which the machine is connected to `by`; "": */
	row_t other;		      /* the membership of the same machine that has `by` */
};

/* What a member does by BGP that it may not, and another one refuses, or what keeps that one from
 * watching it; as agents report it. */
enum complaint_kind {
	COMPLAINT_ROUTES,
	COMPLAINT_FLOOD,
	COMPLAINT_MALFORMED,
	COMPLAINT_UNWATCHED,
	COMPLAINT_KINDS
};
struct complaint {
	uint32_t index; /* whose, in the mesh */
	enum complaint_kind kind;
	uint32_t routes; /* COMPLAINT_ROUTES: so many are refused */
};

/* How far a membership's machine has told what follows: the report `sequence` of a `stream`. */
struct tie_mark {
	uint64_t stream, sequence;
};

#define SESSION_NAME_MAX  32
#define SESSION_WORD_MAX  16
#define SESSION_ERROR_MAX 128

/* A BGP session of a membership, as its machine told last. */
struct bgp_session {
	row_t row, membership;
	uint32_t peer; /* index in the mesh; 0: another mesh's sibling on the same gateway */
	char name[SESSION_NAME_MAX], state[SESSION_WORD_MAX];
	char bfd[SESSION_WORD_MAX]; /* "": none */
	struct wall since;
	char error[SESSION_ERROR_MAX];
};

enum peer_path_kind { PEER_PATH_NONE, PEER_PATH_DIRECT, PEER_PATH_RELAYED, PEER_PATH_TRANSIT };
enum peer_handshake { PEER_HANDSHAKE_NEVER, PEER_HANDSHAKE_OLD, PEER_HANDSHAKE_LIVE };

/* How packets of a membership's machine reach a peer, the same. */
struct peer_path {
	row_t row, membership;
	uint32_t peer; /* index in the mesh */
	uint8_t slot, kind, handshake;
	struct prefix endpoint; /* a host; family 0: none is known */
	uint16_t port;
	uint32_t latency_ms;  /* the upper end of its class; 0: not measured */
	uint8_t loss_percent; /* the same; PEER_LOSS_UNKNOWN */
};

#define PEER_LOSS_UNKNOWN 255

/* What may pass between two meshes: prefixes of `a` that `b` sees, and the other way. */
struct peering {
	row_t row, organization, mesh_a, mesh_b;
	struct id id;
	struct prefix *prefixes_a, *prefixes_b;
	size_t nprefixes_a, nprefixes_b;
	struct wall created_at;
	uint64_t version;
};

struct join_grant {		       /* a join token, without its secret */
	row_t row, organization, mesh; /* mesh 0: the default one when it is used */
	struct id id;
	struct digest secret;
	char note[NAME_TEXT_MAX];
	uint32_t max_uses, uses; /* max 0: any number */
	bool gateway;		 /* who joins by it is a gateway of the mesh */
	struct wall created_at, expires_at, revoked_at; /* ms 0: never */
	uint64_t version;
};

struct api_token {
	row_t row, organization; /* organization 0: of the installation */
	struct id id;
	struct digest secret;
	char note[NAME_TEXT_MAX];
	enum role role;
	struct wall created_at, expires_at, revoked_at;
	uint64_t version;
};

struct audit_entry {
	row_t row, organization;
	struct id id;
	struct wall at;
	const char *actor;	    /* "token <id>", "machine <id>", "init" */
	const char *action;	    /* "mesh.create" */
	const char *resource;	    /* id */
	const char *before, *after; /* JSON, or NULL */
};

/* Who asks. */
struct principal {
	enum role role;
	row_t organization; /* 0: the installation */
	row_t token;	    /* api_token or machine row */
	struct id id;
};

#endif
