/* /etc/skein/agent.conf. Every number that a machine may already use for something else can be
 * moved here: tables, priorities, mark, ports, names. */
#ifndef SKEIN_AGENT_CONFIG_H
#define SKEIN_AGENT_CONFIG_H

#include "lib/base/schema.h"
#include "lib/net/prefix.h"

struct config {
	char *state_dir;      /* keys, tokens, images: 0700 */
	char *run_dir;	      /* control socket, a directory per membership */
	char *guard_dir;      /* where the guard is pinned: on a bpffs */
	char *join_token;     /* a file: read at the first start, then removed */
	char *device;	      /* stem of device names: "wg" */
	int64_t table_base;   /* T of membership i is table_base + i */
	int64_t control_base; /* C of membership i is control_base + i */
	int64_t rule_first;   /* priority of the first rule: the others keep their distance to it */
	int64_t mark, mark_mask;
	int64_t protocol;	      /* of routes and rules */
	struct schema_list announce;  /* prefixes offered to the operator for approval */
	struct schema_list endpoints; /* address:port, or an address: the ports are the devices' */
	struct schema_list checks;    /* "NAME /path": programs that health checks may run */
	bool containers;	      /* they reach the meshes as this machine */
	char *wireguard_go, *bird, *bird_user;
	char *log_level;
};

extern const struct schema_row agent_config_rows[];

/* "192.0.2.1:51820" or "192.0.2.1" (*port 0: the devices'). */
int config_endpoint(const char *text, char address[ADDRESS_TEXT_MAX], unsigned *port,
		    struct fault *f);

/* The program that a health check may run by this name; NULL: there is none. */
const char *config_check(const struct config *c, const char *name);

#define CONFIG_PATH "/etc/skein/agent.conf"

/* Defaults, the file (absent: an error unless `path` is the standard one), and the checks between
 * rows. Caller agent_config_fini()s. */
int agent_config_load(struct config *c, const char *path, struct fault *f);
void agent_config_fini(struct config *c);

#endif
