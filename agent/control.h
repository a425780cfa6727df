/* <run_dir>/agent.sock: 0660, group `skein` where there is one. A client sends one line and gets
 * one answer, then the end. Reading is for who may connect; changing is for root (SO_PEERCRED).
 *
 *	status		the status document
 *	leave		tears everything down, tells the controller, ends the agent
 *	leave force	the same, even if the controller cannot be told */
#ifndef SKEIN_AGENT_CONTROL_H
#define SKEIN_AGENT_CONTROL_H

#include "agent/agent.h"

int agent_control_start(struct agent *a, struct fault *f);
void agent_control_stop(struct agent *a);

#endif
