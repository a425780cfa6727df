#include "agent/enrol.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/machine.h"
#include "agent/member.h"
#include "agent/observe/observe.h"
#include "agent/path.h"
#include "agent/plan/facts.h"
#include "agent/report.h"
#include "lib/base/file.h"
#include "lib/base/json.h"

#define ANSWER_MAX 65536

/* ---- the request ---- */

struct request {
	const char *secret, *identity, *name, *boot_id;
	uint64_t run;
	struct json_texts networks;
};

static const struct json_row request_rows[] = {
	{"secret", MEMBER_TEXT, offsetof(struct request, secret), .required = true},
	{"identity", MEMBER_TEXT, offsetof(struct request, identity), .required = true},
	{"name", MEMBER_TEXT, offsetof(struct request, name), .required = true},
	{"boot_id", MEMBER_TEXT, offsetof(struct request, boot_id), .required = true},
	{"run", MEMBER_COUNTER, offsetof(struct request, run), .required = true},
	{"networks", MEMBER_TEXTS, offsetof(struct request, networks), .required = true},
	{0},
};

static const char *base64(struct arena *a, const uint8_t *bytes, size_t len, int variant)
{
	size_t room = sodium_base64_encoded_len(len, variant);

	return sodium_bin2base64(arena_alloc(a, room), room, bytes, len, variant);
}

/* The host's name as a label: its first part in lower case, what a label has not left out. */
static void default_name(char out[NAME_TEXT_MAX])
{
	char host[256] = "";
	size_t n = 0;

	gethostname(host, sizeof(host) - 1);
	for (const char *p = host; *p != '\0' && *p != '.' && n < NAME_MAX_LENGTH; p++) {
		char c = (char)tolower((unsigned char)*p);

		if (isalnum((unsigned char)c) || (c == '-' && n > 0))
			out[n++] = c;
	}
	while (n > 0 && out[n - 1] == '-')
		n--;
	out[n] = '\0';
	if (n == 0)
		snprintf(out, NAME_TEXT_MAX, "machine");
}

static int gather_networks(const struct config *c, struct arena *a, struct json_texts *out,
			   struct fault *f)
{
	struct netlink *rtnl = NULL;
	struct observation seen;
	struct facts facts;
	struct plan_input in = {.config = c, .seen = &seen};
	int code = netlink_open(NETLINK_ROUTE, &rtnl, f);

	observation_init(&seen);
	if (code == 0)
		code = observe_machine(rtnl, c, false, &seen, f);
	if (code == 0) {
		facts_gather(&in, a, &facts);
		report_networks(&facts, a, out);
	}
	observation_fini(&seen);
	netlink_close(rtnl);
	return code;
}

static char *request_body(const struct machine *m, const struct join_token *token,
			  const struct json_texts *networks, struct arena *a)
{
	struct request r = {
		.name = m->name, .boot_id = m->boot_id, .run = 0, .networks = *networks};
	uint8_t identity[crypto_sign_PUBLICKEYBYTES];
	json_t *root;
	char *text;

	machine_identity(&m->identity, identity);
	r.identity = base64(a, identity, sizeof(identity), sodium_base64_VARIANT_ORIGINAL);
	r.secret = base64(a, token->secret.bytes, SECRET_SIZE,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	root = json_encode(request_rows, &r);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

static const char *sign(const struct machine *m, const char *body, struct arena *a)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], key[crypto_sign_SECRETKEYBYTES],
		signature[crypto_sign_BYTES];

	crypto_sign_seed_keypair(public, key, m->identity.bytes);
	crypto_sign_detached(signature, NULL, (const uint8_t *)body, strlen(body), key);
	sodium_memzero(key, sizeof(key));
	return base64(a, signature, sizeof(signature), sodium_base64_VARIANT_ORIGINAL);
}

/* ---- the answer ---- */

struct answer_membership {
	const char *id, *mesh_name, *cidr, *address;
};

struct answer_machine {
	const char *id, *name;
};

struct answer {
	struct answer_machine machine;
	const char *machine_token, *signer;
	struct json_rows memberships;
};

#define AM(m) offsetof(struct answer_membership, m)

static const struct json_row answer_membership_rows[] = {
	{"id", MEMBER_TEXT, AM(id), .required = true, .max = ID_TEXT_MAX},
	{"mesh_name", MEMBER_TEXT, AM(mesh_name), .required = true, .max = 63},
	{"cidr", MEMBER_TEXT, AM(cidr), .required = true, .max = 63},
	{"address", MEMBER_TEXT, AM(address), .required = true, .max = 47},
	{0},
};

static const struct json_row answer_machine_rows[] = {
	{"id", MEMBER_TEXT, offsetof(struct answer_machine, id), .required = true,
	 .max = ID_TEXT_MAX},
	{"name", MEMBER_TEXT, offsetof(struct answer_machine, name), .required = true,
	 .max = NAME_MAX_LENGTH},
	{0},
};

static const struct json_row answer_rows[] = {
	{"machine", MEMBER_OBJECT, offsetof(struct answer, machine), .required = true,
	 .rows = answer_machine_rows},
	{"machine_token", MEMBER_TEXT, offsetof(struct answer, machine_token), .required = true,
	 .max = TOKEN_TEXT_MAX},
	{"signer", MEMBER_TEXT, offsetof(struct answer, signer), .required = true, .max = 64},
	{"memberships", MEMBER_ROWS, offsetof(struct answer, memberships), .required = true,
	 .max = 64, .rows = answer_membership_rows, .row_size = sizeof(struct answer_membership)},
	{0},
};

