#include "agent/loop.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "agent/bird/bird.h"
#include "agent/control.h"
#include "agent/latency/latency.h"
#include "agent/fetch.h"
#include "agent/health/health.h"
#include "agent/question.h"
#include "agent/report.h"
#include "agent/watch.h"
#include "lib/base/log.h"

int agent_open(struct agent *a, uv_loop_t *loop, struct fault *f)
{
	int code;

	a->loop = loop;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return fault_set(f, ERR_INTERNAL, "libcurl cannot be used");
	/* Before the lock, which would be a trace on a machine that has none. */
	code = machine_require(&a->config, f);
	if (code == 0)
		code = machine_lock(&a->config, f);
	if (code == 0)
		code = machine_load(&a->machine, &a->config, f);
	if (code == 0)
		code = machine_count_run(&a->machine, &a->config, f);
	if (code == 0)
		code = saved_load(&a->saved, &a->config, f);
	if (code == 0)
		code = member_load_all(&a->members, &a->config, a->machine.signer, f);
	if (code == 0)
		code = netlink_open(NETLINK_ROUTE, &a->rtnl, f);
	if (code == 0) {
		bird_end_strays(&a->config, &a->members);
		wireguard_go_adopt(&a->wireguard_go, &a->config);
	}
	return code;
}

void agent_close(struct agent *a)
{
	for (size_t i = 0; i < a->members.n; i++) {
		bird_release(a->members.at[i]);
		member_free(a->members.at[i]);
	}
	vec_free(&a->members);
	vec_free(&a->moves);
	troubles_fini(&a->troubles);
	wireguard_go_release(&a->wireguard_go);
	saved_fini(&a->saved);
	vec_free(&a->ufw_left);
	guard_close(a->guard);
	netlink_close(a->rtnl);
	machine_wipe(&a->machine);
	fence_fini(&a->fence);
	path_probe_fini(&a->paths);
	curl_global_cleanup();
}

static void on_signal(uv_signal_t *signal, int number)
{
	log_info("ending; BIRD and the tunnels go on", LOG_D("signal", number));
	uv_stop(signal->loop);
}

static void close_all(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Lets the loop run until every handle is closed: their memory is freed in callbacks. */
static void drain(struct agent *a)
{
	contact_close(&a->contact);
	question_stop(a);
	fetch_stop(a);
	report_stop(a);
	latency_stop(a);
	watch_stop(a);
	agent_control_stop(a);
	health_stop(a);
	for (size_t i = 0; i < a->members.n; i++)
		bird_release(a->members.at[i]);
	uv_run(a->loop, UV_RUN_NOWAIT);
	uv_walk(a->loop, close_all, NULL);
	while (uv_run(a->loop, UV_RUN_NOWAIT) != 0)
		;
	free(a->control);
	a->control = NULL;
}

int agent_run(struct agent *a, struct fault *f)
{
	static const int numbers[] = {SIGTERM, SIGINT};
	uv_signal_t signals[2];
	int code;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < 2; i++) {
		uv_signal_init(a->loop, &signals[i]);
		uv_signal_start(&signals[i], on_signal, numbers[i]);
	}
	contact_open(&a->contact, a->loop, &a->machine, &a->config);
	code = agent_control_start(a, f);
	if (code == 0)
		code = watch_start(a, f);
	if (code == 0) {
		log_info("agent started", LOG_S("machine", a->machine.name),
			 LOG_U("memberships", a->members.n));
		report_start(a);
		latency_start(a);
		fetch_start(a);
		uv_run(a->loop, UV_RUN_DEFAULT);
	}
	drain(a);
	return code;
}
