#include "agent/saved.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/path.h"
#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/net/sysctl.h"

#define SAVED_MAX (1 << 20)

struct sysctl_json {
	const char *device, *name;
	int64_t value;
};

struct port_json {
	int64_t port;
};

struct saved_json {
	struct json_rows sysctls, ports;
	struct json_texts ufw;
};

static const struct json_row sysctl_rows[] = {
	{"device", MEMBER_TEXT, offsetof(struct sysctl_json, device), .max = LINK_NAME_MAX - 1},
	{"name", MEMBER_TEXT, offsetof(struct sysctl_json, name), .required = true, .max = 31},
	{"value", MEMBER_NUMBER, offsetof(struct sysctl_json, value), .required = true,
	 .min = INT32_MIN, .max = INT32_MAX},
	{0},
};

static const struct json_row port_rows[] = {
	{"port", MEMBER_NUMBER, offsetof(struct port_json, port), .required = true, .min = 1,
	 .max = 65535},
	{0},
};

static const struct json_row saved_rows[] = {
	{"sysctls", MEMBER_ROWS, offsetof(struct saved_json, sysctls), .max = 1024,
	 .rows = sysctl_rows, .row_size = sizeof(struct sysctl_json)},
	/* Of the version before: ports opened in ufw. */
	{"ports", MEMBER_ROWS, offsetof(struct saved_json, ports), .max = 65535, .rows = port_rows,
	 .row_size = sizeof(struct port_json)},
	{"ufw", MEMBER_TEXTS, offsetof(struct saved_json, ufw), .max = 65535},
	{0},
};

static const char *udp_rule(int64_t port, char text[UFW_RULE_MAX])
{
	snprintf(text, UFW_RULE_MAX, "%u/udp", (unsigned)(uint16_t)port);
	return text;
}

static void take(struct saved *s, const struct saved_json *j)
{
	const struct sysctl_json *sysctls = j->sysctls.at;
	const struct port_json *ports = j->ports.at;
	char text[UFW_RULE_MAX];

	for (size_t i = 0; i < j->sysctls.n; i++)
		saved_note(s, sysctls[i].device != NULL ? sysctls[i].device : "", sysctls[i].name,
			   (int)sysctls[i].value);
	for (size_t i = 0; i < j->ports.n; i++)
		saved_push_rule(&s->ufw, udp_rule(ports[i].port, text));
	for (size_t i = 0; i < j->ufw.n; i++)
		saved_push_rule(&s->ufw, j->ufw.at[i]);
}

/* A machine that cannot be put back as it was is better off than one without its meshes. */
static int set_aside(const char *path, struct fault *f)
{
	char bad[PATH_TEXT_MAX];

	snprintf(bad, sizeof(bad), "%.500s.bad", path);
	log_error("what was on the machine before is not readable: leaving will not restore it",
		  LOG_S("why", f->text), LOG_S("kept_as", bad));
	memset(f, 0, sizeof(*f));
	return rename(path, bad) == 0 ? 0 : fault_set(f, ERR_IO, "%s: cannot be renamed", path);
}

int saved_load(struct saved *s, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct saved_json j = {0};
	struct arena arena;
	struct buf text;
	int code;

	memset(s, 0, sizeof(*s));
	if (access(path_state(c, "saved.json", path), F_OK) != 0)
		return 0;
	arena_init(&arena);
	buf_init(&text);
	code = file_read(path, SAVED_MAX, &text, f);
	if (code == 0 && json_decode_text(buf_text(&text), text.len, saved_rows, MEMBERS_LENIENT,
					  &arena, &j, f) == 0)
		take(s, &j);
	else if (code == 0 || code == ERR_TOO_LARGE)
		code = set_aside(path, f);
	buf_fini(&text);
	arena_fini(&arena);
	return code;
}

int saved_store(const struct saved *s, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct sysctl_json *sysctls = mem_alloc((s->sysctls.n + 1) * sizeof(*sysctls));
	const char **ufw = mem_alloc((s->ufw.n + 1) * sizeof(*ufw));
	struct saved_json j = {.sysctls = {sysctls, s->sysctls.n}, .ufw = {ufw, s->ufw.n}};
	json_t *root;
	char *text;
	int code;

	for (size_t i = 0; i < s->sysctls.n; i++)
		sysctls[i] = (struct sysctl_json){s->sysctls.at[i].device, s->sysctls.at[i].name,
						  s->sysctls.at[i].value};
	for (size_t i = 0; i < s->ufw.n; i++)
		ufw[i] = s->ufw.at[i].text;
	root = json_encode(saved_rows, &j);
	text = json_dumps(root, JSON_INDENT(2));
	code = file_write(path_state(c, "saved.json", path), text, strlen(text), 0600, f);
	free(text);
	json_decref(root);
	free(sysctls);
	free(ufw);
	return code;
}

void saved_fini(struct saved *s)
{
	vec_free(&s->sysctls);
	vec_free(&s->ufw);
}

bool saved_note(struct saved *s, const char *device, const char *name, int value)
{
	struct saved_sysctl row = {.value = value};

	for (size_t i = 0; i < s->sysctls.n; i++)
		if (strcmp(s->sysctls.at[i].device, device) == 0 &&
		    strcmp(s->sysctls.at[i].name, name) == 0)
			return false;
	snprintf(row.device, sizeof(row.device), "%s", device);
	snprintf(row.name, sizeof(row.name), "%s", name);
	vec_push(&s->sysctls, row);
	return true;
}

void saved_forget(struct saved *s, const char *device, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->sysctls.n; i++)
		if (strcmp(s->sysctls.at[i].device, device) != 0 ||
		    strcmp(s->sysctls.at[i].name, name) != 0)
			s->sysctls.at[kept++] = s->sysctls.at[i];
	s->sysctls.n = kept;
}

void saved_restore(struct saved *s)
{
	const struct ufw ufw = {0};

	for (size_t i = 0; i < s->sysctls.n; i++) {
		const struct saved_sysctl *row = &s->sysctls.at[i];
		struct fault f = {0};
		int code = row->device[0] != '\0'
				   ? sysctl_write_conf(row->device, row->name, row->value, &f)
				   : sysctl_write_ipv4(row->name, row->value, &f);

		if (code != 0 && code != ERR_NOT_FOUND)
			log_warn("a setting could not be put back", LOG_S("why", f.text));
	}
	for (size_t i = 0; i < s->ufw.n; i++) {
		struct fault f = {0};

		if (ufw_delete(&ufw, s->ufw.at[i].text, SAVED_UFW_COMMENT, &f) != 0)
			log_warn("a rule could not be taken back in ufw", LOG_S("why", f.text));
	}
	s->sysctls.n = s->ufw.n = 0;
}

bool saved_has_rule(const ufw_rule_vec *v, const char *text)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->at[i].text, text) == 0)
			return true;
	return false;
}

void saved_push_rule(ufw_rule_vec *v, const char *text)
{
	struct saved_rule row;

	snprintf(row.text, sizeof(row.text), "%s", text);
	vec_push(v, row);
}

size_t saved_opened(const struct saved *s, char (*out)[LINK_NAME_MAX], size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < s->sysctls.n && n < max; i++)
		if (s->sysctls.at[i].device[0] != '\0' && s->sysctls.at[i].value == 0 &&
		    strcmp(s->sysctls.at[i].name, "forwarding") == 0)
			memcpy(out[n++], s->sysctls.at[i].device, LINK_NAME_MAX);
	return n;
}
