#include "cli/api.h"

static const struct column columns[] = {{"NAME", "name", COLUMN_TEXT, NULL, NULL},
					{"ID", "id", COLUMN_TEXT, NULL, NULL},
					{"CREATED", "created_at", COLUMN_TIME, NULL, NULL},
					{0}};

static const struct column details[] = {{"name", "name", COLUMN_TEXT, NULL, NULL},
					{"id", "id", COLUMN_TEXT, NULL, NULL},
					{"created", "created_at", COLUMN_TIME, NULL, NULL},
					{0}};

static const struct column meshes[] = {{"MESH", "name", COLUMN_TEXT, NULL, NULL},
				       {"CIDR", "cidr", COLUMN_TEXT, NULL, NULL},
				       {"MEMBERS", "members", COLUMN_NUMBER, NULL, NULL},
				       {"GATEWAYS", "gateways", COLUMN_NUMBER, NULL, NULL},
				       {0}};

static int create(struct cli *c, const struct invocation *in)
{
	const json_t *made;
	int code = api_post(c, "/organizations", json_pack("{s:s}", "name", in->args[0]), &made);

	if (code == 0)
		output_done(&c->out, made, "organization %s made", in->args[0]);
	return code;
}

static int list(struct cli *c, const struct invocation *in)
{
	json_t *items;
	int code = api_list(c, "/organizations", 0, &items);

	(void)in;
	if (code == 0)
		output_list(&c->out, columns, items, "no organization");
	return code;
}

static int show(struct cli *c, const struct invocation *in)
{
	const json_t *organization;
	json_t *items;
	int code = api_find(c, API_ORGANIZATION, in->args[0], &organization);

	if (code != 0)
		return code;
	output_record(&c->out, details, organization);
	if (c->out.json)
		return 0;
	c->organization_id = api_text(organization, "id"); /* whose meshes */
	code = api_list(c, "/meshes", 0, &items);
	if (code != 0)
		return code;
	output_remark(&c->out, "%s", "");
	output_list(&c->out, meshes, items, "no mesh yet");
	return 0;
}

static int rename_one(struct cli *c, const struct invocation *in)
{
	const char *id;
	const json_t *changed;
	int code = api_find_id(c, API_ORGANIZATION, in->args[0], &id);

	if (code == 0)
		code = api_patch(c, api_path(c, "/organizations/%s", id),
				 json_pack("{s:s}", "name", in->args[1]), &changed);
	if (code == 0)
		output_done(&c->out, changed, "organization %s is now %s", in->args[0],
			    in->args[1]);
	return code;
}

static int delete (struct cli *c, const struct invocation *in)
{
	const char *id;
	int code = api_find_id(c, API_ORGANIZATION, in->args[0], &id);

	if (code == 0)
		code = api_delete(c, api_path(c, "/organizations/%s", id));
	if (code == 0)
		output_done(&c->out, NULL, "organization %s deleted", in->args[0]);
	return code;
}

const struct verb organization_verbs[] = {
	VERB("organization create", "NAME", 1, 1, "make an organization", NULL, struct no_options,
	     create),
	VERB("organization list", "", 0, 0, "list the organizations", NULL, struct no_options,
	     list),
	VERB("organization show", "ORGANIZATION", 1, 1, "show one organization and its meshes",
	     NULL, struct no_options, show),
	VERB("organization rename", "ORGANIZATION NAME", 2, 2, "give it another name", NULL,
	     struct no_options, rename_one),
	VERB("organization delete", "ORGANIZATION", 1, 1, "delete one that owns nothing", NULL,
	     struct no_options, delete),
	VERB_END,
};
