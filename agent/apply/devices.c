#include <stdio.h>
#include <string.h>

#include "agent/apply/apply.h"
#include "agent/plan/names.h"
#include "lib/base/log.h"
#include "lib/net/port_holder.h"
#include "lib/net/sysctl.h"
#include "lib/net/wg.h"

/* Marked at once: a device without its alias would be a stranger to the next round. */
static int create(struct agent *a, const struct desired_device *dev, struct fault *f)
{
	char alias[LINK_ALIAS_MAX];
	struct link made;
	int code;

	if (!wg_kernel_supported())
		return wireguard_go_start(&a->wireguard_go, &a->config, dev->name,
					  &dev->membership->id, f);
	code = link_create_wireguard(a->rtnl, dev->name, f);
	if (code == 0)
		code = link_find(a->rtnl, dev->name, &made, f);
	if (code != 0)
		return code;
	code = link_set_alias(a->rtnl, made.index, names_alias(&dev->membership->id, alias), f);
	if (code != 0)
		link_delete(a->rtnl, made.index, NULL);
	return code;
}

/* A plain member goes on with any port; a router's is what others reckon with. */
static int port_taken(struct agent *a, const struct desired_device *dev, struct fault *f)
{
	struct member *m = member_find(&a->members, &dev->membership->id);
	struct port_holder holder = {0};
	char who[PORT_HOLDER_TEXT_MAX];

	port_holder_find(PORT_UDP, dev->wg.listen_port, &holder, NULL);
	memset(f, 0, sizeof(*f));
	if (m != NULL && !dev->membership->router) {
		m->ports_taken |= UINT64_C(1) << dev->slot;
		log_warn("a port is taken, using another one", LOG_S("device", dev->name),
			 LOG_U("port", dev->wg.listen_port),
			 LOG_S("by", port_holder_format(&holder, who)));
		return 0;
	}
	return fault_set(f, ERR_BUSY, "%s: UDP port %u is taken by %s", dev->name,
			 dev->wg.listen_port, port_holder_format(&holder, who));
}

/* The kernel looks for the port only now. */
static int set_up(struct agent *a, const struct desired_device *dev, struct fault *f)
{
	int code = link_set_up(a->rtnl, dev->index, true, f);

	return code == ERR_BUSY ? port_taken(a, dev, f) : code;
}

int apply_device(struct agent *a, const struct device_op *op, struct fault *f)
{
	const struct desired_device *dev = op->device;
	char alias[LINK_ALIAS_MAX];

	switch (op->kind) {
	case DEVICE_OP_CREATE:
		return create(a, dev, f);
	case DEVICE_OP_ALIAS:
		return link_set_alias(a->rtnl, dev->index, names_alias(&dev->membership->id, alias),
				      f);
	case DEVICE_OP_MTU:
		return link_set_mtu(a->rtnl, dev->index, dev->mtu, f);
	case DEVICE_OP_UP:
		return set_up(a, dev, f);
	}
	return ERR_INTERNAL;
}

/* Peers first, which wg_clear() says why; without them the device goes at once. */
static int delete_wireguard(struct agent *a, const struct link *l, struct fault *f)
{
	struct wg_backend *backend = NULL;

	if (wg_open(l->name, &backend, NULL) == 0)
		(void)wg_clear(backend, NULL); /* deleting does the same, later */
	wg_close(backend);
	return link_delete(a->rtnl, l->index, f);
}

int apply_device_delete(struct agent *a, const struct link *l, struct fault *f)
{
	int code;

	if (a->guard != NULL)
		guard_detach(a->guard, (uint32_t)l->index, NULL);
	if (wireguard_go_stop(&a->wireguard_go, &a->config, l->name))
		return 0;
	code = delete_wireguard(a, l, f);
	return code == ERR_NOT_FOUND ? 0 : code;
}

/* A device that is gone has taken its setting along. */
static int put_back(struct agent *a, const struct desired_sysctl *s, struct fault *f)
{
	int code = sysctl_write_conf(s->device, s->name, s->value, f);

	if (code != 0 && code != ERR_NOT_FOUND)
		return code;
	saved_forget(&a->saved, s->device, s->name);
	return saved_store(&a->saved, &a->config, f);
}

int apply_sysctl(struct agent *a, const struct desired_sysctl *s, struct fault *f)
{
	int before = 0, code;

	if (s->back)
		return put_back(a, s, f);

	if (!s->on_mesh_device) {
		code = s->device[0] != '\0' ? sysctl_read_conf(s->device, s->name, &before, f)
					    : sysctl_read_ipv4(s->name, &before, f);
		if (code == 0 && saved_note(&a->saved, s->device, s->name, before))
			code = saved_store(&a->saved, &a->config, f);
		if (code != 0)
			return code;
	}
	return s->device[0] != '\0' ? sysctl_write_conf(s->device, s->name, s->value, f)
				    : sysctl_write_ipv4(s->name, s->value, f);
}

int apply_wg(struct agent *a, const struct device_wg_ops *w, struct fault *f)
{
	const struct desired_device *dev = w->device;
	struct member *m = member_find(&a->members, &dev->membership->id);
	struct wg_backend *backend = NULL;
	int code = wg_open(dev->name, &backend, f);

	if (code != 0)
		return code;
	code = wg_apply(backend, &dev->wg, m != NULL ? &m->key : NULL, w->ops.at, w->ops.n, f);
	wg_close(backend);
	return code == ERR_BUSY ? port_taken(a, dev, f) : code;
}
