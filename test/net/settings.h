/* What the environment says of where the tests run. test/vm/init.c sets both for a guest,
 * test/sanitized the second. */
#ifndef SKEIN_TEST_NET_SETTINGS_H
#define SKEIN_TEST_NET_SETTINGS_H

#include <stdbool.h>

/* SKEIN_TEST_WG=kernel: WireGuard is to be the kernel's; else wireguard-go's. It is said, and not
 * found out, so that a kernel without it fails the tests of it. */
bool settings_kernel_wireguard(void);
/* SKEIN_TEST_SLOW=1: an emulated processor, or programs with sanitizers in them: bars in
 * milliseconds mean nothing there. */
bool settings_slow(void);

#endif
