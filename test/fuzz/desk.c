#include "test/fuzz/desk.h"

#include <sodium.h>

#include "controller/alloc.h"
#include "controller/blob.h"
#include "controller/follow.h"
#include "test/fuzz/fuzz.h"
#include "test/test.h"

/* A token's, whose secret is this byte all over. */
static struct digest digest_of_secret(uint8_t byte)
{
	struct secret secret;
	struct digest d;

	memset(secret.bytes, byte, sizeof(secret.bytes));
	token_digest(&secret, &d);
	return d;
}

static struct id numbered(uint8_t n)
{
	struct id id;

	FUZZ_HOLDS(id_parse("01890a5d-ac96-774b-bcce-000000000000", &id));
	id.bytes[15] = n;
	return id;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	FUZZ_HOLDS(prefix_parse(text, &p, NULL) == 0);
	return p;
}

static struct mesh add_mesh(struct desk *d, uint8_t n, const char *name, const char *cidr)
{
	struct mesh m = {.organization = d->organization,
			 .id = numbered(n),
			 .cidr = prefix_of(cidr),
			 .is_default = n == 1,
			 .route_reflector = true,
			 .asn = 4200000000u + n,
			 .bgp_port = 179,
			 .bfd_interval_ms = 250,
			 .bfd_multiplier = 3};

	snprintf(m.name, sizeof(m.name), "%s", name);
	FUZZ_HOLDS(store_mesh_insert(d->store, &m, NULL) == 0);
	return m;
}

static struct machine add_machine(struct desk *d, uint8_t n, const char *name)
{
	struct machine m = {.organization = d->organization, .id = numbered(n), .identity = {n}};

	snprintf(m.name, sizeof(m.name), "%s", name);
	m.token = digest_of_secret(n);
	FUZZ_HOLDS(store_machine_insert(d->store, &m, NULL) == 0);
	return m;
}

static struct membership add_member(struct desk *d, uint8_t n, const struct machine *machine,
				    const struct mesh *mesh)
{
	struct membership m = {.id = numbered(n), .machine = machine->row, .mesh = mesh->row};

	m.gateway = n > 0x21;
	m.slot = m.gateway;
	FUZZ_HOLDS(store_number_take(d->store, machine->row, &m.number, NULL) == 0);
	FUZZ_HOLDS(store_address_take(d->store, mesh->row, DESK_NOW, alloc_last_index(&mesh->cidr),
				      &m.index, NULL) == 0);
	FUZZ_HOLDS(store_membership_insert(d->store, &m, NULL) == 0);
	return m;
}

static void add_tokens(struct desk *d)
{
	struct join_grant g = {.organization = d->organization,
			       .id = numbered(0x51),
			       .secret = digest_of_secret(0)};
	struct api_token t = {
		.id = numbered(0x61), .role = ROLE_ADMIN, .secret = digest_of_secret(0)};

	FUZZ_HOLDS(store_join_grant_insert(d->store, &g, NULL) == 0);
	FUZZ_HOLDS(store_api_token_insert(d->store, &t, NULL) == 0);
	d->admin = (struct principal){.role = ROLE_ADMIN, .token = t.row, .id = t.id};
}

