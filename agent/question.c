#include "agent/question.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/question_child.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

#define PATH_MAX_LENGTH (sizeof("/mesh/questions/") + ID_TEXT_MAX)

struct answering {
	struct agent *agent;
	struct answering *next, **link;
	struct http_upload upload;
	struct transfer *transfer; /* NULL: it is over */
	struct question_child child;
	bool running, watched;
	uint64_t sent;
	int status;
	char exit[8], words[QUESTION_ERROR_MAX + 1]; /* of the trailer */
	/* Its output has something, or it has ended; only while it is waited for. */
	uv_poll_t output, ended;
	uv_timer_t limit;
	unsigned open; /* handles that are not closed yet */
};

/* ---- the end of the program ---- */

/* One line, of what it said last: its prefix is the asker's to set. */
static void read_words(struct answering *x)
{
	static const char prefix[] = "skein: ";
	char *words = x->words;
	ssize_t n = read(x->child.errors, words, sizeof(x->words) - 1);

	words[n > 0 ? n : 0] = '\0';
	if (strncmp(words, prefix, strlen(prefix)) == 0)
		memmove(words, words + strlen(prefix), strlen(words) - strlen(prefix) + 1);
	words[strcspn(words, "\n")] = '\0';
	text_disarm(words);
}

static void end_child(struct answering *x)
{
	if (!x->running)
		return;
	x->running = false;
	if (x->words[0] == '\0')
		read_words(x);
	x->status = question_child_end(&x->child);
}

static void on_limit(uv_timer_t *timer)
{
	struct answering *x = timer->data;

	snprintf(x->words, sizeof(x->words), "the answer takes longer than %d s",
		 QUESTION_ANSWER_S);
	if (x->running)
		kill(-x->child.pid, SIGKILL);
}

/* ---- the upload ---- */

static void on_something(uv_poll_t *poll, int status, int events)
{
	struct answering *x = poll->data;

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	if (x->transfer != NULL)
		http_go_on(x->transfer);
}

static size_t wait_for(uv_poll_t *poll)
{
	uv_poll_start(poll, UV_READABLE, on_something);
	return HTTP_UPLOAD_WAIT;
}

static size_t read_output(void *context, char *to, size_t size)
{
	struct answering *x = context;
	ssize_t n;

	if (!x->running)
		return 0;
	n = read(x->child.output, to, size);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return wait_for(&x->output);
	if (n <= 0 && !question_child_has_ended(&x->child))
		return wait_for(&x->ended);
	if (n <= 0) {
		uv_poll_stop(&x->output);
		uv_poll_stop(&x->ended);
		end_child(x);
		return 0;
	}
	x->sent += (uint64_t)n;
	return x->sent <= QUESTION_ANSWER_MAX ? (size_t)n : HTTP_UPLOAD_BREAK;
}

static const char *const trailer_names[] = {QUESTION_TRAILER_EXIT, QUESTION_TRAILER_ERROR, NULL};

static const char *trailer(void *context, const char *name)
{
	struct answering *x = context;

	if (strcmp(name, QUESTION_TRAILER_EXIT) != 0)
		return x->words[0] != '\0' ? x->words : NULL;
	snprintf(x->exit, sizeof(x->exit), "%d", x->status);
	return x->exit;
}

/* ---- its life ---- */

static void on_closed(uv_handle_t *handle)
{
	struct answering *x = handle->data;

	if (--x->open == 0)
		free(x);
}

static void finish(struct answering *x)
{
	x->transfer = NULL;
	end_child(x);
	*x->link = x->next;
	if (x->next != NULL)
		x->next->link = x->link;
	if (x->watched) {
		uv_close((uv_handle_t *)&x->output, on_closed);
		uv_close((uv_handle_t *)&x->ended, on_closed);
	}
	uv_close((uv_handle_t *)&x->limit, on_closed);
	question_child_close(&x->child); /* not before: libuv would take who is next for it */
}

static void on_answered(void *context, struct http_answer *a)
{
	struct answering *x = context;

	if (a->code != 0)
		log_info("an answer was not wanted to its end",
			 LOG_S("why", fault_text(&a->fault, a->code)));
	finish(x);
}

static void send_answer(struct answering *x, const struct id *id)
{
	char path[PATH_MAX_LENGTH], text[ID_TEXT_MAX];
	struct http_request r = {.method = "POST",
				 .path = path,
				 .upload = &x->upload,
				 .limit_s = QUESTION_ANSWER_S + 30,
				 .answer_max = 65536};

	snprintf(path, sizeof(path), "/mesh/questions/%s", id_format(id, text));
	x->upload = (struct http_upload){read_output, trailer_names, trailer, x};
	x->transfer = contact_ask(&x->agent->contact, &r, on_answered, x);
}

static void run(struct answering *x, const struct question *q)
{
	const struct question_kind *kind = NULL;
	struct fault why = {0};
	int code = question_check(&q->words, &kind, &why);

	if (code == 0)
		code = question_child_start(&x->agent->config, q, kind, &x->child, &why);
	x->running = code == 0;
	if (code != 0) {
		x->status = error_exit_status(code);
		snprintf(x->words, sizeof(x->words), "%.*s", QUESTION_ERROR_MAX,
			 fault_text(&why, code));
	}
	log_info("this machine is asked", LOG_S("what", kind != NULL ? kind->verb : "?"),
		 LOG_S("refused", x->running ? "" : x->words));
}

static void watch(struct answering *x)
{
	uv_loop_t *loop = x->agent->loop;

	x->output.data = x->ended.data = x->limit.data = x;
	uv_timer_init(loop, &x->limit);
	uv_timer_start(&x->limit, on_limit, (uint64_t)QUESTION_ANSWER_S * 1000, 0);
	x->watched = x->running;
	x->open = x->watched ? 3 : 1;
	if (x->watched && (uv_poll_init(loop, &x->output, x->child.output) != 0 ||
			   uv_poll_init(loop, &x->ended, x->child.pidfd) != 0))
		abort(); /* epoll takes any pipe and pidfd */
}

void question_start(struct agent *a, const struct question *q)
{
	struct answering *x;
	struct id id;
	size_t n = 0;

	for (x = a->answering; x != NULL; x = x->next)
		n++;
	if (n >= QUESTIONS_OF_MACHINE || q->id == NULL || !id_parse(q->id, &id)) {
		log_warn("a question is not answered: too many, or it has no id");
		return;
	}
	x = mem_alloc(sizeof(*x));
	x->child = (struct question_child){.pidfd = -1, .output = -1, .errors = -1};
	x->agent = a;
	x->next = a->answering;
	x->link = &a->answering;
	if (x->next != NULL)
		x->next->link = &x->next;
	a->answering = x;
	run(x, q);
	watch(x);
	send_answer(x, &id);
}

void question_stop(struct agent *a)
{
	while (a->answering != NULL)
		finish(a->answering);
}
