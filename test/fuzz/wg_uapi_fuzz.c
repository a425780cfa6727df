/* What a wireguard-go answers to `get=1`, from its socket on. */
#include <sys/socket.h>
#include <unistd.h>

#include "lib/net/wg_backend.h"
#include "test/fuzz/fuzz.h"

static void run(const uint8_t *data, size_t size)
{
	struct wg_device device = {0};
	struct wg_uapi_answer answer = {.device = &device};
	struct fault f = {0};
	int fds[2];
	int code;

	FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	/* What does not fit is lost: then the answer ends too early. */
	(void)!send(fds[1], data, size, 0);
	close(fds[1]);
	code = wg_uapi_read_answer(fds[0], &answer, &f);
	FUZZ_HOLDS((code == 0) == (answer.complete && answer.errnum == 0));
	FUZZ_HOLDS(f.code == code);
	wg_device_sort(&device);
	for (size_t i = 1; i < device.peers.n; i++)
		FUZZ_HOLDS(wg_key_compare(&device.peers.at[i - 1], &device.peers.at[i]) <= 0);
	wg_device_fini(&device);
	close(fds[0]);
}

FUZZ_TARGET(wg_uapi, run);
