#include "test/net/space.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "lib/net/link.h"

static int home = -1;

int space_enter(void)
{
	struct netlink *n = NULL;
	struct link lo;
	int code = -1;

	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || unshare(CLONE_NEWNET) != 0)
		return -1;
	if (netlink_open(NETLINK_ROUTE, &n, NULL) == 0 && link_find(n, "lo", &lo, NULL) == 0)
		code = link_set_up(n, lo.index, true, NULL);
	netlink_close(n);
	if (code != 0)
		space_leave();
	return code;
}

int space_leave(void)
{
	int code = setns(home, CLONE_NEWNET);

	close(home);
	home = -1;
	return code;
}
