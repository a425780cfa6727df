#include "test/net/wg_conf.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "test/test.h"

const char *wg_conf_write(const struct secret *key, const struct wg_device *d)
{
	static char path[200];
	char text[WG_KEY_TEXT_MAX], address[PREFIX_TEXT_MAX];
	struct fault f = {0};
	struct wg_key own;
	struct buf conf;

	memcpy(own.bytes, key->bytes, sizeof(own.bytes));
	buf_init_secret(&conf);
	buf_printf(&conf, "[Interface]\nPrivateKey = %s\nListenPort = %u\nFwMark = %u\n",
		   wg_key_format(&own, text), d->listen_port, d->fwmark);
	for (size_t i = 0; i < d->peers.n; i++) {
		const struct wg_peer *p = &d->peers.at[i];

		buf_printf(&conf, "[Peer]\nPublicKey = %s\nAllowedIPs = %s\n",
			   wg_key_format(&p->key, text), prefix_format(p->allowed, address));
		buf_printf(&conf, "Endpoint = %s:%u\n",
			   address_format(&p->endpoint.address, address), p->endpoint.port);
	}
	snprintf(path, sizeof(path), "%s/wg.conf", test_dir());
	if (file_write(path, conf.data, conf.len, 0600, &f) != 0)
		TEST_FAIL("%s", f.text);
	buf_fini(&conf);
	return path;
}
