/* What our backend is told, for `wg syncconf`. */
#ifndef SKEIN_TEST_NET_WG_CONF_H
#define SKEIN_TEST_NET_WG_CONF_H

#include "lib/net/wg.h"

/* Port, mark, peers with one prefix and an endpoint each. The path is in test_dir(), a static
 * buffer; a failure of the test where it cannot be written. */
const char *wg_conf_write(const struct secret *key, const struct wg_device *d);

#endif
