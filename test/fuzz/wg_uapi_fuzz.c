/* What a wireguard-go answers to `get=1`. */
#include "lib/net/wg_backend.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text, *line;
	struct wg_device device = {0};
	struct wg_uapi_answer answer = {.device = &device};
	int code = 0;

	while (code == 0 && !answer.complete && (line = strsep(&rest, "\n")) != NULL)
		code = wg_uapi_parse_line(&answer, line, NULL);
	wg_device_sort(&device);
	for (size_t i = 1; i < device.peers.n; i++)
		FUZZ_HOLDS(wg_key_compare(&device.peers.at[i - 1], &device.peers.at[i]) <= 0);
	wg_device_fini(&device);
	free(text);
	return 0;
}
