/* The agent's configuration: its own table, and what it says of rows together. */
#include <unistd.h>

#include "agent/config.h"
#include "test/fuzz/conf_file.h"
#include "test/fuzz/fuzz.h"

static void run(const uint8_t *data, size_t size)
{
	char path[64], address[ADDRESS_TEXT_MAX];
	int fd = conf_file_make(data, size, path);
	struct fault f = {0};
	struct config c;
	unsigned port;

	if (agent_config_load(&c, path, &f) == 0) {
		FUZZ_HOLDS(c.state_dir[0] == '/' && c.run_dir[0] == '/' && c.device[0] != '\0');
		FUZZ_HOLDS((c.mark & ~c.mark_mask) == 0);
		for (size_t i = 0; i < c.endpoints.n; i++)
			FUZZ_HOLDS(config_endpoint(c.endpoints.at[i], address, &port, NULL) == 0 &&
				   port <= 65535);
	} else {
		FUZZ_HOLDS(f.code != 0 && f.text[0] != '\0');
	}
	agent_config_fini(&c);
	close(fd);
}

FUZZ_TARGET(agent_conf, run);
