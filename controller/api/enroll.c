/* POST /enroll: a machine joins.
 *
 * It proves its identity by a signature over the body, and its right by the secret of a join token.
 * An answer that was lost costs nothing: the same identity with the same token gets the same
 * machine and a new machine token, and the token of before is void. */
#include <sodium.h>
#include <string.h>

#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/shared.h"
#include "controller/controller.h"
#include "lib/mesh/token.h"

#define NETWORKS_MAX 256
#define NUMBER_MAX   (1u << 24) /* of machines of one name */

struct request {
	const char *secret, *identity, *name, *boot_id;
	uint64_t run;
	struct json_texts networks;
};

static const struct json_row request_rows[] = {
	JSON_ROW("secret", MEMBER_TEXT, offsetof(struct request, secret), .required = true),
	JSON_ROW("identity", MEMBER_TEXT, offsetof(struct request, identity), .required = true),
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct request, name), .required = true),
	JSON_ROW("boot_id", MEMBER_TEXT, offsetof(struct request, boot_id), .max = 36),
	JSON_ROW("run", MEMBER_COUNTER, offsetof(struct request, run)),
	JSON_ROW("networks", MEMBER_TEXTS, offsetof(struct request, networks), .max = NETWORKS_MAX),
	{0}};

struct named {
	const char *id, *name;
};

struct joined {
	const char *id, *mesh, *mesh_name, *cidr, *address;
	int64_t number, base_port;
};

struct answer {
	struct named machine;
	const char *machine_token, *signer;
	struct json_rows memberships;
};

static const struct json_row named_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, offsetof(struct named, id)),
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct named, name)),
	{0}};

static const struct json_row joined_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, offsetof(struct joined, id)),
	JSON_ROW("mesh", MEMBER_TEXT, offsetof(struct joined, mesh)),
	JSON_ROW("mesh_name", MEMBER_TEXT, offsetof(struct joined, mesh_name)),
	JSON_ROW("cidr", MEMBER_TEXT, offsetof(struct joined, cidr)),
	JSON_ROW("number", MEMBER_NUMBER, offsetof(struct joined, number)),
	JSON_ROW("address", MEMBER_TEXT, offsetof(struct joined, address)),
	JSON_ROW("base_port", MEMBER_NUMBER, offsetof(struct joined, base_port)),
	{0}};

static const struct json_row answer_rows[] = {
	JSON_ROW("machine", MEMBER_OBJECT, offsetof(struct answer, machine), .rows = named_rows),
	JSON_ROW("machine_token", MEMBER_TEXT, offsetof(struct answer, machine_token)),
	JSON_ROW("signer", MEMBER_TEXT, offsetof(struct answer, signer)),
	JSON_ROW("memberships", MEMBER_ROWS, offsetof(struct answer, memberships),
		 .rows = joined_rows, .row_size = sizeof(struct joined)),
	{0}};

/* ---- who, and by what right ---- */

static int check_signature(struct call *c, const char *identity, uint8_t key[32])
{
	uint8_t signature[crypto_sign_BYTES];

	if (!parse_base64(identity, key, crypto_sign_PUBLICKEYBYTES))
		return fault_set(&c->fault, ERR_INVALID,
				 "identity: want the 32 bytes of an Ed25519 key in base64");
	if (c->signature == NULL || !parse_base64(c->signature, signature, sizeof(signature)))
		return fault_set(&c->fault, ERR_SIGNATURE,
				 "want the header Skein-Signature: an Ed25519 signature in base64");
	if (crypto_sign_verify_detached(signature, (const unsigned char *)c->body, c->body_len,
					key) != 0)
		return fault_set(&c->fault, ERR_SIGNATURE,
				 "the signature of the request is not that of its identity");
	return 0;
}

static int find_grant(struct call *c, const char *text, struct join_grant *g)
{
	struct digest digest;
	struct secret secret;
	int code;

	if (!parse_base64url(text, secret.bytes, sizeof(secret.bytes)))
		return fault_set(&c->fault, ERR_INVALID, "secret: want 32 bytes in base64url");
	token_digest(&secret, &digest);
	secret_wipe(&secret);
	code = store_join_grant_find_secret(c->store, &digest, g, NULL);
	if (code == ERR_NOT_FOUND) {
		c->status = 401;
		return fault_set(&c->fault, ERR_AUTH,
				 "this controller did not make the join token");
	}
	if (code != 0)
		return code;
	c->organization = g->organization;
	c->who.id = g->id; /* for the audit */
	if (g->revoked_at.ms != 0)
		return fault_set(&c->fault, ERR_REVOKED, "the join token was revoked");
	if (g->expires_at.ms != 0 && g->expires_at.ms <= c->now.ms)
		return fault_set(&c->fault, ERR_EXPIRED, "the join token has expired");
	return 0;
}

