/* The handlers that the route table names beside those of all resources (resource.h), by file. Each
 * takes a call and returns 0 or a negative code (controller/call.h). */
#ifndef SKEIN_CONTROLLER_API_HANDLERS_H
#define SKEIN_CONTROLLER_API_HANDLERS_H

struct call;

int health_live(struct call *c);
int health_ready(struct call *c);
int organization_create(struct call *c);
int mesh_create(struct call *c);
int machine_rotate_key(struct call *c);
int tie_sessions(struct call *c);
int tie_paths(struct call *c);
int membership_create(struct call *c);
int join_token_create(struct call *c);
int api_token_create(struct call *c);
int gateway_list(struct call *c);
int gateway_enable(struct call *c);
int gateway_disable(struct call *c);
int prefix_create(struct call *c);
int peering_create(struct call *c);
int enroll(struct call *c);
int machine_self_get(struct call *c);
int machine_self_leave(struct call *c);
int membership_set_key(struct call *c);
int membership_set_next_key(struct call *c);
int image_config(struct call *c);
int image_bird(struct call *c);
int report(struct call *c);
int question_ask(struct call *c);
int question_answer(struct call *c);
int unknown_show(struct call *c);

#endif
