/* The ports of our devices in ufw, where that is active. A rule that somebody else has for a port
 * is his, whether it lets in or not: it stays as it is. */
#include "lib/net/ufw.h"
#include "agent/apply/apply.h"
#include "lib/base/log.h"

static const struct ufw ufw = {0};

static bool wants_port(const struct desired *d, uint16_t port)
{
	for (size_t i = 0; i < d->devices.n; i++) {
		const struct desired_device *dev = &d->devices.at[i];

		/* A plain member's trunks start their tunnels themselves. */
		if (dev->wg.listen_port == port && (dev->slot == 0 || dev->membership->router))
			return true;
	}
	return false;
}

static bool has_port(const port_vec *v, uint16_t port)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i] == port)
			return true;
	return false;
}

static int close_unwanted(struct agent *a, const struct desired *d, struct fault *f)
{
	port_vec *ports = &a->saved.ports;
	int code = 0;

	for (size_t i = 0; i < ports->n && code == 0;) {
		if (wants_port(d, ports->at[i])) {
			i++;
			continue;
		}
		code = ufw_delete_udp(&ufw, ports->at[i], SAVED_UFW_COMMENT, f);
		if (code == 0)
			ports->at[i] = ports->at[--ports->n];
	}
	return code;
}

static int open_port(struct agent *a, uint16_t port, struct fault *f)
{
	enum ufw_rule rule;
	int code = ufw_find_udp(&ufw, port, SAVED_UFW_COMMENT, &rule, f);

	if (code == 0 && rule == UFW_NONE)
		code = ufw_allow_udp(&ufw, port, SAVED_UFW_COMMENT, f);
	if (code != 0)
		return code;
	if (rule == UFW_REFUSED)
		log_warn("a rule of ufw's refuses a port that WireGuard needs: it stays",
			 LOG_U("port", port));
	/* Ours without a note: the agent ended in between. */
	if (rule == UFW_NONE || rule == UFW_OURS)
		vec_push(&a->saved.ports, port);
	else
		vec_push(&a->ports_left, port);
	return 0;
}

static int open_missing(struct agent *a, const struct desired *d, struct fault *f)
{
	int code = 0;

	for (size_t i = 0; i < d->devices.n && code == 0; i++) {
		uint16_t port = d->devices.at[i].wg.listen_port;

		if (port != 0 && wants_port(d, port) && !has_port(&a->saved.ports, port) &&
		    !has_port(&a->ports_left, port) && ufw_active(&ufw))
			code = open_port(a, port, f);
	}
	return code;
}

int apply_ufw(struct agent *a, const struct desired *d, struct fault *f)
{
	const size_t before = a->saved.ports.n;
	int closed = close_unwanted(a, d, f), opened, stored = 0;
	bool changed = a->saved.ports.n != before;
	const size_t kept = a->saved.ports.n;

	opened = open_missing(a, d, f);
	changed = changed || a->saved.ports.n != kept;
	if (changed) /* whatever else failed: leave has to know */
		stored = saved_store(&a->saved, &a->config, f);
	return closed != 0 ? closed : opened != 0 ? opened : stored;
}
