/* What the agent changed on the machine and must put back on leave: settings that were there before
 * it, rules that it made in ufw. Kept in a file, for leave may come years later. */
#ifndef SKEIN_AGENT_SAVED_H
#define SKEIN_AGENT_SAVED_H

#include "agent/config.h"
#include "lib/base/vec.h"
#include "lib/net/link.h"
#include "lib/net/ufw.h"

struct saved_sysctl {
	char device[LINK_NAME_MAX]; /* "": net/ipv4/<name> */
	char name[32];
	int value; /* before */
};

struct saved_rule {
	char text[UFW_RULE_MAX];
};
typedef VEC(struct saved_rule) ufw_rule_vec;

/* On the rules that the agent makes in ufw: they are told from others' by it. */
#define SAVED_UFW_COMMENT "skein"

struct saved {
	VEC(struct saved_sysctl) sysctls;
	ufw_rule_vec ufw; /* rules that we made in it */
};

/* An absent file is an empty list. */
int saved_load(struct saved *s, const struct config *c, struct fault *f);
int saved_store(const struct saved *s, const struct config *c, struct fault *f);
void saved_fini(struct saved *s);
/* Notes the value that was there before the first change; later ones are not noted. */
bool saved_note(struct saved *s, const char *device, const char *name, int value);
/* It is as it was: nothing is left to be put back. */
void saved_forget(struct saved *s, const char *device, const char *name);
/* Writes everything back, as far as the devices are still there, and forgets it. */
void saved_restore(struct saved *s);
bool saved_has_rule(const ufw_rule_vec *v, const char *text);
void saved_push_rule(ufw_rule_vec *v, const char *text);
/* LAN devices that forwarded nothing before us. */
size_t saved_opened(const struct saved *s, char (*out)[LINK_NAME_MAX], size_t max);

#endif
