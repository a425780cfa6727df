/* What agents ask all the time: "is there anything new?" Answered by 304 over TLS connections that
 * are kept open, the token checked; against nginx, which says the same of a file. Servers and
 * client have a core each, and what counts is a server's processor time: requests a second of it.
 * They are asked in turn, for moments, so that what else the computer does is in all of them alike.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/bench/bench.h"
#include "test/bench/tls_load.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define SERVER_CORE 0
#define CLIENT_CORE 1
#define ROUND_MS    40
#define ROUNDS	    80
#define START_TRIES 500

/* A server in a process of its own, and what is asked of it. */
struct server {
	pid_t pid;
	uint16_t port;
	char request[2][512];
};

/* ---- the controller ---- */

/* What its child tells of it. */
struct told {
	uint16_t port;
	char token[TOKEN_SIZE], etag_machine[96], etag_view[96], data[300];
};

static void set_up(struct stand *s, struct told *t)
{
	struct stand_machine m;

	if (!stand_start(s, NULL) ||
	    stand_call(s, s->admin, "POST", "/api/v1/meshes", "{\"name\":\"prod\"}") != 201)
		bench_fail("the controller does not start");
	stand_machine_new(&m, "bench");
	if (stand_enroll(s, &m, stand_join_token(s, s->admin, NULL), NULL) != 201 ||
	    stand_put_key(s, &m, NULL) != 204 || !stand_wait_peer(s, &m, 1))
		bench_fail("the machine is not in");
	snprintf(t->token, sizeof(t->token), "%s", m.token);
	snprintf(t->data, sizeof(t->data), "%s/data", s->directory);
	t->port = (uint16_t)strtoul(strrchr(s->base, ':') + 1, NULL, 10);
}

/* The ETags are asked for last: by then nothing moves any more. */
static void learn(struct stand *s, struct told *t)
{
	if (stand_call(s, t->token, "GET", "/api/v1/mesh/config", NULL) != 200)
		bench_fail("no view");
	snprintf(t->etag_view, sizeof(t->etag_view), "%s", s->etag);
	if (stand_call(s, t->token, "GET", "/api/v1/machine", NULL) != 200)
		bench_fail("no machine");
	snprintf(t->etag_machine, sizeof(t->etag_machine), "%s", s->etag);
}

static void serve(int out, int in)
{
	static struct stand stand;
	static struct told told;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_pin(SERVER_CORE);
	set_up(&stand, &told);
	learn(&stand, &told);
	if (write(out, &told, sizeof(told)) != sizeof(told))
		_exit(1);
	(void)!read(in, &byte, 1); /* until the other end closes */
	stand_stop(&stand);
	_exit(0);
}

static void ask_for(struct server *s, int i, const char *path, const char *token, const char *etag)
{
	snprintf(s->request[i], sizeof(s->request[i]),
		 "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n"
		 "Authorization: Bearer %s\r\nIf-None-Match: %s\r\n\r\n",
		 path, token, etag);
}

/* The descriptor keeps it running. */
static int controller_start_child(struct server *s, struct told *told)
{
	int up[2], down[2];

	if (pipe(up) != 0 || pipe(down) != 0)
		bench_fail("pipe");
	s->pid = fork();
	if (s->pid == 0) {
		close(up[0]);
		close(down[1]);
		serve(up[1], down[0]);
	}
	close(up[1]);
	close(down[0]);
	if (read(up[0], told, sizeof(*told)) != sizeof(*told))
		bench_fail("the controller does not come up");
	close(up[0]);
	s->port = told->port;
	ask_for(s, 0, "/api/v1/machine", told->token, told->etag_machine);
	ask_for(s, 1, "/api/v1/mesh/config", told->token, told->etag_view);
	return down[1];
}

/* ---- nginx ---- */

/* As its manual says for a fast one; with the controller's own certificate. Paths
 * without a beginning are in its own directory. */
static const char nginx_conf[] =
	"daemon off;\nmaster_process off;\nworker_processes 1;\npid nginx.pid;\n"
	"error_log nginx.log;\nevents { worker_connections 1024; }\n"
	"http {\n  access_log off;\n  keepalive_requests 1000000000;\n  sendfile on;\n"
	"  tcp_nodelay on;\n  etag on;\n  open_file_cache max=16;\n"
	"  client_body_temp_path t1;\n  proxy_temp_path t2;\n"
	"  fastcgi_temp_path t3;\n  uwsgi_temp_path t4;\n  scgi_temp_path t5;\n"
	"  server {\n    listen 127.0.0.1:%u ssl;\n    ssl_certificate %s/tls.crt;\n"
	"    ssl_certificate_key %s/tls.key;\n    root www;\n  }\n}\n";

