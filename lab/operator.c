#include "lab/operator.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lab/machine.h"
#include "lib/base/json.h"

#define PORT	   8443
#define SKEIN_MS   60000 /* in a guest on a busy host */
#define INIT_MS	   20000
#define HEALTHY_MS 15000
#define AGAIN_MS   50

/* In the controller's own /run: the operator's login goes with the lab. */
static const char *const operator_env[] = {"XDG_CONFIG_HOME=" OPERATOR_CONFIG_HOME, NULL};

static void controller_url(const struct lab *lab, char out[64])
{
	char text[ADDRESS_TEXT_MAX];

	snprintf(out, 64, "https://%s:%d",
		 address_format(&lab_file_node(&lab->file, LAB_CONTROLLER)->address, text), PORT);
}

int operator_skein(struct lab *lab, const char *const *words, const char *input, struct buf *out,
		   struct fault *f)
{
	const char *argv[40] = {lab_program(lab, "skein")};
	char log[PLACE_PATH_MAX];
	struct place p;
	struct command_line line = {.in = &p, .argv = argv, .env = operator_env, .input = input};
	size_t n = 1;

	while (*words != NULL && n < sizeof(argv) / sizeof(argv[0]) - 1)
		argv[n++] = *words++;
	argv[n] = NULL;
	lab_place(lab, LAB_CONTROLLER, &p);
	line.log = lab_log_path(lab, LAB_CONTROLLER, "skein", log);
	if (process_run(&line, mono_add_ms(mono_now(), SKEIN_MS), out, f) != 0)
		return fault_prefix(f, "skein %s %s", argv[1], argv[2] != NULL ? argv[2] : "");
	return 0;
}

/* Above the programs of a build (build/skein-controller, build/asan/skein-controller), or where
 * they were installed. */
static const char *templates_directory(struct lab *lab)
{
	static const char *const above[] = {"..", "../.."};

	for (size_t i = 0; i < sizeof(above) / sizeof(above[0]); i++) {
		const char *built =
			arena_printf(&lab->arena, "%s/%s/bird-templates", lab->programs, above[i]);

		if (access(built, R_OK) == 0)
			return built;
	}
	return "/usr/share/skein/bird-templates";
}

static int write_configuration(struct lab *lab, struct fault *f)
{
	char url[64];
	const char *text;

	controller_url(lab, url);
	text = arena_printf(&lab->arena,
			    "listen = 0.0.0.0:%d\n"
			    "url = %s\n"
			    "templates = %s\n",
			    PORT, url, templates_directory(lab));
	return machine_write(lab, LAB_CONTROLLER, "/etc/skein/controller.conf", text, f);
}

/* What `init` prints for a person to go on with. */
struct credentials {
	const char *token; /* a line */
	const char *pin;
};

/* The word of the text that begins so; NULL when there is none. */
static const char *find_word(struct lab *lab, const char *text, const char *begin)
{
	const char *at = strstr(text, begin);

	if (at == NULL)
		return NULL;
	return arena_printf(&lab->arena, "%.*s", (int)strcspn(at, " \t\r\n\")'"), at);
}

static int initialize(struct lab *lab, struct credentials *out, struct fault *f)
{
	const char *const argv[] = {"sh", "-c", "exec \"$0\" init 2>&1",
				    lab_program(lab, "skein-controller"), NULL};
	struct fault failed = {0};
	struct buf said;
	int code;

	buf_init(&said);
	code = machine_run(lab, LAB_CONTROLLER, argv, NULL, INIT_MS, &said, &failed);
	out->token = find_word(lab, buf_text(&said), "skein-api.");
	out->pin = find_word(lab, buf_text(&said), "sha256//");
	if (code != 0)
		fault_set(f, code, "%s %.200s", failed.text, buf_text(&said));
	else if (out->token == NULL || out->pin == NULL)
		code = fault_set(f, ERR_REMOTE, "skein-controller init printed no %s",
				 out->token == NULL ? "token" : "pin");
	buf_fini(&said);
	return code;
}

static int log_in(struct lab *lab, const struct credentials *who, struct fault *f)
{
	char url[64];
	const char *const words[] = {"login", url, "--pin", who->pin, NULL};
	struct mono deadline = mono_add_ms(mono_now(), HEALTHY_MS);
	struct fault last = {0};

	controller_url(lab, url);
	while (operator_skein(lab, words, who->token, NULL, &last) != 0) {
		if (mono_reached(deadline, mono_now()) ||
		    !machine_runs(lab, LAB_CONTROLLER, "skein-controller"))
			return fault_set(f, ERR_UNREACHABLE, "the controller does not answer: %s",
					 last.text);
		last = (struct fault){0};
		poll(NULL, 0, AGAIN_MS);
	}
	return 0;
}

int operator_start_controller(struct lab *lab, struct fault *f)
{
	const char *const run[] = {lab_program(lab, "skein-controller"), "run", NULL};
	struct credentials who = {0};
	int code = write_configuration(lab, f);

	if (code == 0)
		code = initialize(lab, &who, f);
	if (code == 0)
		code = machine_start(lab, LAB_CONTROLLER, run, f);
	return code == 0 ? log_in(lab, &who, f) : code;
}

