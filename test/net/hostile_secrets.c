/* Secrets stay where they are: identities, private keys and tokens of every machine, the
 * controller's keys, the operator's login are each in one file, and in no other file, argument or
 * environment of any machine. */
#include <glob.h>
#include <string.h>

#include "lib/base/file.h"
#include "test/net/hostile_world.h"
#include "test/test.h"

#define FILE_SIZE 65536
#define PROC_SIZE (1u << 20)
#define PLACE_MAX 320

/* ---- where they are ---- */

enum home_kind {
	HOME_BYTES, /* the secret is the first 32 */
	HOME_PEM,
	HOME_LOGIN /* "token = …" */
};

struct home {
	const char *pattern, *what;
	enum home_kind kind;
	size_t most; /* so many files may fit it; at least one does */
};

static const struct home machine_homes[] = {
	{"/var/lib/skein/agent/identity.key", "the identity", HOME_BYTES, 1},
	{"/var/lib/skein/agent/token", "the machine token", HOME_BYTES, 1},
	{"/var/lib/skein/agent/*/key", "a private key", HOME_BYTES, 3},
	{0}};

static const struct home controller_homes[] = {
	{"/var/lib/skein/controller/signing.key", "the signing key", HOME_BYTES, 1},
	{"/var/lib/skein/controller/tls.key", "the TLS key", HOME_PEM, 1},
	{OPERATOR_CONFIG_HOME "/skein/skein.conf", "the operator's token", HOME_LOGIN, 1},
	{0}};

/* A machine, seen from inside it. */
struct scene {
	secret_vec *secrets;
	const char *machine;
	const struct home *homes;
	struct buf *finds;
	size_t read; /* files that were searched */
	struct fault *fault;
};

static bool is_controller(const char *machine)
{
	return strcmp(machine, LAB_CONTROLLER) == 0;
}

/* The text between two others, in the place of `text`; "" when they are not there. */
static const char *cut_out(struct buf *text, const char *begin, const char *end)
{
	char *from = text->data != NULL ? strstr(text->data, begin) : NULL, *to;

	if (from == NULL)
		return "";
	from += strlen(begin);
	to = strstr(from, end);
	if (to != NULL)
		*to = '\0';
	return from;
}

static int add_home(struct scene *x, const struct home *h, const char *path)
{
	char what[PLACE_MAX], where[PLACE_MAX];
	struct buf bytes;
	int code;

	snprintf(what, sizeof(what), "%s of %s", h->what, x->machine);
	snprintf(where, sizeof(where), "%s:%s", x->machine, path);
	buf_init(&bytes);
	code = file_read(path, FILE_SIZE, &bytes, x->fault);
	if (code == 0 && h->kind == HOME_PEM)
		code = secrets_add_text(x->secrets, what, where,
					cut_out(&bytes, "KEY-----\n", "\n-----END"), x->fault);
	else if (code == 0 && h->kind == HOME_LOGIN)
		code = secrets_add_token(x->secrets, TOKEN_API, what, where,
					 cut_out(&bytes, "token = ", "\n"), x->fault);
	else if (code == 0 && bytes.len < SECRET_SIZE)
		code = fault_set(x->fault, ERR_TRUNCATED, "%s has %zu bytes", where, bytes.len);
	else if (code == 0)
		secrets_add(x->secrets, what, where, (const uint8_t *)bytes.data);
	buf_fini(&bytes);
	return code;
}

static int gather(void *context)
{
	struct scene *x = context;
	int code = 0;

	for (const struct home *h = x->homes; h->pattern != NULL && code == 0; h++) {
		glob_t files = {0};

		glob(h->pattern, 0, NULL, &files);
		if (files.gl_pathc == 0 || files.gl_pathc > h->most)
			code = fault_set(x->fault, ERR_CHECK, "%s: %zu files are %s", x->machine,
					 files.gl_pathc, h->pattern);
		for (size_t i = 0; i < files.gl_pathc && code == 0; i++)
			code = add_home(x, h, files.gl_pathv[i]);
		globfree(&files);
	}
	return code;
}

