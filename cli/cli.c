#include "cli/cli.h"

#include <stddef.h>
#include <string.h>

const struct option_row cli_options[] = {
	{"json", 'j', OPTION_FLAG, offsetof(struct cli, json), NULL, "answer in JSON, for programs",
	 0, 0},
	{"organization", 'o', OPTION_TEXT, offsetof(struct cli, organization), "NAME",
	 "for administrators of the installation: whose things", 0, 0},
	{"config", 0, OPTION_TEXT, offsetof(struct cli, config), "FILE",
	 "login to use instead of ~/.config/skein/skein.conf", 0, 0},
	{0}};

const struct verb *const cli_nouns[] = {
	login_verbs,	  status_verbs,	      peers_verbs,     mesh_verbs,    machine_verbs,
	membership_verbs, token_verbs,	      api_token_verbs, gateway_verbs, prefix_verbs,
	peering_verbs,	  organization_verbs, audit_verbs,     state_verbs,   bgp_verbs,
	hop_verbs,	  report_verbs,	      explain_verbs,   NULL};

size_t cli_count_verbs(void)
{
	size_t n = 0;

	for (const struct verb *const *noun = cli_nouns; *noun != NULL; noun++)
		for (const struct verb *v = *noun; v->command.words != NULL; v++)
			n++;
	return n;
}

void cli_list_commands(struct command *out, int (*run)(void *, const struct invocation *))
{
	for (const struct verb *const *noun = cli_nouns; *noun != NULL; noun++)
		for (const struct verb *v = *noun; v->command.words != NULL; v++) {
			*out = v->command;
			out->run = run;
			out++;
		}
	*out = (struct command){0};
}

const struct verb *cli_find_verb(const char *words)
{
	for (const struct verb *const *noun = cli_nouns; *noun != NULL; noun++)
		for (const struct verb *v = *noun; v->command.words != NULL; v++)
			if (strcmp(v->command.words, words) == 0)
				return v;
	return NULL;
}
