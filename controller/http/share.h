/* What one token may have of something that all share: requests on their way to the database,
 * connections. Requests are worked off in the order in which they come: without a bound, who sends
 * a thousand at once lets all others wait for a thousand. */
#ifndef SKEIN_CONTROLLER_HTTP_SHARE_H
#define SKEIN_CONTROLLER_HTTP_SHARE_H

#include <stdbool.h>

#include "controller/call.h"

struct share;

/* So many for each token. */
struct share *share_new(unsigned most);
void share_free(struct share *s);
/* One more of this token's: false when it has its share already. Who has no token (an enrolment)
 * is not counted. From any thread. */
bool share_take(struct share *s, const struct principal *who);
/* One that share_take() granted is done. */
void share_return(struct share *s, const struct principal *who);

#endif
