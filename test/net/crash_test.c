/* A controller that is killed while many write: no answer that was given is taken back, nothing is
 * done by half, no address is given twice.
 *
 *	one namespace:   skein-controller on 127.0.0.1:8090  <-  4 writers, and who kills it
 *
 * SKEIN_CRASHES says how many times; `make check-long` has a hundred. */
#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mesh/token.h"
#include "test/net/crash_model.h"
#include "test/net/lone.h"
#include "test/net/space.h"
#include "test/test.h"

#define WRITERS	     4
#define CRASHES	     15
#define LIFE_MS	     400 /* at most, between start and death */
#define GATEWAYS_MAX 8	 /* of one writer: a mesh has 63 */

static struct lone lone;

/* Writers rest while it is closed, which is when the controller is down, or looked at. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed, over;
	unsigned resting;
};

struct writer {
	pthread_t thread;
	unsigned number, made, gateways;
	struct gate *gate;
	struct stand client;
	struct crash_model *model; /* mesh ids, for reading */
	const char *join_token;
	subject_vec mine;
	size_t acknowledged, lost;
	char wrong[200]; /* an answer that nobody expected; "" none */
};

/* ---- what a writer does ---- */

/* False when the answer was lost. */
static bool answered(struct writer *w, long status, long want)
{
	if (status < 0) {
		w->lost++;
		return false;
	}
	if (status != want && w->wrong[0] == '\0')
		snprintf(w->wrong, sizeof(w->wrong), "status %ld, want %ld: %.100s", status, want,
			 buf_text(&w->client.body));
	w->acknowledged++;
	return true;
}

/* A new one, or, after an answer that was lost, the same once more: it must not become two. */
static void enroll(struct writer *w, struct subject *s)
{
	long status;

	s->there = MAY_BE;
	status = stand_enroll(&w->client, &s->machine, w->join_token, NULL);
	if (answered(w, status, 201))
		s->there = IS;
}

static void make(struct writer *w)
{
	struct subject *s = mem_alloc(sizeof(*s));

	snprintf(s->name, sizeof(s->name), "w%u-%u", w->number, w->made++);
	stand_machine_new(&s->machine, s->name);
	vec_push(&w->mine, s);
	enroll(w, s);
}

static void drop(struct writer *w, struct subject *s)
{
	char path[128];

	s->there = MAY_BE;
	snprintf(path, sizeof(path), "/api/v1/machines/%s", s->machine.id);
	if (!answered(w, stand_call(&w->client, lone.admin, "DELETE", path, NULL), 204))
		return;
	s->there = s->gateway = IS_NOT;
	s->in_both = false;
}

static void rename_it(struct writer *w, struct subject *s)
{
	char path[128], body[128];

	snprintf(s->new_name, sizeof(s->new_name), "w%u-%u", w->number, w->made++);
	snprintf(path, sizeof(path), "/api/v1/machines/%s", s->machine.id);
	snprintf(body, sizeof(body), "{\"name\":\"%s\"}", s->new_name);
	if (!answered(w, stand_call(&w->client, lone.admin, "PATCH", path, body), 200))
		return;
	snprintf(s->name, sizeof(s->name), "%s", s->new_name);
	s->new_name[0] = '\0';
}

/* Of two meshes at once, so that half of it would show. */
static void toggle_gateway(struct writer *w, struct subject *s)
{
	bool enable = s->gateway == IS_NOT;
	char path[128], body[300];
	long status;

	s->gateway = MAY_BE;
	snprintf(path, sizeof(path), "/api/v1/gateways/%s", s->machine.id);
	snprintf(body, sizeof(body), "{\"machine\":\"%s\",\"meshes\":[\"%s\",\"%s\"]}",
		 s->machine.id, w->model->mesh[0], w->model->mesh[1]);
	status = enable ? stand_call(&w->client, lone.admin, "POST", "/api/v1/gateways", body)
			: stand_call(&w->client, lone.admin, "DELETE", path, NULL);
	if (!answered(w, status, 200))
		return;
	s->gateway = enable ? IS : IS_NOT;
	s->in_both = s->in_both || enable;
}

static unsigned count_gateways(const struct writer *w)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->mine.n; i++)
		n += w->mine.at[i]->gateway != IS_NOT;
	return n;
}

static void do_something(struct writer *w)
{
	unsigned what = randombytes_uniform(8);
	struct subject *s =
		w->mine.n > 0 ? w->mine.at[randombytes_uniform((uint32_t)w->mine.n)] : NULL;

	if (s == NULL || what < 3)
		make(w);
	else if (s->there == IS_NOT)
		return; /* it is gone for good */
	else if (what == 3)
		drop(w, s);
	else if (what == 4)
		rename_it(w, s);
	else if (what == 5)
		enroll(w, s);
	else if (s->gateway == IS || count_gateways(w) < GATEWAYS_MAX)
		toggle_gateway(w, s);
}

/* False when all is over. */
static bool pass(struct gate *g)
{
	bool go_on;

	pthread_mutex_lock(&g->lock);
	g->resting++;
	pthread_cond_broadcast(&g->changed);
	while (g->closed && !g->over)
		pthread_cond_wait(&g->changed, &g->lock);
	g->resting--;
	go_on = !g->over;
	pthread_mutex_unlock(&g->lock);
	return go_on;
}

static void *write_loop(void *arg)
{
	struct writer *w = arg;

	while (pass(w->gate)) {
		size_t lost = w->lost;

		do_something(w);
		if (w->lost >
		    lost) { /* nothing more can be said of anything until somebody looks */
			pthread_mutex_lock(&w->gate->lock);
			w->gate->closed = true;
			pthread_mutex_unlock(&w->gate->lock);
		}
	}
	return NULL;
}

