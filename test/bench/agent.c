/* An agent at rest in a large mesh: a real one with wireguard-go and BIRD, in namespaces of its
 * own, started from stored state; its controller is away, and nobody else is there. */
#include <dirent.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/render/render.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/net/wg.h"
#include "test/bench/apart.h"
#include "test/test.h"
#include "test/unit/render/fleet.h"

#define SETTLE_MS 10000 /* after all peers are there */
#define REST_MS	  15000
#define REVISION  STATE_REVISION(1, 1)
#define STATE_DIR "/run/agent"
#define CONFIG	  "/run/agent.conf"

struct stored {
	struct fleet fleet;
	struct buf templates, text;
	uint8_t signer[32], signing_key[64];
	size_t own; /* the member that it is */
	char dir[128];
};

static void put(const char *dir, const char *name, const void *data, size_t len)
{
	char path[300];
	struct fault f = {0};

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (file_write(path, data, len, 0600, &f) != 0)
		bench_fail("%s", f.text);
}

/* ---- the mesh, and this machine in it ---- */

static void make_fleet(struct stored *x, uint32_t peers)
{
	struct wg_key public_key;
	struct secret key;

	fleet_init(&x->fleet, "bench", "100.64.0.0/10", 4200000001);
	fleet_gateway(&x->fleet, "gateway-1", 1);
	fleet_gateway(&x->fleet, "gateway-2", 2);
	for (uint32_t i = 3; i <= peers + 1; i++)
		x->own = fleet_member(&x->fleet, "member", i);
	secret_random(&key);
	wg_public_key(&key, &public_key);
	x->fleet.members.at[x->own].key = public_key;
	put(x->dir, "key", key.bytes, sizeof(key.bytes));
	secret_wipe(&key);
	fleet_plan(&x->fleet);
}

static void store_image(struct stored *x, enum state_kind kind, const struct buf *body)
{
	const bool view = kind == STATE_KIND_VIEW;
	const struct state_identity id = {
		.kind = kind,
		.revision = REVISION,
		.mesh = x->fleet.rows.mesh.id.bytes,
		.membership = view ? NULL : x->fleet.members.at[x->own].id.bytes};
	struct buf image;

	buf_init(&image);
	state_sign(&id, body->data, body->len, x->signing_key, &image);
	put(x->dir, view ? "view" : "membership", image.data, image.len);
	buf_fini(&image);
}

static void store_images(struct stored *x)
{
	struct render_image in = {.view_revision = REVISION};
	struct buf body;

	digest_of(x->templates.data, x->templates.len, &in.templates);
	digest_of(x->text.data, x->text.len, &in.text);
	buf_init(&body);
	render_view(x->fleet.render, &body);
	store_image(x, STATE_KIND_VIEW, &body);
	buf_clear(&body);
	render_membership(x->fleet.render, x->own, &in, &body);
	store_image(x, STATE_KIND_MEMBERSHIP, &body);
	buf_fini(&body);
}

static void store_texts(struct stored *x)
{
	const char *const from[] = {"bird-templates"};
	struct fault f = {0};

	buf_init(&x->templates);
	buf_init(&x->text);
	if (render_bird_templates(from, 1, &x->templates, &f) != 0)
		bench_fail("%s", f.text);
	render_bird_text(x->fleet.render, x->own, &x->text);
	put(x->dir, "templates.conf", x->templates.data, x->templates.len);
	put(x->dir, "membership.conf", x->text.data, x->text.len);
}

/* Who it is, and a controller that is not there. */
static void store_machine(struct stored *x)
{
	char id[ID_TEXT_MAX], signer[65], text[400];
	struct secret secret;
	int n;

	sodium_bin2hex(signer, sizeof(signer), x->signer, sizeof(x->signer));
	n = snprintf(text, sizeof(text),
		     "{\"id\":\"%s\",\"name\":\"bench\",\"signer\":\"%s\",\"urls\":[{\"url\":"
		     "\"https://127.0.0.1:9\"}]}",
		     id_format(&x->fleet.machines.at[x->own], id), signer);
	put(STATE_DIR, "machine.json", text, (size_t)n);
	secret_random(&secret);
	put(STATE_DIR, "identity.key", secret.bytes, sizeof(secret.bytes));
	put(STATE_DIR, "token", secret.bytes, sizeof(secret.bytes));
}

