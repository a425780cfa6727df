/* What `skein-agent status` shows: one JSON document, made by the running agent, and its screen. */
#ifndef SKEIN_AGENT_STATUS_H
#define SKEIN_AGENT_STATUS_H

#include <jansson.h>
#include <stdio.h>

#include "agent/agent.h"
#include "agent/picture.h"

/* New reference. Asks the kernel and each BIRD, so it is as of now. */
json_t *status_make(struct agent *a);

/* The parts, a file each. */
json_t *status_devices(const struct agent *a, const struct picture *p, const struct membership_facts *m);
json_t *status_bird(const struct agent *a, const struct member *m);
json_t *status_guard(const struct agent *a);
json_t *status_fence(void);
/* null where it cannot be read */
json_t *status_filter(const struct agent *a, const struct picture *p);

/* For people. */
void status_screen(const json_t *status, FILE *to);

#endif
