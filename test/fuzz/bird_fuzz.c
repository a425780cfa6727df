/* Replies of BIRD, from its socket on: every parser sees every line. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/net/bird_parse_bfd.h"
#include "lib/net/bird_parse_protocols.h"
#include "lib/net/bird_parse_routes.h"
#include "lib/net/bird_parse_status.h"
#include "test/fuzz/fuzz.h"
#include "test/test.h"

#define GREETING "0001 BIRD 2.0.12 ready.\n"

struct parsers {
	struct bird_protocols protocols;
	struct bird_routes routes;
	struct bird_bfd bfd;
	struct bird_status status;
	struct arena arena;
};

static int on_route(void *context, const struct bird_route *r)
{
	(void)context;
	FUZZ_HOLDS(r->table != NULL && r->net != NULL && r->type != NULL && r->protocol != NULL);
	FUZZ_HOLDS(r->since != NULL && r->metric != NULL && r->origin != NULL);
	(void)bird_route_attribute(r, "BGP.as_path");
	return 0;
}

static int on_stray(void *context, const char *text)
{
	(void)context;
	FUZZ_HOLDS(text != NULL && text[0] != '\0');
	return 0;
}

static int on_line(void *context, const struct bird_line *l)
{
	struct parsers *p = context;

	(void)bird_protocols_line(&p->protocols, l);
	(void)bird_bfd_line(&p->bfd, l);
	(void)bird_status_line(&p->status, l);
	(void)bird_routes_line(&p->routes, l);
	return 0;
}

static void parse(struct bird *b)
{
	const struct mono deadline = mono_add_ms(mono_now(), 5000);
	struct fault f = {0};
	struct parsers p;

	arena_init(&p.arena);
	bird_protocols_init(&p.protocols, &p.arena);
	bird_bfd_init(&p.bfd, &p.arena);
	bird_status_init(&p.status, &p.arena);
	bird_routes_init(&p.routes, on_route, NULL);
	p.routes.stray = on_stray;
	if (bird_call(b, "show protocols all", deadline, on_line, &p, &f) != 0)
		FUZZ_HOLDS(f.code != 0 && f.code != ERR_TIMEOUT);
	for (size_t i = 0; i < p.protocols.list.n; i++)
		FUZZ_HOLDS(p.protocols.list.at[i].name != NULL &&
			   p.protocols.list.at[i].neighbour_text != NULL);
	bird_protocols_fini(&p.protocols);
	bird_bfd_fini(&p.bfd);
	bird_status_fini(&p.status);
	bird_routes_fini(&p.routes);
	arena_fini(&p.arena);
}

/* BIRD's end of the next connection; the listening socket is made once. */
static int take_connection(const char *path, struct bird **b)
{
	static int listener = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (listener < 0) {
		snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
		listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		FUZZ_HOLDS(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
		FUZZ_HOLDS(listen(listener, 1) == 0);
	}
	FUZZ_HOLDS(bird_open(path, b, NULL) == 0);
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* What begins with no greeting is given one. */
static void run(const uint8_t *data, size_t size)
{
	static char path[160];
	struct bird *b = NULL;
	int fd;

	if (path[0] == '\0')
		snprintf(path, sizeof(path), "%s/bird.ctl", test_dir());
	fd = take_connection(path, &b);
	if (size < 4 || memcmp(data, "0001", 4) != 0)
		FUZZ_HOLDS(send(fd, GREETING, sizeof(GREETING) - 1, 0) > 0);
	/* What does not fit is lost, and read is what came: both ends are of this thread. */
	(void)!send(fd, data, size, 0);
	shutdown(fd, SHUT_WR);
	parse(b);
	bird_close(b);
	close(fd);
}

FUZZ_TARGET(bird, run);
