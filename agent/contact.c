#include "agent/contact.h"

#include <stdio.h>

#include "lib/base/log.h"

void contact_open(struct contact *c, uv_loop_t *loop, struct machine *m,
		  const struct config *config)
{
	c->machine = m;
	c->config = config;
	c->http = http_new(loop, &m->where);
}

void contact_close(struct contact *c)
{
	http_free(c->http);
	c->http = NULL;
}

static void take_bearer(const struct machine *m, struct buf *bearer, struct http_request *r)
{
	buf_init_secret(bearer);
	machine_bearer(m, bearer);
	r->bearer = buf_text(bearer);
}

struct transfer *contact_ask(struct contact *c, struct http_request *r, http_done *done,
			     void *context)
{
	struct transfer *t;
	struct buf bearer;

	take_bearer(c->machine, &bearer, r);
	t = http_start(c->http, r, done, context);
	r->bearer = NULL;
	buf_fini(&bearer);
	return t;
}

int contact_perform(struct machine *m, struct http_request *r, struct http_answer *out)
{
	struct buf bearer;
	int code;

	take_bearer(m, &bearer, r);
	code = http_perform(&m->where, r, out);
	r->bearer = NULL;
	buf_fini(&bearer);
	return code;
}

static void keep_address(struct contact *c)
{
	struct machine *m = c->machine;

	if (m->where.changed && machine_store_public(m, c->config, NULL) == 0)
		m->where.changed = false;
}

/* Where there is something to do about it here, it says what. */
static const char *words_for(const struct http_answer *a)
{
	if (a->code == ERR_REVOKED)
		return "this machine was revoked: 'skein-agent leave', then join with a new token";
	if (a->code == ERR_FROZEN)
		return "this machine is frozen: its identity is used in another place, too. End "
		       "the "
		       "copy; then 'skein machine unfreeze', or revoke it and join anew";
	if (a->code == ERR_AUTH && a->status == 401)
		return "the controller does not know this machine any more: 'skein-agent leave "
		       "--force', then join with a new token";
	return fault_text(&a->fault, a->code);
}

bool contact_note(struct contact *c, const struct http_answer *a, const char *what)
{
	bool back = a->status != 0 && !c->connected;

	c->connected = a->status != 0;
	if (a->status != 0) {
		c->answered = wall_now();
		c->revoked = a->code == ERR_REVOKED;
		c->frozen = a->code == ERR_FROZEN;
	}
	if (a->code != 0) {
		snprintf(c->error, sizeof(c->error), "%s", words_for(a));
		log_warn("the controller did not answer as it should", LOG_S("asked", what),
			 LOG_S("why", c->error));
		return back;
	}
	c->error[0] = '\0';
	keep_address(c);
	return back;
}
