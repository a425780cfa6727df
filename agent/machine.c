#include "agent/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/path.h"
#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/mesh/pin.h"

#define MACHINE_JSON_MAX 16384

struct url_row {
	const char *url, *last;
};

struct machine_json {
	const char *id, *name, *signer, *pin;
	struct json_rows urls;
};

#define URL(m)	offsetof(struct url_row, m)
#define SELF(m) offsetof(struct machine_json, m)

static const struct json_row url_rows[] = {
	{"url", MEMBER_TEXT, URL(url), .required = true, .max = TOKEN_URL_MAX},
	{"last", MEMBER_TEXT, URL(last), .max = 63},
	{0},
};

static const struct json_row machine_rows[] = {
	{"id", MEMBER_TEXT, SELF(id), .required = true, .max = ID_TEXT_MAX},
	{"name", MEMBER_TEXT, SELF(name), .required = true, .max = NAME_MAX_LENGTH},
	{"signer", MEMBER_TEXT, SELF(signer), .required = true, .max = DIGEST_TEXT_MAX},
	{"pin", MEMBER_TEXT, SELF(pin), .max = PIN_TEXT_MAX},
	{"urls", MEMBER_ROWS, SELF(urls), .required = true, .max = TOKEN_URLS_MAX, .rows = url_rows,
	 .row_size = sizeof(struct url_row)},
	{0},
};

bool machine_exists(const struct config *c)
{
	char path[PATH_TEXT_MAX];

	return access(path_state(c, "machine.json", path), F_OK) == 0;
}

static int from_json(struct machine *m, const struct machine_json *j, struct fault *f)
{
	const struct url_row *urls = j->urls.at;
	struct digest signer;

	if (!id_parse(j->id, &m->id) || !digest_parse(j->signer, &signer) || j->urls.n == 0)
		return fault_set(f, ERR_INVALID, "id, signer or urls");
	memcpy(m->signer, signer.bytes, sizeof(m->signer));
	snprintf(m->name, sizeof(m->name), "%s", j->name);
	if (j->pin != NULL && pin_parse(j->pin, m->where.pin, f) != 0)
		return ERR_INVALID;
	for (size_t i = 0; i < j->urls.n && i < TOKEN_URLS_MAX; i++) {
		struct controller_address *at = &m->where.at[m->where.n++];

		snprintf(at->url, sizeof(at->url), "%s", urls[i].url);
		snprintf(at->last, sizeof(at->last), "%s", urls[i].last ? urls[i].last : "");
	}
	return 0;
}

static int load_public(struct machine *m, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct machine_json j = {0};
	struct arena arena;
	struct buf text;
	int code;

	arena_init(&arena);
	buf_init(&text);
	code = file_read(path_state(c, "machine.json", path), MACHINE_JSON_MAX, &text, f);
	if (code != 0)
		goto out;
	code = json_decode_text(buf_text(&text), text.len, machine_rows, MEMBERS_LENIENT, &arena,
				&j, f);
	if (code == 0)
		code = from_json(m, &j, f);
	if (code != 0)
		fault_prefix(f, "%s", path);
out:
	buf_fini(&text);
	arena_fini(&arena);
	return code;
}

int machine_require(const struct config *c, struct fault *f)
{
	if (machine_exists(c))
		return 0;
	return errno == EACCES
		       ? fault_set(f, ERR_PRIVILEGE, "%s: only root may look", c->state_dir)
		       : fault_set(f, ERR_NOT_FOUND,
				   "this machine has joined nothing yet: skein-agent join TOKEN");
}

int machine_load(struct machine *m, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code;

	memset(m, 0, sizeof(*m));
	code = machine_require(c, f);
	if (code == 0)
		code = load_public(m, c, f);
	if (code == 0)
		code = secret_load(&m->identity, path_state(c, "identity.key", path), f);
	if (code == 0)
		code = secret_load(&m->token, path_state(c, "token", path), f);
	m->where.mark = (uint32_t)c->mark;
	if (code != 0)
		machine_wipe(m);
	return code;
}

