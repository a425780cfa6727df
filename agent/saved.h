/* What the agent changed on the machine and must put back on leave: settings that were there before
 * it, ports that it opened in ufw. Kept in a file, for leave may come years later. */
#ifndef SKEIN_AGENT_SAVED_H
#define SKEIN_AGENT_SAVED_H

#include "agent/config.h"
#include "lib/base/vec.h"
#include "lib/net/link.h"

struct saved_sysctl {
	char device[LINK_NAME_MAX]; /* "": net/ipv4/<name> */
	char name[32];
	int value; /* before */
};

typedef VEC(uint16_t) port_vec;

/* On the rules that the agent makes in ufw: they are told from others' by it. */
#define SAVED_UFW_COMMENT "skein"

struct saved {
	VEC(struct saved_sysctl) sysctls;
	port_vec ports; /* opened in ufw */
};

/* An absent file is an empty list. */
int saved_load(struct saved *s, const struct config *c, struct fault *f);
int saved_store(const struct saved *s, const struct config *c, struct fault *f);
void saved_fini(struct saved *s);
/* Notes the value that was there before the first change; later ones are not noted. */
bool saved_note(struct saved *s, const char *device, const char *name, int value);
/* Writes everything back, as far as the devices are still there, and forgets it. */
void saved_restore(struct saved *s);
/* LAN devices that forwarded nothing before us. */
size_t saved_opened(const struct saved *s, char (*out)[LINK_NAME_MAX], size_t max);

#endif
