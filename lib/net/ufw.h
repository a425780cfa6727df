/* ufw, the firewall front end of Ubuntu and Debian: opening what is needed the way its user
 * would. */
#ifndef SKEIN_NET_UFW_H
#define SKEIN_NET_UFW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

struct ufw {
	const char *config;  /* NULL: /etc/ufw/ufw.conf */
	const char *program; /* NULL: /usr/sbin/ufw */
};

/* The program is there and the configuration says ENABLED=yes. */
bool ufw_active(const struct ufw *u);
/* A rule is what stands behind `ufw allow`: "51820/udp", "in on wg0 to any port 179 proto tcp"; or
 * with "route" before it: "route in on wg0 out on lan0". There is at most one of the same words,
 * whoever made it: allowing what somebody else allowed, or refused, puts our rule in the place of
 * his. Its comment says whose it is. */
#define UFW_RULE_MAX 80

enum ufw_rule {
	UFW_NONE,
	UFW_OURS,    /* allowed, with our comment */
	UFW_ALLOWED, /* by somebody else */
	UFW_REFUSED, /* by somebody else */
};

/* Appends all rules, as `ufw show added` lists them. ERR_TIMEOUT after 20 s, as below. */
int ufw_list(const struct ufw *u, struct buf *out, struct fault *f);
/* Whose the rule is in such a list; the comment has 200 characters at most, and no quote. */
enum ufw_rule ufw_find(const char *list, const char *rule, const char *comment);
/* `ufw [route] allow RULE comment C`; once more is success. */
int ufw_allow(const struct ufw *u, const char *rule, const char *comment, struct fault *f);
/* `ufw [route] delete allow RULE comment C`: a rule with another comment stays. Absent is success.
 */
int ufw_delete(const struct ufw *u, const char *rule, const char *comment, struct fault *f);

#endif
