/* Who this machine is: what `join` leaves behind in the state directory (0700).
 *
 *	machine.json	id, name, the controller's URLs and pin, the pinned signer
 *	identity.key	Ed25519 seed
 *	token		the machine token
 *	run		how often the agent was started: with the boot id it tells clones
 *	lock		held by the agent that runs */
#ifndef SKEIN_AGENT_MACHINE_H
#define SKEIN_AGENT_MACHINE_H

#include "agent/config.h"
#include "agent/http.h"
#include "lib/mesh/id.h"
#include "lib/mesh/name.h"

#define BOOT_ID_MAX	  40
#define MACHINE_START_MAX 80

struct machine {
	struct id id;
	char name[NAME_TEXT_MAX];
	uint8_t signer[32];
	struct secret identity, token;
	struct http_where where;
	char boot_id[BOOT_ID_MAX];
	int64_t run;
	char start[MACHINE_START_MAX]; /* of this process: boot id, run, and a random number */
};

/* ERR_NOT_FOUND where the machine has not joined. Caller machine_wipe()s. */
int machine_load(struct machine *m, const struct config *c, struct fault *f);
int machine_store(const struct machine *m, const struct config *c, struct fault *f);
/* Only machine.json: a new last address, a new signer. */
int machine_store_public(const struct machine *m, const struct config *c, struct fault *f);
bool machine_exists(const struct config *c);
/* ERR_NOT_FOUND, with what to do, where it has not. */
int machine_require(const struct config *c, struct fault *f);
int machine_remove(const struct config *c, struct fault *f);
void machine_wipe(struct machine *m);

void machine_read_boot(struct machine *m); /* boot_id */
/* The boot id, the number of this start, which is stored, and its name. */
int machine_count_run(struct machine *m, const struct config *c, struct fault *f);
/* ERR_BUSY while another process has it. Released when the process ends. */
int machine_lock(const struct config *c, struct fault *f);
/* The public half of the identity. */
void machine_identity(const struct secret *identity, uint8_t out[32]);
/* The Authorization value's token; caller wipes and frees the buffer. */
void machine_bearer(const struct machine *m, struct buf *out);

#endif
