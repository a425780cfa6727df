#include "cli/hop/machine.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bgp/instance.h"
#include "lib/base/control_ask.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"

#define ASK_MS		700 /* one that stands still is not waited for */
#define MEMBERSHIPS_MAX 256
#define MACHINE_MAX	16384
#define TRIES		3 /* a revision may come between the two files */
#define TABLE_BASE	5200

#define ALIAS "skein:"

/* ---- machine.json, and what the agent says ---- */

struct machine_text {
	const char *name, *signer;
};

static const struct json_row machine_rows[] = {
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct machine_text, name), .required = true),
	JSON_ROW("signer", MEMBER_TEXT, offsetof(struct machine_text, signer), .required = true),
	{0}};

struct said {
	const char *id, *state, *error;
	int64_t table;
};

struct status {
	struct json_rows memberships;
};

static const struct json_row said_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, offsetof(struct said, id), .required = true),
	JSON_ROW("state", MEMBER_TEXT, offsetof(struct said, state)),
	JSON_ROW("error", MEMBER_TEXT, offsetof(struct said, error), .max = 4096),
	JSON_ROW("table", MEMBER_NUMBER, offsetof(struct said, table), .max = UINT32_MAX),
	{0}};

static const struct json_row status_rows[] = {
	JSON_ROW("memberships", MEMBER_ROWS, offsetof(struct status, memberships),
		 .max = MEMBERSHIPS_MAX, .rows = said_rows, .row_size = sizeof(struct said)),
	{0}};

static const char *directory(const char *variable, const char *otherwise)
{
	const char *given = getenv(variable);

	return given != NULL && given[0] != '\0' ? given : otherwise;
}

static void ask_agent(struct hop_machine *m, struct arena *a, struct status *out)
{
	const char *path =
		arena_printf(a, "%s/agent.sock", directory(INSTANCE_RUN_DIR_ENV, INSTANCE_RUN_DIR));
	struct fault f = {0};
	struct buf text;
	int code;

	buf_init(&text);
	code = control_ask(path, "status", ASK_MS, &text, &f);
	if (code == 0)
		code = json_decode_text(text.data, text.len, status_rows, MEMBERS_LENIENT, a, out,
					&f);
	m->agent.answer = code == 0 ? "yes" : code == ERR_NOT_FOUND ? "absent" : "silent";
	m->agent.error = code == 0 ? NULL : arena_strdup(a, fault_text(&f, code));
	buf_fini(&text);
}

static void note_said(struct hop_membership *m, const struct hop_machine *machine,
		      const struct status *status)
{
	const struct said *s = status->memberships.at;

	m->agent = machine->agent;
	m->table = TABLE_BASE + m->self->number;
	for (size_t i = 0; i < status->memberships.n; i++)
		if (strcmp(s[i].id, m->text) == 0) {
			m->agent.state = s[i].state;
			m->agent.error = s[i].error;
			if (s[i].table != 0)
				m->table = (uint32_t)s[i].table;
		}
}

/* ---- images ---- */

static void close_images(struct hop_membership *m)
{
	state_file_close(&m->view_file);
	state_file_close(&m->image_file);
}

static int open_images(struct hop_membership *m, const char *dir, const uint8_t signer[32],
		       struct arena *a, struct fault *f)
{
	struct state_expect image = {
		.kind = STATE_KIND_MEMBERSHIP, .signer = signer, .membership = m->id.bytes};
	struct state_expect view = {.kind = STATE_KIND_VIEW, .signer = signer};
	int code =
		state_file_open(&m->image_file, arena_printf(a, "%s/membership", dir), &image, f);

	if (code == 0) {
		m->image = &m->image_file.target.image;
		view.mesh = m->image->root->mesh;
		code = state_file_open(&m->view_file, arena_printf(a, "%s/view", dir), &view, f);
	}
	if (code == 0) {
		m->view = &m->view_file.target.image;
		code = state_match(m->image, m->view, f);
	}
	if (code != 0)
		close_images(m);
	return code;
}

static int open_membership(struct hop_membership *m, const char *dir, const uint8_t signer[32],
			   struct arena *a)
{
	int code = ERR_STALE;
	uint64_t n;

	for (int i = 0; i < TRIES && code == ERR_STALE; i++)
		code = open_images(m, dir, signer, a, NULL);
	if (code != 0)
		return code;
	m->self = state_records(m->image, STATE_SELF, &n);
	m->mesh = state_records(m->view, STATE_MESH, &n);
	m->cidr = state_prefix_get(&m->mesh->cidr);
	m->own = state_peer_address(m->view, m->self->peer);
	return 0;
}