/* Tokens that are told once, and kept nowhere. */
static int make_tokens(secret_vec *s, struct fault *f)
{
	static const struct {
		enum token_kind kind;
		const char *what, *words[6];
	} rows[] = {
		{TOKEN_JOIN, "a join token", {"token", "create", NULL}},
		{TOKEN_API, "a viewer's token", {"token", "api", "create", "--role", "viewer"}}};
	int code = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && code == 0; i++) {
		struct buf out;

		buf_init(&out);
		code = operator_skein(hostile_lab(), rows[i].words, NULL, &out, f);
		if (code == 0) {
			out.data[strcspn(buf_text(&out), "\r\n")] = '\0';
			code = secrets_add_token(s, rows[i].kind, rows[i].what, NULL,
						 buf_text(&out), f);
		}
		buf_fini(&out);
	}
	return code;
}

/* ---- where they are not ---- */

static int search_files(void *context)
{
	static const char *const directories[] = {"/var/lib/skein", "/run/skein", "/etc/skein",
						  OPERATOR_CONFIG_HOME};
	struct scene *x = context;
	char prefix[PLACE_MAX];

	snprintf(prefix, sizeof(prefix), "%s:", x->machine);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		x->read += secrets_search_tree(x->secrets, prefix, directories[i], x->finds);
	return 0;
}

/* One that ends meanwhile has none. */
static void search_processes(struct scene *x, const struct place *p)
{
	static const char *const files[] = {"cmdline", "environ"};
	process_vec inside = {0};
	char path[64], where[PLACE_MAX];

	process_find(p, NULL, &inside);
	CU_ASSERT(inside.n > 0);
	for (size_t i = 0; i < 2 * inside.n; i++) {
		struct buf text;

		buf_init(&text);
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)inside.at[i / 2].pid,
			 files[i % 2]);
		snprintf(where, sizeof(where), "%s:%s", x->machine, path);
		if (file_read(path, PROC_SIZE, &text, NULL) == 0)
			secrets_search(x->secrets, where, text.data, text.len, x->finds);
		buf_fini(&text);
	}
	vec_free(&inside);
}

static int search_machine(struct scene *x)
{
	struct place p;
	int code;

	lab_place(hostile_lab(), x->machine, &p);
	search_processes(x, &p);
	code = place_inside(&p, search_files, x, x->fault);
	if (code == 0 && x->read == 0)
		code = fault_set(x->fault, ERR_CHECK, "%s has no files", x->machine);
	return code;
}

static size_t search_logs(secret_vec *s, struct buf *finds)
{
	char path[PLACE_PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/log", hostile_lab()->dir);
	return secrets_search_tree(s, "", path, finds);
}

/* ---- all of it ---- */

typedef int each_step(struct scene *x);

int hostile_known_secrets(const char *machine, secret_vec *s, struct fault *f)
{
	struct scene x = {.secrets = s,
			  .machine = machine,
			  .homes = is_controller(machine) ? controller_homes : machine_homes,
			  .fault = f};
	struct place p;

	lab_place(hostile_lab(), machine, &p);
	return place_inside(&p, gather, &x, f);
}

static int gather_machine(struct scene *x)
{
	return hostile_known_secrets(x->machine, x->secrets, x->fault);
}

/* The controller, and every machine. */
static int for_each_machine(secret_vec *s, struct buf *finds, each_step *step, struct fault *f)
{
	const struct lab_file *file = &hostile_lab()->file;
	int code = 0;

	for (size_t i = 0; i < file->nnodes && code == 0; i++) {
		const char *name = file->nodes[i].name;
		struct scene x = {.secrets = s,
				  .machine = name,
				  .homes = is_controller(name) ? controller_homes : machine_homes,
				  .finds = finds,
				  .fault = f};

		code = step(&x);
	}
	return code;
}

static int search_everything(secret_vec *s, struct buf *finds, struct fault *f)
{
	int code = for_each_machine(s, finds, gather_machine, f);

	if (code == 0)
		code = make_tokens(s, f);
	if (code == 0)
		code = for_each_machine(s, finds, search_machine, f);
	if (code == 0 && search_logs(s, finds) < hostile_lab()->file.nnodes)
		code = fault_set(f, ERR_CHECK, "there are fewer logs than machines");
	return code;
}

void hostile_secrets_stay_where_they_are(void)
{
	struct fault f = {0};
	secret_vec s = {0};
	struct buf finds;

	buf_init(&finds);
	if (search_everything(&s, &finds, &f) != 0)
		TEST_FAIL("%s", f.text);
	else
		secrets_list_unmet(&s, &finds);
	TEST_TEXT(buf_text(&finds), "");
	buf_fini(&finds);
	secrets_free(&s);
}
