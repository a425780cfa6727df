#include "agent/control.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/control_client.h"
#include "agent/leave.h"
#include "agent/path.h"
#include "agent/status/status.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#define COMMAND_MAX 64
#define CLIENTS_MAX 32
#define IDLE_MS	    5000

struct control {
	struct agent *agent;
	uv_pipe_t *listener;
	unsigned clients;
};

struct client {
	uv_pipe_t pipe;
	uv_timer_t deadline;
	uv_write_t write;
	struct control *control;
	char command[COMMAND_MAX];
	size_t len;
	struct buf answer;
	bool answered, stop_after;
	unsigned open; /* handles that are not closed yet */
};

static void on_client_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;

	if (--c->open > 0)
		return;
	buf_fini(&c->answer);
	free(c);
}

static void client_close(struct client *c)
{
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	if (c->control->agent->control != NULL)
		c->control->clients--;
	if (c->stop_after)
		uv_stop(c->control->agent->loop);
	uv_close((uv_handle_t *)&c->pipe, on_client_closed);
	uv_close((uv_handle_t *)&c->deadline, on_client_closed);
}

static void on_deadline(uv_timer_t *timer)
{
	client_close(timer->data);
}

static void on_written(uv_write_t *write, int status)
{
	(void)status;
	client_close(write->data);
}

static void reply(struct client *c)
{
	uv_buf_t b = uv_buf_init(c->answer.data, (unsigned)c->answer.len);

	c->answered = true;
	c->write.data = c;
	/* Making the answer may have taken longer than the client had for its command. */
	uv_update_time(c->pipe.loop);
	uv_timer_start(&c->deadline, on_deadline, IDLE_MS, 0);
	if (uv_write(&c->write, (uv_stream_t *)&c->pipe, &b, 1, on_written) != 0)
		client_close(c);
}

static bool is_root(struct client *c)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	uv_os_fd_t fd;

	return uv_fileno((uv_handle_t *)&c->pipe, &fd) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == 0;
}

static void put_json(struct buf *out, json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(2));

	buf_puts(out, text);
	buf_puts(out, "\n");
	free(text);
	json_decref(root);
}

static void put_error(struct buf *out, int code, const char *words)
{
	put_json(out, json_pack("{s:s, s:s}", "error", words, "code", error_name(code)));
}

static void do_status(struct client *c)
{
	put_json(&c->answer, status_make(c->control->agent));
}

static void leave_with(struct client *c, bool force)
{
	struct fault f = {0};
	int code = leave_now(c->control->agent, force, &f);

	c->stop_after = leave_is_done(c->control->agent);
	if (code != 0)
		put_error(&c->answer, code, fault_text(&f, code));
	else
		put_json(&c->answer, json_pack("{s:b}", "left", true));
}

static void do_leave(struct client *c)
{
	leave_with(c, false);
}

static void do_leave_force(struct client *c)
{
	leave_with(c, true);
}

static const struct control_command {
	const char *line;
	bool root_only;
	void (*run)(struct client *c);
} commands[] = {
	{"status", false, do_status},
	{"leave", true, do_leave},
	{"leave force", true, do_leave_force},
};

static void run(struct client *c)
{
	c->command[strcspn(c->command, "\r\n")] = '\0';
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].line, c->command) != 0)
			continue;
		if (commands[i].root_only && !is_root(c))
			put_error(&c->answer, ERR_FORBIDDEN, "only root may do this");
		else
			commands[i].run(c);
		reply(c);
		return;
	}
	put_error(&c->answer, ERR_USAGE, "want status, leave or leave force");
	reply(c);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *b)
{
	struct client *c = handle->data;

	(void)suggested;
	*b = uv_buf_init(c->command + c->len, (unsigned)(COMMAND_MAX - 1 - c->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct client *c = stream->data;

	(void)b;
	if (n < 0) {
		client_close(c);
		return;
	}
	c->len += (size_t)n;
	c->command[c->len] = '\0';
	if (c->answered || strchr(c->command, '\n') == NULL) {
		if (c->len >= COMMAND_MAX - 1)
			client_close(c);
		return;
	}
	uv_read_stop(stream);
	run(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;
	struct client *c;

	if (status < 0)
		return;
	c = mem_alloc(sizeof(*c));
	c->control = control;
	c->open = 2;
	uv_pipe_init(control->agent->loop, &c->pipe, 0);
	uv_timer_init(control->agent->loop, &c->deadline);
	c->pipe.data = c->deadline.data = c;
	control->clients++;
	buf_init(&c->answer);
	uv_timer_start(&c->deadline, on_deadline, IDLE_MS, 0);
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) != 0 || control->clients > CLIENTS_MAX ||
	    uv_read_start((uv_stream_t *)&c->pipe, on_room, on_read) != 0)
		client_close(c);
}

/* Where nobody made a group for it, to that of BIRD, as whom what answers questions reads it, too.
 */
static void give_to_group(const char *path, const char *bird)
{
	const struct group *g = getgrnam("skein");

	if (g == NULL)
		g = getgrnam(bird);

	if (g != NULL && chown(path, (uid_t)-1, g->gr_gid) != 0)
		log_warn("the control socket stays root's: its group cannot be set");
}

int agent_control_start(struct agent *a, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct control *c;
	mode_t old;
	int code = file_make_dir(a->config.run_dir, 0755, f), error;

	if (code != 0)
		return code;
	path_run(&a->config, PATH_CONTROL, path);
	unlink(path); /* of an agent that was killed: the lock is ours */
	c = mem_alloc(sizeof(*c));
	a->control = c;
	c->agent = a;
	c->listener = mem_alloc(sizeof(*c->listener));
	uv_pipe_init(a->loop, c->listener, 0);
	c->listener->data = c;
	old = umask(0117);
	error = uv_pipe_bind(c->listener, path);
	umask(old);
	if (error == 0)
		error = uv_listen((uv_stream_t *)c->listener, 16, on_connection);
	if (error != 0)
		return fault_set(f, ERR_IO, "%s: %s", path, uv_strerror(error));
	give_to_group(path, a->config.bird_user);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void agent_control_stop(struct agent *a)
{
	char path[PATH_TEXT_MAX];

	if (a->control == NULL)
		return;
	unlink(path_run(&a->config, PATH_CONTROL, path));
	uv_close((uv_handle_t *)a->control->listener, on_closed);
	a->control->listener = NULL; /* clients that are still closing hold on to the rest */
}