static void put(const char *dir, const char *name, const void *text, size_t len)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (file_write(path, text, len, 0644, NULL) != 0)
		bench_fail("%s cannot be written", path);
}

static void make_files(const char *dir, uint16_t port, const char *keys)
{
	char text[4096], www[300];
	int n = snprintf(text, sizeof(text), nginx_conf, port, keys, keys);

	put(dir, "nginx.conf", text, (size_t)n);
	snprintf(www, sizeof(www), "%s/www", dir);
	if (file_make_dir(www, 0755, NULL) != 0)
		bench_fail("%s cannot be made", www);
	memset(text, 'x', sizeof(text));
	put(www, "file", text, sizeof(text));
}

/* One that is free now. */
static uint16_t free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		bench_fail("no port");
	close(fd);
	return ntohs(a.sin_port);
}

static void run_nginx(const char *dir)
{
	char conf[300];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_pin(SERVER_CORE);
	snprintf(conf, sizeof(conf), "%s/nginx.conf", dir);
	execlp("nginx", "nginx", "-c", conf, "-p", dir, (char *)NULL);
	_exit(127);
}

static void nginx_start(struct server *s, const char *token, const char *keys)
{
	struct stand client = {.curl = curl_easy_init()};
	char dir[256], cwd[128];
	int tries = 0;

	if (getcwd(cwd, sizeof(cwd)) == NULL)
		bench_fail("no directory");
	snprintf(dir, sizeof(dir), "%s/%s/nginx", cwd, test_dir());
	file_make_dir(dir, 0755, NULL);
	s->port = free_port();
	make_files(dir, s->port, keys);
	s->pid = fork();
	if (s->pid == 0)
		run_nginx(dir);
	snprintf(client.base, sizeof(client.base), "https://127.0.0.1:%u", s->port);
	while (stand_call(&client, NULL, "GET", "/file", NULL) != 200) {
		if (++tries == START_TRIES || waitpid(s->pid, NULL, WNOHANG) != 0)
			bench_fail("nginx does not start: %s/nginx.log", dir);
		usleep(10000);
	}
	ask_for(s, 0, "/file", token, client.etag);
	curl_easy_cleanup(client.curl);
	json_decref(client.json);
	buf_fini(&client.body);
}

/* ---- the load ---- */

struct asked {
	const struct server *server;
	struct tls_load *load;
	double rates[ROUNDS]; /* requests a second of processor time */
};

static void asked_open(struct asked *a, const struct server *s, int request)
{
	a->server = s;
	a->load = tls_load_open(s->port, s->request[request], 304);
	tls_load_run(a->load, ROUND_MS); /* what comes first is there once */
}

static void ask(struct asked *a, int round)
{
	double before = bench_cpu(a->server->pid);
	unsigned long n = tls_load_run(a->load, ROUND_MS);

	a->rates[round] = (double)n / (bench_cpu(a->server->pid) - before);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(struct asked *a)
{
	qsort(a->rates, ROUNDS, sizeof(*a->rates), compare);
	return a->rates[ROUNDS / 2];
}

enum { FILE_OF_NGINX, MACHINE, CONFIG, ASKED };

static void load(const struct server *controller, const struct server *nginx,
		 struct bench_result *out)
{
	static struct asked asked[ASKED];

	asked_open(&asked[FILE_OF_NGINX], nginx, 0);
	asked_open(&asked[MACHINE], controller, 0);
	asked_open(&asked[CONFIG], controller, 1);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < ASKED; i++)
			ask(&asked[i], round);
	out[0].against = out[1].against = median(&asked[FILE_OF_NGINX]);
	out[0].value = median(&asked[MACHINE]);
	out[1].value = median(&asked[CONFIG]);
	for (int i = 0; i < ASKED; i++)
		tls_load_close(asked[i].load);
}

static void measure(struct bench_result *out)
{
	struct server controller = {0}, nginx = {0};
	struct told told;
	int hold = controller_start_child(&controller, &told);
	cpu_set_t before;

	sched_getaffinity(0, sizeof(before), &before);
	nginx_start(&nginx, told.token, told.data);
	bench_pin(CLIENT_CORE);
	load(&controller, &nginx, out);
	sched_setaffinity(0, sizeof(before), &before);
	kill(nginx.pid, SIGTERM);
	waitpid(nginx.pid, NULL, 0);
	close(hold);
	waitpid(controller.pid, NULL, 0);
}

BENCH(http, measure,
      {"304 of GET /machine, a second of a core", "/s", "nginx, 304 of a file", 1, true},
      {"304 of GET /mesh/config, a second of a core", "/s", "nginx, 304 of a file", 1, true});
