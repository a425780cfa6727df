#include "lib/net/echo.h"

#include <poll.h>

#include "lib/base/clock.h"
#include "lib/net/icmp_echo.h"

#define REQUESTS_MAX 64

struct conversation {
	const struct echo_question *question;
	struct echo_answer *out;
	struct icmp_echo socket;
	int64_t sent_ns[REQUESTS_MAX]; /* of icmp_echo_now() */
};

/* A kernel without a way to send it is an answer too: nobody answers. */
static void send_request(struct conversation *c, unsigned number)
{
	const struct icmp_echo_request r = {
		.from = c->question->from, .to = c->question->to, .sequence = (uint16_t)number};

	c->sent_ns[number] = icmp_echo_now();
	if (icmp_echo_send(&c->socket, &r, NULL) == 0)
		c->out->sent++;
}

static void hear(struct conversation *c, unsigned numbers)
{
	struct icmp_echo_reply r;

	while (!c->out->answered && icmp_echo_receive(&c->socket, &r)) {
		if (r.sequence >= numbers || !address_equal(&r.from, &c->question->to))
			continue;
		c->out->answered = true;
		c->out->rtt_us = (r.at_ns - c->sent_ns[r.sequence]) / 1000;
	}
}

static void listen_until(struct conversation *c, struct mono deadline, unsigned numbers)
{
	struct pollfd p = {.fd = c->socket.fd, .events = POLLIN};

	while (!c->out->answered && !mono_reached(deadline, mono_now())) {
		int64_t left = mono_ms_between(mono_now(), deadline);

		if (poll(&p, 1, (int)(left > 0 ? left : 0) + 1) <= 0)
			return;
		hear(c, numbers);
	}
}

int echo_ask(const struct echo_question *q, struct echo_answer *out, struct fault *f)
{
	const unsigned count = q->count < REQUESTS_MAX ? q->count : REQUESTS_MAX;
	struct conversation c = {.question = q, .out = out};
	int code = icmp_echo_open(&c.socket, f);

	*out = (struct echo_answer){0};
	if (code != 0)
		return code;
	for (unsigned i = 0; i < count && !out->answered; i++) {
		const int ms = i + 1 < count ? q->interval_ms : q->wait_ms;

		send_request(&c, i);
		listen_until(&c, mono_add_ms(mono_now(), ms), i + 1);
	}
	icmp_echo_close(&c.socket);
	return 0;
}
