/* Everything that a machine case desires, as text: for golden files. */
#include "test/unit/agent/machines.h"

static void describe_device(const struct desired_device *dev, struct buf *out)
{
	char text[PREFIX_TEXT_MAX];

	buf_printf(out, "%s index %d mtu %u port %u\n", dev->name, dev->index, dev->mtu,
		   dev->wg.listen_port);
	for (size_t i = 0; i < dev->wg.peers.n; i++) {
		const struct wg_peer *p = &dev->wg.peers.at[i];

		buf_printf(out, "  peer %u/%u keepalive %u:", p->key.bytes[2], p->key.bytes[0],
			   p->keepalive);
		for (size_t k = 0; k < p->nallowed; k++)
			buf_printf(out, " %s", prefix_format(&p->allowed[k], text));
		buf_puts(out, "\n");
	}
}

static void describe_addresses(const struct desired *d, struct buf *out)
{
	char local[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < d->addresses.n; i++) {
		const struct ifaddr *a = &d->addresses.at[i];

		buf_printf(out, "dev %d %s", a->device, address_format(&a->local, local));
		if (a->peer.family != FAMILY_NONE)
			buf_printf(out, " peer %s", address_format(&a->peer, other));
		buf_printf(out, "/%u\n", a->length);
	}
}

void machine_describe(struct machine_case *c, struct buf *out)
{
	char text[ROUTE_TEXT_MAX];
	struct desired d;

	desired_make(&c->in, &d);
	buf_puts(out, "# devices\n");
	for (size_t i = 0; i < d.devices.n; i++)
		describe_device(&d.devices.at[i], out);
	buf_puts(out, "# addresses\n");
	describe_addresses(&d, out);
	buf_puts(out, "# rules\n");
	for (size_t i = 0; i < d.rules.n; i++)
		buf_printf(out, "%s\n", rule_format(&d.rules.at[i], text));
	buf_puts(out, "# routes\n");
	for (size_t i = 0; i < d.routes.n; i++)
		buf_printf(out, "%s\n", route_format(&d.routes.at[i], text));
	buf_puts(out, "# settings\n");
	for (size_t i = 0; i < d.sysctls.n; i++)
		buf_printf(out, "%s %s = %d\n", d.sysctls.at[i].device, d.sysctls.at[i].name,
			   d.sysctls.at[i].value);
	buf_puts(out, "# passages\n");
	for (size_t i = 0; i < d.passages.n; i++)
		buf_printf(out, "%s > %s, %s\n", d.passages.at[i].in,
			   d.passages.at[i].out[0] != '\0' ? d.passages.at[i].out : "any",
			   d.passages.at[i].state);
	buf_printf(out, "# fence\n%s", buf_text(&d.fence));
	for (size_t i = 0; i < d.birds.n; i++)
		buf_printf(out, "# bird.conf\n%s...\n%s", d.birds.at[i].head, d.birds.at[i].tail);
	desired_fini(&d);
}