/* ---- the machine ---- */

/* web, web-2, …; 1 is the name itself. */
static int name_is_free(struct call *c, row_t organization, const char *wanted, uint32_t number,
			char name[NAME_TEXT_MAX], bool *is_free)
{
	struct machine other;
	char suffix[16] = "";
	int code;

	if (number > 1)
		snprintf(suffix, sizeof(suffix), "-%u", number);
	snprintf(name, NAME_TEXT_MAX, "%.*s%s", (int)(NAME_MAX_LENGTH - strlen(suffix)), wanted,
		 suffix);
	code = store_machine_find_name(c->store, organization, name, &other, NULL);
	*is_free = code == ERR_NOT_FOUND;
	return *is_free ? 0 : code;
}

/* web-2 when there is a web already: two machines of one image should both get in, and a million of
 * them, too. In steps that double as far as a number that is free; then halving the way back to
 * one that is taken, whose next one is free. */
static int free_name(struct call *c, row_t organization, const char *wanted,
		     char name[NAME_TEXT_MAX])
{
	uint32_t taken = 0, number = 1;
	bool is_free = false;
	int code = 0;

	while (code == 0 && !is_free && number <= NUMBER_MAX) {
		code = name_is_free(c, organization, wanted, number, name, &is_free);
		if (code == 0 && !is_free) {
			taken = number;
			number *= 2;
		}
	}
	if (code == 0 && !is_free)
		return fault_set(&c->fault, ERR_EXHAUSTED, "too many machines are called '%s'",
				 wanted);
	while (code == 0 && number - taken > 1) {
		uint32_t middle = taken + (number - taken) / 2;

		code = name_is_free(c, organization, wanted, middle, name, &is_free);
		*(is_free ? &number : &taken) = middle;
	}
	return code != 0 ? code : name_is_free(c, organization, wanted, number, name, &is_free);
}

static const char *new_token(struct call *c, struct machine *m)
{
	struct secret secret;
	const char *text;
	struct buf out;

	secret_random(&secret);
	token_digest(&secret, &m->token);
	buf_init_secret(&out);
	token_format(TOKEN_MACHINE, &secret, &out);
	secret_wipe(&secret);
	text = arena_strdup(c->arena, buf_text(&out));
	buf_fini(&out);
	return text;
}

static int make_machine(struct call *c, const struct join_grant *g, const struct request *in,
			const uint8_t identity[32], struct machine *m)
{
	int code = name_check(in->name, "machine name", &c->fault);

	if (code == 0)
		code = free_name(c, g->organization, in->name, m->name);
	if (code != 0)
		return code;
	m->organization = g->organization;
	m->created_at = c->now;
	memcpy(m->identity, identity, sizeof(m->identity));
	return 0;
}

/* Known by its identity, or new. *repeated: it has used this very token before. */
static int find_machine(struct call *c, const struct join_grant *g, const struct request *in,
			const uint8_t identity[32], struct machine *m, bool *repeated)
{
	int code = store_machine_find_identity(c->store, identity, m, NULL);

	*repeated = false;
	if (code == ERR_NOT_FOUND) {
		memset(m, 0, sizeof(*m));
		return make_machine(c, g, in, identity, m);
	}
	if (code != 0)
		return code;
	if (m->organization != g->organization)
		return fault_set(&c->fault, ERR_MISMATCH,
				 "this machine belongs to another organization: leave first");
	if (m->revoked)
		return fault_set(&c->fault, ERR_REVOKED, "machine '%s' is revoked", m->name);
	if (m->frozen)
		return fault_set(&c->fault, ERR_FROZEN,
				 "machine '%s' is frozen: its identity was used in two places",
				 m->name);
	return store_join_grant_used_by(c->store, g->row, m->row, repeated, &c->fault);
}

static int set_networks(struct call *c, const struct machine *m, const struct json_texts *texts)
{
	struct prefix *at = arena_array(c->arena, texts->n, sizeof(*at));

	for (size_t i = 0; i < texts->n; i++)
		if (prefix_parse(texts->at[i], &at[i], &c->fault) != 0)
			return fault_prefix(&c->fault, "networks");
	return store_networks_set(c->store, m->row, at, texts->n, &c->fault);
}

static int save_machine(struct call *c, const struct request *in, struct machine *m)
{
	int code;

	snprintf(m->boot_id, sizeof(m->boot_id), "%s", in->boot_id != NULL ? in->boot_id : "");
	m->run = in->run;
	m->seen_at = c->now;
	code = m->row == 0 ? store_machine_insert(c->store, m, &c->fault)
			   : store_machine_update(c->store, m, &c->fault);
	if (code == 0)
		code = store_machine_seen(c->store, m, &c->fault);
	return code != 0 ? code : set_networks(c, m, &in->networks);
}