static int take_answer(struct machine *m, const struct buf *body, struct arena *a,
		       struct enrolment *out, struct fault *f)
{
	struct answer r = {0};
	const struct answer_membership *first;
	size_t len = 0;
	int code =
		json_decode_text(buf_text(body), body->len, answer_rows, MEMBERS_LENIENT, a, &r, f);

	if (code == 0)
		code = token_parse(TOKEN_MACHINE, r.machine_token, &m->token, f);
	if (code == 0 &&
	    (!id_parse(r.machine.id, &m->id) ||
	     sodium_base642bin(m->signer, sizeof(m->signer), r.signer, strlen(r.signer), NULL, &len,
			       NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	     len != sizeof(m->signer)))
		code = fault_set(f, ERR_INVALID, "id or signer");
	if (code != 0) {
		fault_prefix(f, "the controller's answer");
		return code;
	}
	first = r.memberships.at;
	snprintf(m->name, sizeof(m->name), "%s", r.machine.name);
	snprintf(out->machine, sizeof(out->machine), "%s", r.machine.name);
	if (r.memberships.n > 0) {
		snprintf(out->mesh, sizeof(out->mesh), "%s", first->mesh_name);
		snprintf(out->address, sizeof(out->address), "%s", first->address);
	}
	return 0;
}

/* ---- both ---- */

/* The identity outlives an answer that got lost: with it the same token gives the same machine. One
 * that is damaged gives nothing. */
static int identity_take(struct machine *m, const struct config *c, bool *kept, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct fault why = {0};
	int code;

	*kept = access(path_state(c, "identity.key", path), F_OK) == 0;
	code = *kept ? secret_load(&m->identity, path, &why) : ERR_INVALID;
	if (code != ERR_INVALID)
		return code == 0 ? 0 : fault_set(f, code, "%s", why.text);
	*kept = false;
	secret_random(&m->identity);
	return 0;
}

static int ask(struct machine *m, const struct config *c, const struct join_token *token,
	       struct arena *arena, struct http_answer *answer, struct fault *f)
{
	struct http_request q = {.method = "POST", .path = "/enroll", .answer_max = ANSWER_MAX};
	struct json_texts networks = {0};
	char *body;
	int code = gather_networks(c, arena, &networks, f);

	if (code != 0)
		return code;
	body = request_body(m, token, &networks, arena);
	q.body = body;
	q.body_len = strlen(body);
	q.signature = sign(m, body, arena);
	code = http_perform(&m->where, &q, answer);
	if (code != 0)
		*f = answer->fault;
	json_text_free(body);
	return code;
}

static void take_token(struct machine *m, const struct config *c, const struct join_token *token)
{
	for (size_t i = 0; i < token->nurls; i++)
		snprintf(m->where.at[i].url, sizeof(m->where.at[i].url), "%s", token->urls[i]);
	m->where.n = token->nurls;
	memcpy(m->where.pin, token->pin, sizeof(m->where.pin));
	m->where.mark = (uint32_t)c->mark;
}

/* The answer was lost, or could not be stored: at the controller the machine may be there. */
static bool may_have_enrolled(const struct http_answer *a, int code)
{
	return a->status == 0 ? code == ERR_IO || code == ERR_TIMEOUT : a->status < 400;
}

/* Of an attempt that failed nothing stays; of an earlier one, whose answer was lost, its identity
 * does, until the controller says that it is worth nothing. */
static void clean_up(const struct config *c, const struct http_answer *a, int code, bool kept,
		     bool made_dir)
{
	bool refused = a->status >= 400 && a->status < 500;
	char path[PATH_TEXT_MAX];

	if (may_have_enrolled(a, code) || (kept && !refused)) {
		file_remove(path_state(c, "machine.json", path), NULL);
		return;
	}
	machine_remove(c, NULL);
	if (made_dir)
		rmdir(c->state_dir);
}

int enrol(const struct config *c, const struct join_token *token, const char *name,
	  struct enrolment *out, struct fault *f)
{
	struct machine m = {0};
	struct http_answer answer = {0};
	struct arena arena;
	bool kept = false, made_dir = access(c->state_dir, F_OK) != 0;
	char path[PATH_TEXT_MAX];
	int code;

	memset(out, 0, sizeof(*out));
	arena_init(&arena);
	take_token(&m, c, token);
	if (name != NULL)
		snprintf(m.name, sizeof(m.name), "%s", name);
	else
		default_name(m.name);
	code = identity_take(&m, c, &kept, f);
	if (code == 0)
		code = name_check(m.name, "name of the machine", f);
	if (code == 0)
		code = file_make_dir(c->state_dir, 0700, f);
	if (code == 0)
		code = secret_store(&m.identity, path_state(c, "identity.key", path), f);
	if (code == 0) {
		machine_read_boot(&m);
		code = ask(&m, c, token, &arena, &answer, f);
	}
	if (code == 0)
		code = take_answer(&m, &answer.body, &arena, out, f);
	if (code == 0)
		code = machine_store(&m, c, f);
	if (code != 0)
		clean_up(c, &answer, code, kept, made_dir);
	http_answer_fini(&answer);
	machine_wipe(&m);
	arena_wipe(&arena);
	return code;
}