int machine_store_public(const struct machine *m, const struct config *c, struct fault *f)
{
	struct url_row urls[TOKEN_URLS_MAX];
	char id[ID_TEXT_MAX], pin[PIN_TEXT_MAX], signer[DIGEST_TEXT_MAX], path[PATH_TEXT_MAX];
	struct digest d;
	struct machine_json j = {.name = m->name, .urls = {urls, m->where.n}};
	json_t *root;
	char *text;
	int code;

	memcpy(d.bytes, m->signer, sizeof(d.bytes));
	j.id = id_format(&m->id, id);
	j.signer = digest_format(&d, signer);
	j.pin = pin_is_zero(m->where.pin) ? NULL : pin_format(m->where.pin, pin);
	for (size_t i = 0; i < m->where.n; i++)
		urls[i] = (struct url_row){m->where.at[i].url, m->where.at[i].last};
	root = json_encode(machine_rows, &j);
	text = json_dumps(root, JSON_INDENT(2));
	code = file_write(path_state(c, "machine.json", path), text, strlen(text), 0600, f);
	free(text);
	json_decref(root);
	return code;
}

int machine_store(const struct machine *m, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code = file_make_dir(c->state_dir, 0700, f);

	if (code == 0)
		code = secret_store(&m->identity, path_state(c, "identity.key", path), f);
	if (code == 0)
		code = secret_store(&m->token, path_state(c, "token", path), f);
	/* Last: with it the machine has joined. */
	if (code == 0)
		code = machine_store_public(m, c, f);
	return code;
}

int machine_remove(const struct config *c, struct fault *f)
{
	static const char *const names[] = {"machine.json", "token", "identity.key", "run"};
	char path[PATH_TEXT_MAX];
	int code = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && code == 0; i++)
		code = file_remove(path_state(c, names[i], path), f);
	return code;
}

void machine_wipe(struct machine *m)
{
	secret_wipe(&m->identity);
	secret_wipe(&m->token);
}

void machine_read_boot(struct machine *m)
{
	struct buf text;

	buf_init(&text);
	if (file_read("/proc/sys/kernel/random/boot_id", 64, &text, NULL) == 0)
		snprintf(m->boot_id, sizeof(m->boot_id), "%.36s", buf_text(&text));
	buf_fini(&text);
}

int machine_count_run(struct machine *m, const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX], text[32];
	struct buf now;
	int code;

	machine_read_boot(m);
	buf_init(&now);
	if (file_read(path_state(c, "run", path), sizeof(text), &now, NULL) == 0)
		m->run = strtoll(buf_text(&now), NULL, 10);
	buf_fini(&now);
	m->run = m->run < 0 || m->run >= INT32_MAX ? 1 : m->run + 1;
	/* Two containers of one image have all but the last alike. */
	snprintf(m->start, sizeof(m->start), "%s %lld %08x", m->boot_id, (long long)m->run,
		 randombytes_random());
	snprintf(text, sizeof(text), "%lld\n", (long long)m->run);
	code = file_write(path, text, strlen(text), 0600, f);
	return code;
}

int machine_lock(const struct config *c, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int fd;

	if (file_make_dir(c->state_dir, 0700, f) != 0)
		return f != NULL ? f->code : ERR_IO;
	fd = open(path_state(c, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0; /* the descriptor stays open: it is the lock */
	close(fd);
	return fault_set(f, ERR_BUSY, "another skein-agent runs on %s", c->state_dir);
}

void machine_identity(const struct secret *identity, uint8_t out[32])
{
	uint8_t key[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(out, key, identity->bytes);
	sodium_memzero(key, sizeof(key));
}

void machine_bearer(const struct machine *m, struct buf *out)
{
	token_format(TOKEN_MACHINE, &m->token, out);
}
