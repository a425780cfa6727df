/* From a verb and its options to where it runs. */
#include "cli/api.h"
#include "cli/client.h"
#include "cli/remote.h"

int cli_connect(struct cli *c)
{
	struct session s;
	int code;

	if (c->transport != NULL)
		return 0;
	code = session_load(&s, c->config, &c->fault);
	if (code != 0)
		return code;
	code = client_new(&s, &c->transport, &c->fault);
	session_fini(&s);
	if (code == 0 && c->organization != NULL)
		code = api_find_id(c, API_ORGANIZATION, c->organization, &c->organization_id);
	return code;
}

int cli_run(struct cli *c, const struct verb *verb, const struct invocation *in)
{
	const char *machine = remote_machine(in);
	int code = 0;

	if (verb->needs == VERB_NEEDS_BIRD && machine != NULL)
		return remote_run(c, machine, in);
	if (verb->needs == VERB_NEEDS_CONTROLLER)
		code = cli_connect(c);
	return code == 0 ? verb->run(c, in) : code;
}