/* The items of a list: `skein WORDS --json`. NULL with `f` set; caller json_decref()s. */
static json_t *ask_list(struct lab *lab, const char *const *words, struct fault *f)
{
	const char *argv[16];
	json_t *root = NULL, *items = NULL;
	struct buf out;
	size_t n = 0;

	while (n < 14 && words[n] != NULL) {
		argv[n] = words[n];
		n++;
	}
	argv[n++] = "--json";
	argv[n] = NULL;
	buf_init(&out);
	if (operator_skein(lab, argv, NULL, &out, f) == 0)
		root = json_parse(buf_text(&out), out.len, f);
	buf_fini(&out);
	if (root == NULL)
		return NULL;
	items = json_incref(json_object_get(root, "items"));
	json_decref(root);
	if (!json_is_array(items)) {
		json_decref(items);
		fault_set(f, ERR_REMOTE, "skein %s: no items in its answer", words[0]);
		return NULL;
	}
	return items;
}

/* ---- memberships ---- */

struct item {
	const char *id, *machine_name, *mesh_name, *role, *address, *error;
	bool current;
	int64_t slot;
};

static const struct json_row item_rows[] = {
	{"id", MEMBER_TEXT, offsetof(struct item, id), .required = true},
	{"machine_name", MEMBER_TEXT, offsetof(struct item, machine_name), .required = true},
	{"mesh_name", MEMBER_TEXT, offsetof(struct item, mesh_name), .required = true},
	{"role", MEMBER_TEXT, offsetof(struct item, role), .required = true},
	{"address", MEMBER_TEXT, offsetof(struct item, address), .required = true},
	{"current", MEMBER_FLAG, offsetof(struct item, current), .required = true},
	{"slot", MEMBER_NUMBER, offsetof(struct item, slot), .required = false, .max = 63},
	{"error", MEMBER_TEXT, offsetof(struct item, error), .required = false, .max = 1000},
	{0}};

struct mesh_item {
	const char *name;
	int64_t asn;
};

static const struct json_row mesh_rows[] = {
	{"name", MEMBER_TEXT, offsetof(struct mesh_item, name), .required = true},
	{"asn", MEMBER_NUMBER, offsetof(struct mesh_item, asn), .required = true,
	 .max = UINT32_MAX},
	{0}};

static int add_member(const json_t *from, struct arena *arena, operator_member_vec *out,
		      struct fault *f)
{
	struct operator_member m = {0};
	struct item item = {0};
	int code = json_decode(from, item_rows, MEMBERS_LENIENT, arena, &item, NULL, f);

	if (code == 0)
		code = address_parse(item.address, &m.address, f);
	if (code != 0)
		return code;
	m.id = item.id;
	m.machine = item.machine_name;
	m.mesh = item.mesh_name;
	m.role = item.role;
	m.current = item.current;
	m.slot = (uint8_t)item.slot;
	m.error = item.error != NULL ? item.error : "";
	vec_push(out, m);
	return 0;
}

static int add_as_number(const json_t *from, struct arena *arena, operator_member_vec *members,
			 struct fault *f)
{
	struct mesh_item mesh = {0};
	int code = json_decode(from, mesh_rows, MEMBERS_LENIENT, arena, &mesh, NULL, f);

	for (size_t i = 0; i < members->n && code == 0; i++)
		if (strcmp(members->at[i].mesh, mesh.name) == 0)
			members->at[i].asn = (uint32_t)mesh.asn;
	return code;
}

int operator_members(struct lab *lab, struct arena *arena, operator_member_vec *out,
		     struct fault *f)
{
	static const char *const list_members[] = {"membership", "list", NULL};
	static const char *const list_meshes[] = {"mesh", "list", NULL};
	json_t *members = ask_list(lab, list_members, f), *meshes = NULL;
	int code = members == NULL ? f->code : 0;

	for (size_t i = 0; i < json_array_size(members) && code == 0; i++)
		code = add_member(json_array_get(members, i), arena, out, f);
	if (code == 0) {
		meshes = ask_list(lab, list_meshes, f);
		code = meshes == NULL ? f->code : 0;
	}
	for (size_t i = 0; i < json_array_size(meshes) && code == 0; i++)
		code = add_as_number(json_array_get(meshes, i), arena, out, f);
	json_decref(members);
	json_decref(meshes);
	return code;
}

const struct operator_member *operator_find_member(const operator_member_vec *v,
						   const char *machine, const char *mesh)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->at[i].machine, machine) == 0 &&
		    (mesh == NULL || strcmp(v->at[i].mesh, mesh) == 0))
			return &v->at[i];
	return NULL;
}

const struct operator_member *operator_find_address(const operator_member_vec *v,
						    const struct address *a)
{
	for (size_t i = 0; i < v->n; i++)
		if (address_equal(&v->at[i].address, a))
			return &v->at[i];
	return NULL;
}
