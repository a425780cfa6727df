#include "lab/fleet.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/lab_places.h"
#include "lab/machine.h"
#include "lab/session.h"
#include "lab/underlay.h"

#define JOIN_MS	   20000
#define SETTLE_MS  45000
#define AGAIN_MS   100
#define WORDS_MAX  32
#define TOKEN_FROM "skein-join."

int fleet_build_underlay(struct lab *lab, struct fault *f)
{
	int code;

	lab_say(lab, "underlay: %zu machines, each a namespace of its own", lab->file.nnodes);
	code = lab_make_places(lab, f);
	return code == 0 ? underlay_build(lab, f) : code;
}

/* ---- words for `skein`, as many as there are ---- */

struct words {
	const char *at[WORDS_MAX + 1];
	size_t n;
	struct arena *arena;
};

static void add(struct words *w, const char *word)
{
	if (w->n < WORDS_MAX)
		w->at[w->n++] = word;
	w->at[w->n] = NULL;
}

/* "--option NAME" for each. */
static void add_names(struct words *w, const char *option, const struct field_list *names)
{
	const char **at = names->at;

	for (size_t i = 0; i < names->n; i++) {
		add(w, option);
		add(w, at[i]);
	}
}

/* "--show MESH=PREFIX" for each. */
static void add_shown(struct words *w, const char *mesh, const struct field_list *prefixes)
{
	const struct prefix *at = prefixes->at;
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < prefixes->n; i++) {
		add(w, "--show");
		add(w, arena_printf(w->arena, "%s=%s", mesh, prefix_format(&at[i], text)));
	}
}

static int say_words(struct lab *lab, struct words *w, struct buf *out, struct fault *f)
{
	return operator_skein(lab, w->at, NULL, out, f);
}

#define WORDS(lab, ...)                                                                            \
	{                                                                                          \
		.at = {__VA_ARGS__}, .n = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),  \
		.arena = &(lab)->arena                                                             \
	}

/* ---- the controller and its meshes ---- */

static const char *number(struct lab *lab, int64_t n)
{
	return arena_printf(&lab->arena, "%lld", (long long)n);
}

static int create_mesh(struct lab *lab, const struct lab_mesh *m, struct fault *f)
{
	char cidr[PREFIX_TEXT_MAX];
	struct words w =
		WORDS(lab, "mesh", "create", m->name, "--cidr", prefix_format(&m->cidr, cidr),
		      "--bfd-interval", number(lab, m->bfd_interval_ms), "--bfd-multiplier",
		      number(lab, m->bfd_multiplier), "--stable-for", number(lab, m->stable_for_s));

	if (m->is_default)
		add(&w, "--default");
	if (!m->route_reflector)
		add(&w, "--no-route-reflector");
	lab_say(lab, "mesh %s: %s", m->name, cidr);
	return say_words(lab, &w, NULL, f);
}

int fleet_start_controller(struct lab *lab, struct fault *f)
{
	const struct lab_mesh *m = lab->file.meshes.at;
	int code;

	lab_say(lab, "controller: init, run");
	code = operator_start_controller(lab, f);
	for (size_t i = 0; i < lab->file.meshes.n && code == 0; i++)
		code = create_mesh(lab, &m[i], f);
	return code;
}

/* ---- machines ---- */

/* A token for a mesh; in the arena. */
static int create_token(struct lab *lab, const char *mesh, const char **out, struct fault *f)
{
	struct words w = WORDS(lab, "token", "create", "--mesh", mesh, "--any");
	struct buf said;
	const char *at;
	int code;

	buf_init(&said);
	code = say_words(lab, &w, &said, f);
	at = code == 0 ? strstr(buf_text(&said), TOKEN_FROM) : NULL;
	if (at != NULL)
		*out = arena_printf(&lab->arena, "%.*s\n", (int)strcspn(at, " \t\r\n\""), at);
	else if (code == 0)
		code = fault_set(f, ERR_REMOTE, "skein token create printed no token");
	buf_fini(&said);
	return code;
}

