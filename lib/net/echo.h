/* Whether somebody answers: ICMP echo to one address, IPv4. What it needs, icmp_echo.h says. */
#ifndef SKEIN_NET_ECHO_H
#define SKEIN_NET_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/net/prefix.h"

struct echo_question {
	struct address from; /* family 0: as the kernel chooses */
	struct address to;
	unsigned count; /* requests, until one is answered */
	int interval_ms;
	int wait_ms; /* after the last one */
};

struct echo_answer {
	unsigned sent; /* that the kernel took */
	bool answered;
	int64_t rtt_us; /* of the request that was answered */
};

/* Waits. 0 whether it answers or not; ERR_PRIVILEGE. */
int echo_ask(const struct echo_question *q, struct echo_answer *out, struct fault *f);

#endif
