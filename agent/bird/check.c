#include "agent/bird/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/run.h"
#include "lib/net/port_holder.h"

#define VERSION_MS 5000

/* BIRD is never run as root because its user is not there. */
static int check_user(const struct config *c, struct fault *f)
{
	if (geteuid() != 0 || getpwnam(c->bird_user) != NULL)
		return 0;
	return fault_set(
		f, ERR_MISSING,
		"there is no user '%s' for BIRD to run as: install bird2, or set bird_user",
		c->bird_user);
}

uid_t bird_uid(const struct config *c)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(c->bird_user) : NULL;

	return user != NULL ? user->pw_uid : geteuid();
}

void bird_put_user(const struct config *c, const char *argv[4])
{
	if (geteuid() != 0)
		return;
	argv[0] = "-u";
	argv[1] = c->bird_user;
	argv[2] = "-g";
	argv[3] = c->bird_user;
}

int bird_check(const struct config *c, struct fault *f)
{
	const char *const argv[] = {c->bird, "--version", NULL};
	unsigned long version[3] = {0};
	char *at;
	struct buf out;
	int status = 0, code;

	buf_init(&out);
	code = run_program(argv, VERSION_MS, &out, &status, NULL);
	if (code != 0 || status != 0)
		code = fault_set(f, ERR_MISSING, "%s does not run: install bird2 (2.0.12 or later)",
				 c->bird);
	at = code == 0 && out.data != NULL ? strpbrk(out.data, "0123456789") : NULL;
	for (int i = 0; i < 3 && at != NULL; i++) {
		version[i] = strtoul(at, &at, 10);
		at = *at == '.' ? at + 1 : NULL;
	}
	if (code == 0 && (strncmp(buf_text(&out), "BIRD version ", 13) != 0 || version[0] != 2 ||
			  (version[1] == 0 && version[2] < 12)))
		code = fault_set(f, ERR_MISSING, "%s is '%.*s', want BIRD 2.0.12 or a later 2.x",
				 c->bird, (int)strcspn(buf_text(&out), "\n"), buf_text(&out));
	buf_fini(&out);
	return code == 0 ? check_user(c, f) : code;
}

/* BIRD itself would only say so in its log. Asked by binding: another daemon may well have the port
 * on an address of its own. */
int bird_check_port(const struct member *m, struct fault *f)
{
	uint64_t n;
	const struct state_image *view = &m->view.target.image;
	const struct state_mesh *mesh = state_records(view, STATE_MESH, &n);
	const struct state_self *self = state_records(&m->membership.target.image, STATE_SELF, &n);
	struct address own = state_peer_address(view, self->peer);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(mesh->bgp_port)};
	struct port_holder holder = {0};
	char who[PORT_HOLDER_TEXT_MAX];
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool taken;

	if (fd < 0)
		return fault_errno(f, errno, "socket");
	memcpy(&at.sin_addr, own.bytes, sizeof(at.sin_addr));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	taken = (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 1) != 0) &&
		errno == EADDRINUSE;
	close(fd);
	if (!taken)
		return 0;
	port_holder_find(PORT_TCP, mesh->bgp_port, &holder, NULL);
	return fault_set(f, ERR_BUSY,
			 "TCP port %u, which BGP needs, is taken by %s: end that, or give the mesh "
			 "another one (bgp_port)",
			 mesh->bgp_port, port_holder_format(&holder, who));
}
