#include "agent/control_client.h"

#include "agent/path.h"
#include "lib/base/control_ask.h"

int agent_control_ask(const struct config *c, const char *command, int timeout_ms,
		      struct buf *answer, struct fault *f)
{
	char path[PATH_TEXT_MAX];

	path_run(c, PATH_CONTROL, path);
	return control_ask(path, command, timeout_ms, answer, f);
}
