/* The controller's configuration: its own table, and what follows from it. */
#include <unistd.h>

#include "controller/config.h"
#include "test/fuzz/conf_file.h"
#include "test/fuzz/fuzz.h"

static void run(const uint8_t *data, size_t size)
{
	char path[64], host[300];
	int fd = conf_file_make(data, size, path);
	struct fault f = {0};
	struct config c;

	if (config_load(&c, path, true, &f) == 0) {
		FUZZ_HOLDS(c.data_dir[0] == '/' && c.listen.n > 0 && c.urls.n > 0);
		FUZZ_HOLDS((c.certificate == NULL) == (c.key == NULL));
		for (size_t i = 0; i < c.listen.n; i++)
			FUZZ_HOLDS(c.addresses[i].ss_family != AF_UNSPEC);
		for (size_t i = 0; i < c.urls.n; i++)
			FUZZ_HOLDS(config_url_host(c.urls.at[i], host, sizeof(host), NULL) == 0);
	} else {
		FUZZ_HOLDS(f.code != 0 && f.text[0] != '\0');
	}
	config_free(&c);
	close(fd);
}

FUZZ_TARGET(controller_conf, run);
