/* A prefix set in BIRD's words. A set must not be empty: then it is one address that no valid route
 * has. */
#ifndef SKEIN_CONTROLLER_RENDER_BIRD_SET_H
#define SKEIN_CONTROLLER_RENDER_BIRD_SET_H

#include "controller/render/plan.h"
#include "lib/base/buf.h"

struct bird_set {
	struct buf *out;
	const char *after;
	size_t n;
};

/* Text before, the set, text behind: the last is borrowed until bird_set_end(). */
void bird_set_begin(struct bird_set *s, struct buf *out, const char *before, const char *after);
/* `range`: "{32,32}", "+", or "". */
void bird_set_add(struct bird_set *s, const struct prefix *p, const char *range);
void bird_set_add_list(struct bird_set *s, const struct prefix_list *list);
/* The addresses inside each; a prefix that is one address has none inside. */
void bird_set_add_hosts(struct bird_set *s, const struct prefix_list *list);
void bird_set_end(struct bird_set *s);
/* All of it at once. */
void bird_set_list(struct buf *out, const char *before, const struct prefix_list *list,
		   const char *after);

#endif