static void add_things(struct desk *d)
{
	const struct installation installation = {
		.id = numbered(0), .epoch = 1, .next_asn = ALLOC_ASN_FIRST + 3};
	struct organization o = {.name = "default"};
	struct announcement a = {.id = numbered(0x31),
				 .prefix = prefix_of("10.9.0.0/24"),
				 .priority = 100,
				 .approved = true};
	struct peering p = {.id = numbered(0x41)};
	struct machine web, gw;
	struct mesh prod, stage;

	FUZZ_HOLDS(store_installation_set(d->store, &installation, NULL) == 0);
	FUZZ_HOLDS(store_organization_insert(d->store, &o, NULL) == 0);
	d->organization = p.organization = o.row;
	prod = add_mesh(d, 1, "prod", "10.1.0.0/16");
	stage = add_mesh(d, 2, "stage", "10.2.0.0/16");
	add_mesh(d, 3, "spare", "10.3.0.0/16");
	web = add_machine(d, 0x11, "web");
	gw = add_machine(d, 0x12, "gw");
	a.membership = add_member(d, 0x21, &web, &prod).row;
	add_member(d, 0x22, &gw, &prod);
	add_member(d, 0x23, &gw, &stage);
	FUZZ_HOLDS(store_announcement_insert(d->store, &a, NULL) == 0);
	p.mesh_a = prod.row;
	p.mesh_b = stage.row;
	FUZZ_HOLDS(store_peering_insert(d->store, &p, NULL) == 0);
	add_tokens(d);
	d->machine = (struct principal){.role = ROLE_MACHINE,
					.organization = d->organization,
					.token = gw.row,
					.id = gw.id};
}

static struct blob *blob_of(const char *words)
{
	struct buf text;

	buf_init(&text);
	buf_puts(&text, words);
	return blob_new(&text);
}

/* What gw gets in prod, once, and once more, with the step between. */
static void render(struct desk *d)
{
	struct digest templates = {{0}};
	struct membership m;

	FUZZ_HOLDS(store_membership_find(d->store, 0, (struct id[]){numbered(0x22)}, &m, NULL) ==
		   0);
	for (uint64_t revision = 1; revision <= 2; revision++) {
		struct blob *view = blob_of("view"), *step = blob_of("step");
		struct image_files files;
		struct edition *e;
		size_t member;

		FUZZ_HOLDS(edition_new(&e, d->store, m.mesh, &templates, NULL) == 0);
		edition_rows(e)->mesh.view_revision = revision;
		edition_rows(e)->mesh.images_revision = revision;
		FUZZ_HOLDS(edition_find(e, m.row, &member));
		images_render(d->controller.images, e, member, &files);
		publish_edition(d->controller.publish, e, view, step);
		image_files_fini(&files);
		edition_unref(e);
		blob_unref(view);
		blob_unref(step);
	}
	publish_set_ready(d->controller.publish);
}

static void make_keys(struct desk *d)
{
	const uint8_t seed[32] = {7};
	uint8_t public_key[32];

	crypto_sign_seed_keypair(public_key, d->controller.keys.signing, seed);
	crypto_sign_seed_keypair(public_key, d->identity_key, seed);
}

struct desk *desk_get(void)
{
	static struct desk desk, *made;
	char path[160];

	if (made != NULL)
		return made;
	made = &desk;
	FUZZ_HOLDS(sodium_init() >= 0);
	schema_defaults(config_rows, &desk.config);
	snprintf(path, sizeof(path), "%s/desk.db", test_dir());
	FUZZ_HOLDS(store_open(&desk.store, path, STORE_CREATE, NULL) == 0);
	FUZZ_HOLDS(store_begin(desk.store, NULL) == 0);
	desk.controller = (struct controller){.config = &desk.config, .lock = -1};
	make_keys(&desk);
	desk.controller.auth = auth_new();
	desk.controller.poll = poll_new();
	desk.controller.questions = questions_new();
	desk.controller.publish = publish_new(desk.controller.poll);
	desk.controller.twins = twins_new();
	desk.controller.images = images_new(desk.controller.keys.signing, 1 << 20);
	add_things(&desk);
	FUZZ_HOLDS(follow_load(&desk.controller, desk.store, NULL) == 0);
	render(&desk);
	return made;
}

void desk_begin(struct desk *d)
{
	FUZZ_HOLDS(store_savepoint(d->store, NULL) == 0);
}

void desk_settle(struct desk *d)
{
	const struct credential gw = {
		.kind = TOKEN_MACHINE, .who = d->machine, .secret = digest_of_secret(0x12)};

	store_undo(d->store);
	auth_remove(d->controller.auth, TOKEN_MACHINE, d->machine.token);
	auth_set(d->controller.auth, &gw);
}