/* ---- who kills ---- */

static void close_gate(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->closed = true;
	while (g->resting < WRITERS)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void open_gate(struct gate *g, bool over)
{
	pthread_mutex_lock(&g->lock);
	g->closed = false;
	g->over = over;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static void collect(struct crash_model *m, struct writer *writers)
{
	m->known.n = 0;
	m->lost = 0;
	for (size_t i = 0; i < WRITERS; i++) {
		for (size_t k = 0; k < writers[i].mine.n; k++)
			vec_push(&m->known, writers[i].mine.at[k]);
		m->lost += writers[i].lost;
		if (writers[i].wrong[0] != '\0')
			TEST_FAIL("a writer: %s", writers[i].wrong);
		writers[i].wrong[0] = '\0';
	}
}

static void client_init(struct stand *c)
{
	*c = (struct stand){.curl = curl_easy_init()};
	snprintf(c->base, sizeof(c->base), "%s", lone.base);
	snprintf(c->admin, sizeof(c->admin), "%s", lone.admin);
}

static void client_fini(struct stand *c)
{
	curl_easy_cleanup(c->curl);
	json_decref(c->json);
	buf_fini(&c->body);
}

static bool prepare(struct crash_model *m, struct stand *c, char join_token[TOKEN_TEXT_MAX])
{
	static const char *const bodies[] = {"{\"name\":\"one\"}",
					     "{\"name\":\"two\",\"cidr\":\"10.9.0.0/16\"}"};

	for (int i = 0; i < 2; i++) {
		if (stand_call(c, lone.admin, "POST", "/api/v1/meshes", bodies[i]) != 201)
			return false;
		snprintf(m->mesh[i], sizeof(m->mesh[i]), "%s", stand_get(c, "id"));
	}
	if (stand_call(c, lone.admin, "POST", "/api/v1/join-tokens", "{\"max_uses\":0}") != 201)
		return false;
	snprintf(m->join_id, sizeof(m->join_id), "%s", stand_get(c, "id"));
	snprintf(join_token, TOKEN_TEXT_MAX, "%s", stand_get(c, "token"));
	return true;
}

static int64_t count_rows(const char *sql)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	char path[1100];
	int64_t n = 0;

	snprintf(path, sizeof(path), "%s/controller.db", lone.data);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		n = -1;
	while (n >= 0 && sqlite3_step(st) == SQLITE_ROW)
		n++;
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void check_file(void)
{
	TEST_NUMBER(
		count_rows("SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
		0);
	TEST_NUMBER(count_rows("SELECT * FROM pragma_foreign_key_check"), 0);
	TEST_NUMBER(count_rows("SELECT * FROM installation"), 1);
}

/* One life of the controller: looked at, written to, killed. */
static bool live(struct crash_model *m, struct writer *writers, struct gate *gate,
		 struct stand *client)
{
	if (!lone_start(&lone)) {
		TEST_FAIL("the controller does not start again");
		return false;
	}
	collect(m, writers);
	crash_model_check(m, client);
	open_gate(gate, false);
	poll(NULL, 0, (int)randombytes_uniform(LIFE_MS));
	lone_kill(&lone);
	close_gate(gate);
	return true;
}

static void start_writers(struct writer *writers, struct gate *gate, struct crash_model *m,
			  const char *join_token)
{
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){
			.number = i, .gate = gate, .model = m, .join_token = join_token};
		client_init(&writers[i].client);
		pthread_create(&writers[i].thread, NULL, write_loop, &writers[i]);
	}
	close_gate(gate);
}

static size_t end_writers(struct writer *writers, struct gate *gate)
{
	size_t acknowledged = 0;

	open_gate(gate, true);
	for (size_t i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		client_fini(&writers[i].client);
		acknowledged += writers[i].acknowledged;
		vec_free(&writers[i].mine);
	}
	return acknowledged;
}

static void a_killed_controller_keeps_its_word(void)
{
	const char *times = getenv("SKEIN_CRASHES");
	int crashes = times != NULL ? atoi(times) : CRASHES;
	struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, true, false, 0};
	struct writer writers[WRITERS];
	struct crash_model m = {0};
	char join_token[TOKEN_TEXT_MAX];
	struct stand client;
	size_t acknowledged;

	client_init(&client);
	TEST_MUST(lone_start(&lone));
	TEST_MUST(prepare(&m, &client, join_token));
	lone_kill(&lone);
	start_writers(writers, &gate, &m, join_token);
	for (int i = 0; i < crashes; i++)
		if (!live(&m, writers, &gate, &client))
			break;
	CU_ASSERT(lone_start(&lone));
	collect(&m, writers);
	crash_model_check(&m, &client);
	crash_model_check_audit(&m, &client);
	lone_stop(&lone);
	check_file();
	acknowledged = end_writers(writers, &gate);
	printf("%d crashes: %zu answers given, %zu lost, the work of %zu of these was there\n",
	       crashes, acknowledged, m.lost, m.found);
	/* Else it was never hit at work. */
	CU_ASSERT(acknowledged > (size_t)crashes * 4 && m.lost > (size_t)crashes / 2);
	crash_model_free(&m);
	client_fini(&client);
}

static int enter(void)
{
	return space_enter() == 0 && lone_make(&lone, "crash", NULL, NULL) ? 0 : -1;
}

static int leave(void)
{
	lone_kill(&lone);
	return space_leave();
}

TEST_SUITE_WITH(net_crash, enter, leave,
		{"a killed controller keeps its word", a_killed_controller_keeps_its_word});
