/* ufw, the firewall front end of Ubuntu and Debian: opening a port the way its user would. */
#ifndef SKEIN_NET_UFW_H
#define SKEIN_NET_UFW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

struct ufw {
	const char *config;  /* NULL: /etc/ufw/ufw.conf */
	const char *program; /* NULL: /usr/sbin/ufw */
};

/* The program is there and the configuration says ENABLED=yes. */
bool ufw_active(const struct ufw *u);
/* There is at most one rule for a port, whoever made it: allowing what somebody else allowed, or
 * refused, puts our rule in the place of his. Its comment says whose it is. */
enum ufw_rule {
	UFW_NONE,
	UFW_OURS,    /* allowed, with our comment */
	UFW_ALLOWED, /* by somebody else */
	UFW_REFUSED, /* by somebody else */
};

/* The rule for N/udp, whatever it comes from. ERR_TIMEOUT after 20 s, as below. */
int ufw_find_udp(const struct ufw *u, uint16_t port, const char *comment, enum ufw_rule *out,
		 struct fault *f);
/* `ufw allow N/udp comment C`; once more is success. */
int ufw_allow_udp(const struct ufw *u, uint16_t port, const char *comment, struct fault *f);
/* `ufw delete allow N/udp comment C`: a rule with another comment stays. Absent is success. */
int ufw_delete_udp(const struct ufw *u, uint16_t port, const char *comment, struct fault *f);
/* `ufw route allow in on FROM out on TO`, and taking it back. */
int ufw_allow_route(const struct ufw *u, const char *from, const char *to, struct fault *f);
int ufw_delete_route(const struct ufw *u, const char *from, const char *to, struct fault *f);

#endif