static int compare_memberships(const void *a, const void *b)
{
	const struct hop_membership *x = a, *y = b;

	return (x->self->number > y->self->number) - (x->self->number < y->self->number);
}

/* The images lie in the structs: they are moved before anybody points to them. */
static void point_to_images(struct hop_machine *m)
{
	for (size_t i = 0; i < m->memberships.n; i++) {
		struct hop_membership *x = &m->memberships.at[i];

		x->view = &x->view_file.target.image;
		x->image = &x->image_file.target.image;
	}
}

static void open_memberships(struct hop_machine *m, DIR *dir, const char *path,
			     const uint8_t signer[32], const struct status *status, struct arena *a)
{
	const struct dirent *e;

	while ((e = readdir(dir)) != NULL && m->memberships.n < MEMBERSHIPS_MAX) {
		struct hop_membership x = {0};

		if (!id_parse(e->d_name, &x.id))
			continue;
		id_format(&x.id, x.text);
		if (open_membership(&x, arena_printf(a, "%s/%s", path, x.text), signer, a) != 0)
			continue;
		note_said(&x, m, status);
		vec_push(&m->memberships, x);
	}
	vec_sort(&m->memberships, compare_memberships);
	point_to_images(m);
}

static int read_machine(struct hop_machine *m, const char *dir, struct digest *signer,
			struct arena *a, struct fault *f)
{
	const char *path = arena_printf(a, "%s/machine.json", dir);
	struct machine_text text = {0};
	struct buf file;
	int code;

	buf_init(&file);
	code = file_read(path, MACHINE_MAX, &file, f);
	if (code == 0)
		code = json_decode_text(file.data, file.len, machine_rows, MEMBERS_LENIENT, a,
					&text, f);
	if (code == 0 && !digest_parse(text.signer, signer))
		code = fault_set(f, ERR_INVALID, "%s: 'signer' is no key", path);
	m->name = text.name;
	buf_fini(&file);
	return code;
}

int hop_machine_open(struct hop_machine *m, bool agent, struct arena *a, struct fault *f)
{
	const char *path = directory(HOP_STATE_DIR_ENV, HOP_STATE_DIR);
	struct status status = {0};
	struct fault why = {0};
	struct digest signer;
	DIR *dir;
	int code;

	*m = (struct hop_machine){0};
	code = read_machine(m, path, &signer, a, &why);
	if (code == ERR_PRIVILEGE || code == ERR_FORBIDDEN)
		return fault_set(f, ERR_PRIVILEGE, "%s: only root may look; try sudo", path);
	if (code == ERR_NOT_FOUND)
		return fault_set(f, ERR_NOT_FOUND, "this machine has not joined: %s is not there",
				 path);
	if (code != 0)
		return fault_set(f, code, "%s", why.text);
	dir = opendir(path);
	if (dir == NULL)
		return fault_errno(f, errno, "%s", path);
	if (agent)
		ask_agent(m, a, &status);
	open_memberships(m, dir, path, signer.bytes, &status, a);
	closedir(dir);
	if (m->memberships.n > 0)
		m->name = state_name_at(m->memberships.at[0].view, m->memberships.at[0].self->peer);
	return m->memberships.n > 0
		       ? 0
		       : fault_set(f, ERR_NOT_FOUND, "this machine is in no mesh (%s)", path);
}

void hop_machine_close(struct hop_machine *m)
{
	for (size_t i = 0; i < m->memberships.n; i++)
		close_images(&m->memberships.at[i]);
	vec_free(&m->memberships);
}

/* ---- finding ---- */

struct hop_membership *hop_membership_of(const struct hop_machine *m, const struct address *in)
{
	for (size_t i = 0; i < m->memberships.n; i++)
		if (prefix_has(&m->memberships.at[i].cidr, in))
			return &m->memberships.at[i];
	return NULL;
}

struct hop_membership *hop_membership_by_alias(const struct hop_machine *m, const char *alias)
{
	for (size_t i = 0; i < m->memberships.n; i++)
		if (strncmp(alias, ALIAS, strlen(ALIAS)) == 0 &&
		    strcmp(alias + strlen(ALIAS), m->memberships.at[i].text) == 0)
			return &m->memberships.at[i];
	return NULL;
}

uint32_t hop_peer_index(const struct hop_membership *m, const struct address *a)
{
	uint32_t index;

	if (a->family != FAMILY_IPV4 || !prefix_has(&m->cidr, a))
		return 0;
	index = address_to_ipv4(a) - prefix_to_ipv4(&m->cidr);
	return state_peer_at(m->view, index) != NULL ? index : 0;
}