/* What the machine may announce stands in its own configuration. */
static int configure_agent(struct lab *lab, const char *machine, struct fault *f)
{
	const struct lab_prefix *p = lab->file.prefixes.at;
	char text[PREFIX_TEXT_MAX];
	struct buf conf;
	int code;

	buf_init(&conf);
	for (size_t i = 0; i < lab->file.prefixes.n; i++)
		if (strcmp(p[i].machine, machine) == 0)
			buf_printf(&conf, "announce = %s\n", prefix_format(&p[i].prefix, text));
	code = machine_write(lab, machine, "/etc/skein/agent.conf", buf_text(&conf), f);
	buf_fini(&conf);
	return code;
}

static int join(struct lab *lab, const struct lab_machine *m, const char *token, struct fault *f)
{
	const char *const argv[] = {lab_program(lab, "skein-agent"), "join", "--no-start", "-",
				    NULL};
	const char **meshes = m->meshes.at;
	int code = configure_agent(lab, m->name, f);

	if (code == 0)
		code = machine_run(lab, m->name, argv, token, JOIN_MS, NULL, f);
	if (code == 0)
		code = machine_start_agent(lab, m->name, f);
	for (size_t i = 1; i < m->meshes.n && code == 0; i++) {
		struct words w = WORDS(lab, "membership", "add", m->name, meshes[i]);

		code = say_words(lab, &w, NULL, f);
	}
	return code;
}

/* Mesh by mesh one token, the machines in the file's order: so addresses are .1, .2, … in it. */
int fleet_join_machines(struct lab *lab, struct fault *f)
{
	const struct lab_machine *m = lab->file.machines.at;
	const struct lab_mesh *meshes = lab->file.meshes.at;
	const char **tokens = arena_array(&lab->arena, lab->file.meshes.n + 1, sizeof(*tokens));
	int code = 0;

	lab_say(lab, "join: %zu machines, by token", lab->file.machines.n);
	for (size_t i = 0; i < lab->file.machines.n && code == 0; i++) {
		const char *first = ((const char **)m[i].meshes.at)[0];
		size_t k = (size_t)(lab_file_mesh(&lab->file, first) - meshes);

		if (tokens[k] == NULL)
			code = create_token(lab, first, &tokens[k], f);
		if (code == 0)
			code = join(lab, &m[i], tokens[k], f);
	}
	return code;
}

int fleet_join_machine(struct lab *lab, const char *machine, struct fault *f)
{
	const struct lab_machine *m = lab_file_machine(&lab->file, machine);
	const char *token = NULL;
	int code;

	if (m == NULL)
		return fault_set(f, ERR_NOT_FOUND, "the lab has no machine %s", machine);
	code = create_token(lab, ((const char **)m->meshes.at)[0], &token, f);
	return code == 0 ? join(lab, m, token, f) : code;
}

int fleet_enable_gateways(struct lab *lab, struct fault *f)
{
	const struct lab_gateway *g = lab->file.gateways.at;
	int code = 0;

	for (size_t i = 0; i < lab->file.gateways.n && code == 0; i++) {
		struct words w = WORDS(lab, "gateway", "enable", g[i].machine);

		add_names(&w, "--mesh", &g[i].meshes);
		lab_say(lab, "gateway: %s", g[i].machine);
		code = say_words(lab, &w, NULL, f);
	}
	return code;
}

int fleet_approve_prefixes(struct lab *lab, struct fault *f)
{
	const struct lab_prefix *p = lab->file.prefixes.at;
	int code = 0;

	for (size_t i = 0; i < lab->file.prefixes.n && code == 0; i++) {
		char prefix[PREFIX_TEXT_MAX];
		struct words w = WORDS(lab, "prefix", "add", p[i].machine,
				       prefix_format(&p[i].prefix, prefix), "--mesh", p[i].mesh,
				       "--priority",
				       arena_printf(&lab->arena, "%lld", (long long)p[i].priority));

		add_names(&w, "--user", &p[i].users);
		lab_say(lab, "prefix: %s behind %s, approved", prefix, p[i].machine);
		code = say_words(lab, &w, NULL, f);
	}
	return code;
}

