/* POST /machines/{id}/questions: what a machine is asked, and its answer, which comes straight from
 * it; POST /mesh/questions/{id}: the machine's answer.
 *
 * A question changes nothing, so it is in the log and not in the audit: who may only look cannot
 * have the database written. */
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/controller.h"
#include "lib/base/log.h"

static int check_there(struct call *c, const struct machine *m)
{
	struct wall seen = publish_machine_seen(c->controller->publish, m->row);

	if (m->revoked || m->frozen)
		return fault_set(&c->fault, ERR_CONFLICT, "machine '%s' is %s", m->name,
				 m->revoked ? "revoked" : "frozen");
	if (seen.ms < m->seen_at.ms)
		seen = m->seen_at;
	if (seen.ms != 0 && c->now.ms - seen.ms < PUBLISH_ONLINE_MS)
		return 0;
	c->status = 504;
	return fault_set(&c->fault, ERR_UNREACHABLE, "machine '%s' is offline%s%s", m->name,
			 seen.ms != 0 ? ": last heard of at " : ": it was never heard of",
			 seen.ms != 0 ? format_time(c->arena, seen) : "");
}

static int decode(struct call *c, struct question *asked)
{
	int code = call_decode(c, question_rows, asked, NULL);

	if (code == 0 && asked->id != NULL)
		code = fault_set(&c->fault, ERR_INVALID, "'id' is the controller's to give");
	if (asked->width == 0)
		asked->width = QUESTION_WIDTH_MAX;
	return code != 0 ? code : question_check(&asked->words, NULL, &c->fault);
}

static void note(const struct call *c, const struct machine *m, const struct question *asked)
{
	const char *line = "";

	for (size_t i = 0; i < asked->words.n; i++)
		line = arena_printf(c->arena, "%s%s%s", line, i > 0 ? " " : "", asked->words.at[i]);
	log_info("a machine is asked", LOG_S("machine", m->name), LOG_S("words", line),
		 LOG_S("by", format_id(c->arena, &c->who.id)));
}

int question_ask(struct call *c)
{
	struct question asked = {0};
	struct machine m = {0};
	int code = machine_resource.find(c, &c->id, &m);

	if (code == ERR_NOT_FOUND)
		fault_set(&c->fault, code, "there is no such machine");
	if (code == 0)
		code = decode(c, &asked);
	if (code == 0)
		code = check_there(c, &m);
	if (code == 0) {
		code = questions_ask(c->controller->questions, &c->who, m.row, &asked, &c->relay,
				     &c->fault);
		c->status = code == ERR_BUSY ? 429 : 0;
	}
	if (code != 0)
		return code;
	c->content_type =
		question_is_json(&asked.words) ? "application/json" : "text/plain; charset=utf-8";
	note(c, &m, &asked);
	poll_wake(c->controller->poll, m.row);
	return 0;
}

int question_answer(struct call *c)
{
	return questions_answer(c->controller->questions, c->who.token, &c->id, &c->relay,
				&c->fault);
}