/* ---- the membership ---- */

static int find_mesh(struct call *c, const struct join_grant *g, struct mesh *mesh)
{
	int code;

	if (g->mesh != 0)
		return store_mesh_get(c->store, g->mesh, mesh, &c->fault);
	code = store_mesh_default(c->store, g->organization, mesh, NULL);
	if (code == ERR_NOT_FOUND)
		code = fault_set(&c->fault, ERR_CONFLICT,
				 "the join token names no mesh, and the organization has no "
				 "default one");
	return code;
}

/* An appliance's token says so: what an operator does elsewhere by hand. */
static int make_gateway(struct call *c, const struct mesh *mesh, struct membership *m)
{
	int code = 0;

	if (!m->gateway) {
		m->gateway = true;
		code = store_membership_update(c->store, m, &c->fault);
	}
	return code != 0 ? code : slots_assign(c, mesh->row);
}

static int join_mesh(struct call *c, const struct join_grant *g, const struct machine *m,
		     struct mesh *mesh)
{
	struct membership membership;
	int code = find_mesh(c, g, mesh);

	if (code == 0)
		code = store_membership_of(c->store, m->row, mesh->row, &membership, NULL);
	if (code == ERR_NOT_FOUND)
		code = alloc_join(c->store, m, mesh, c->now, &membership, &c->fault);
	if (code == 0 && g->gateway)
		code = make_gateway(c, mesh, &membership);
	if (code == 0)
		call_touch_mesh(c, mesh->row);
	return code;
}

static int list_joined(struct call *c, const struct machine *m, struct json_rows *out)
{
	struct membership *list = NULL;
	struct joined *rows;
	int code = store_membership_list(c->store, c->arena, m->row, 0, NULL, &list, &out->n,
					 &c->fault);

	rows = out->at = arena_array(c->arena, out->n, sizeof(*rows));
	for (size_t i = 0; i < out->n && code == 0; i++) {
		struct address address;
		struct mesh *mesh = arena_alloc(c->arena, sizeof(*mesh));

		code = store_mesh_get(c->store, list[i].mesh, mesh, &c->fault);
		if (code != 0)
			break;
		address = alloc_address(mesh, list[i].index);
		rows[i] = (struct joined){
			.id = format_id(c->arena, &list[i].id),
			.mesh = format_id(c->arena, &mesh->id),
			.mesh_name = mesh->name,
			.cidr = format_prefix(c->arena, &mesh->cidr),
			.number = list[i].number,
			.address = format_address(c->arena, &address),
			.base_port = BASE_PORT(list[i].number),
		};
	}
	return code;
}

/* What the audit keeps: who, by which token (its actor says that), and of what it became a gateway.
 */
struct audited {
	const char *id, *name, *gateway_of;
};

static const struct json_row audited_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, offsetof(struct audited, id)),
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct audited, name)),
	JSON_ROW("gateway_of", MEMBER_TEXT, offsetof(struct audited, gateway_of)),
	{0}};

static int audit(struct call *c, const struct machine *m, const struct mesh *gateway_of)
{
	const struct audited x = {
		.id = format_id(c->arena, &m->id),
		.name = m->name,
		.gateway_of = gateway_of != NULL ? format_id(c->arena, &gateway_of->id) : NULL};
	json_t *after = json_encode(audited_rows, &x);
	int code = call_audit(c, &m->id, NULL, after);

	json_decref(after);
	return code;
}

int enroll(struct call *c)
{
	struct request in = {0};
	struct answer answer = {0};
	uint8_t identity[32];
	struct join_grant g = {0};
	struct machine m = {0};
	struct mesh mesh;
	bool repeated = false;
	int code = call_decode(c, request_rows, &in, NULL);

	if (code == 0)
		code = check_signature(c, in.identity, identity);
	if (code == 0)
		code = find_grant(c, in.secret, &g);
	if (code == 0)
		code = find_machine(c, &g, &in, identity, &m, &repeated);
	if (code != 0)
		return code;
	answer.machine_token = new_token(c, &m);
	code = save_machine(c, &in, &m);
	if (code == 0)
		code = store_join_grant_use(c->store, g.row, m.row, &c->fault);
	/* A repetition gives back what is there: not a membership that was removed since. */
	if (code == 0 && !repeated)
		code = join_mesh(c, &g, &m, &mesh);
	if (code == 0)
		code = list_joined(c, &m, &answer.memberships);
	if (code != 0)
		return code;
	call_touch_machine(c, m.row);
	answer.machine = (struct named){format_id(c->arena, &m.id), m.name};
	answer.signer = format_base64(c->arena, keys_signer(&c->controller->keys), 32);
	c->json = json_encode(answer_rows, &answer);
	c->status = 201;
	return audit(c, &m, g.gateway && !repeated ? &mesh : NULL);
}