int fleet_create_peerings(struct lab *lab, struct fault *f)
{
	const struct lab_peering *p = lab->file.peerings.at;
	int code = 0;

	for (size_t i = 0; i < lab->file.peerings.n && code == 0; i++) {
		struct words w = WORDS(lab, "peering", "create", p[i].mesh_a, p[i].mesh_b);

		add_shown(&w, p[i].mesh_a, &p[i].prefixes_a);
		add_shown(&w, p[i].mesh_b, &p[i].prefixes_b);
		lab_say(lab, "peering: %s and %s", p[i].mesh_a, p[i].mesh_b);
		code = say_words(lab, &w, NULL, f);
	}
	return code;
}

/* ---- until it is so ---- */

/* The first membership that the file wants and that is not there or not current. */
static bool find_missing(const struct lab *lab, const operator_member_vec *members, char *out,
			 size_t size)
{
	const struct lab_machine *m = lab->file.machines.at;
	const struct lab_mesh *meshes = lab->file.meshes.at;

	for (size_t i = 0; i < lab->file.machines.n; i++) {
		for (size_t k = 0; k < lab->file.meshes.n; k++) {
			const struct operator_member *c;

			if (!lab_file_is_member(&lab->file, m[i].name, meshes[k].name))
				continue;
			c = operator_find_member(members, m[i].name, meshes[k].name);
			if (c != NULL && c->current && c->error[0] == '\0')
				continue;
			snprintf(out, size, "%s in %s: %s", m[i].name, meshes[k].name,
				 c == NULL	       ? "no member yet"
				 : c->error[0] != '\0' ? c->error
						       : "has not applied the newest state");
			return true;
		}
	}
	return false;
}

int fleet_await_members(struct lab *lab, struct mono deadline, struct fault *f)
{
	char missing[300];
	bool wait = true;
	int code = 0;

	while (wait && code == 0) {
		operator_member_vec members = {0};
		struct arena arena;

		arena_init(&arena);
		code = operator_members(lab, &arena, &members, f);
		wait = code == 0 && find_missing(lab, &members, missing, sizeof(missing));
		vec_free(&members);
		arena_fini(&arena);
		if (wait && mono_reached(deadline, mono_now()))
			return fault_set(f, ERR_TIMEOUT, "%s", missing);
		if (wait)
			poll(NULL, 0, AGAIN_MS);
	}
	return code;
}

int fleet_raise(struct lab *lab, struct fault *f)
{
	static int (*const steps[])(struct lab *, struct fault *) = {
		fleet_start_controller, fleet_join_machines, fleet_enable_gateways,
		fleet_approve_prefixes, fleet_create_peerings};
	struct mono deadline;
	int code = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && code == 0; i++)
		code = steps[i](lab, f);
	deadline = mono_add_ms(mono_now(), SETTLE_MS);
	if (code == 0)
		code = fleet_await_members(lab, deadline, f);
	if (code == 0)
		code = session_await_all(lab, deadline, f);
	return code == 0 ? lab_note_whole(lab, f) : code;
}

int fleet_up(struct lab *lab, struct fault *f)
{
	int code = fleet_build_underlay(lab, f);

	return code == 0 ? fleet_raise(lab, f) : code;
}

/* ---- for a while ---- */

int fleet_begin(struct lab *lab, const char *yaml, fleet_step *const *steps)
{
	struct fault f = {0};
	int code = lab_plan_text(lab, "lab", yaml, strlen(yaml), &f);

	while (code == 0 && *steps != NULL)
		code = (*steps++)(lab, &f);
	if (code != 0) {
		printf("%s\n", fault_text(&f, code));
		fleet_end(lab, true);
	}
	return code;
}

int fleet_end(struct lab *lab, bool failed)
{
	struct fault f = {0};
	int code = 0;

	if (failed && lab->lock >= 0)
		lab_show_logs(lab, stdout);
	if (getenv("SKEIN_LAB_KEEP") == NULL)
		code = lab_end(lab, &f);
	else
		lab_close(lab);
	if (code != 0)
		printf("%s\n", f.text);
	return code;
}