static void store(struct stored *x, uint32_t peers)
{
	static const char config[] = "state_dir = " STATE_DIR "\nrun_dir = /run/skein\n"
				     "guard_dir = /run/guard\nlog_level = warn\n";
	static const struct id own = {{1, 2, 3, [6] = 0x70, [8] = 0x80, 9}};
	char id[ID_TEXT_MAX];

	*x = (struct stored){0};
	crypto_sign_keypair(x->signer, x->signing_key);
	snprintf(x->dir, sizeof(x->dir), STATE_DIR "/%s", id_format(&own, id));
	if (file_make_dir(STATE_DIR, 0700, NULL) != 0 || file_make_dir(x->dir, 0700, NULL) != 0)
		bench_fail("%s cannot be made", x->dir);
	make_fleet(x, peers);
	x->fleet.members.at[x->own].id = own;
	store_texts(x);
	store_images(x);
	store_machine(x);
	put("/run", "agent.conf", config, sizeof(config) - 1);
	fleet_fini(&x->fleet);
	buf_fini(&x->templates);
	buf_fini(&x->text);
}

/* ---- the agent ---- */

static bool has_peers(const void *context)
{
	const size_t *want = context;
	struct wg_device now = {0};
	struct wg_backend *b = NULL;
	bool has;

	if (wg_open("wg0", &b, NULL) != 0)
		return false;
	has = wg_read(b, &now, NULL) == 0 && now.peers.n >= *want;
	wg_close(b);
	wg_device_fini(&now);
	return has;
}

static double resident_mib(const char *pid)
{
	char path[64];
	const char *at;
	struct buf text;
	double kib = 0;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	buf_init(&text);
	if (file_read(path, 16384, &text, NULL) == 0 &&
	    (at = strstr(buf_text(&text), "VmRSS:")) != NULL)
		kib = strtod(at + 6, NULL);
	buf_fini(&text);
	return kib / 1024;
}

/* Of all processes of a name: those of this namespace. */
static double resident_of(const char *name)
{
	char path[300], comm[32];
	struct dirent *e;
	double sum = 0;
	DIR *dir = opendir("/proc");
	FILE *f;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "re") : NULL;
		if (f == NULL)
			continue;
		if (fgets(comm, sizeof(comm), f) != NULL && strncmp(comm, name, strlen(name)) == 0)
			sum += resident_mib(e->d_name);
		fclose(f);
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

static void measure_of(uint32_t peers, struct bench_result out[2])
{
	static struct stored x;
	static const char program[] = TEST_BUILD "/skein-agent";
	const char *const argv[] = {program, "run", "--config", CONFIG, NULL};
	size_t members = peers - 2; /* the gateways are behind trunks */
	struct mono start;
	double before;
	pid_t pid;

	store(&x, peers);
	pid = apart_start(argv);
	apart_await(has_peers, &members, "the agent");
	poll(NULL, 0, SETTLE_MS);
	before = bench_cpu(pid);
	start = mono_now();
	poll(NULL, 0, REST_MS); /* the time under observation */
	out[0].value = (bench_cpu(pid) - before) * 1e12 / (double)(mono_now().ns - start.ns);
	out[1] = (struct bench_result){resident_of("skein-agent"), resident_of("wireguard-go")};
	apart_stop(pid);
}

static void measure_1000(struct bench_result *out)
{
	measure_of(1000, out);
}

static void measure_10000(struct bench_result *out)
{
	measure_of(10000, out);
}

static void measure(struct bench_result *out)
{
	apart_run(measure_1000, out, 2);
	apart_run(measure_10000, out + 2, 2);
}

BENCH(agent, measure, {"an agent at rest, 1,000 peers: processor", "ms/s", NULL, 0, false},
      {"an agent at rest, 1,000 peers: memory", "MiB", "its wireguard-go's", 0, false},
      {"an agent at rest, 10,000 peers: processor", "ms/s", NULL, 0, false},
      {"an agent at rest, 10,000 peers: memory", "MiB", "its wireguard-go's", 0, false});
