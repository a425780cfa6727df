/* The deadlines of connections. A thread looks at them a few times a second and shuts down the
 * sockets of those that took too long.
 *
 * One on which nobody has shown a credential yet is a stranger's. When there are nearly as many
 * connections as there may be, a stranger who comes takes the place of the one that has been there
 * longest: so who opens thousands and says nothing keeps out others like him, and no machine. */
#ifndef SKEIN_CONTROLLER_HTTP_CONNECTIONS_H
#define SKEIN_CONTROLLER_HTTP_CONNECTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "controller/http/poll.h"
#include "controller/http/tls_input.h"
#include "controller/model.h"
#include "lib/base/clock.h"

#define CONNECTIONS_OF_TOKEN 64

struct questions;
struct connections;
struct connection;

/* `most`: how many there may be. The thread also expires the waiters of `poll` and looks at the
 * questions; both are borrowed. */
int connections_start(struct connections **out, int64_t request_ms, size_t most, struct poll *poll,
		      struct questions *questions, struct fault *f);
void connections_stop(struct connections *c); /* accepts NULL */

/* A connection came: its first request has to be whole within request_ms. */
struct connection *connections_open(struct connections *c, int fd);
/* What it reads by, where it is TLS; there until connections_close(). */
struct tls_input *connection_input(struct connection *x);
/* Before the descriptor is closed. */
void connections_close(struct connections *c, struct connection *x);

/* Its request has a good credential, this one. False when that has its share of connections: it
 * stays a stranger's. */
bool connection_known(struct connection *x, const struct principal *who);
void connection_receiving(
	struct connection *x);		       /* the headers are in; the rest until the deadline */
void connection_working(struct connection *x); /* it is our turn: no deadline */
void connection_sending(struct connection *x, size_t bytes);
void connection_idle(struct connection *x); /* answered; the next request may come */

#endif
