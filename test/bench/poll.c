/* What agents ask all the time: "is there anything new?" It is answered from memory, without SQL.
 */
#include <string.h>

#include "test/bench/bench.h"
#include "test/unit/controller/stand.h"

#define REQUESTS 500

struct asker {
	struct stand *stand;
	struct stand_request request;
	long want;
};

static void ask(void *context)
{
	struct asker *x = context;

	for (int i = 0; i < REQUESTS; i++)
		if (stand_send(x->stand, &x->request) != x->want)
			bench_fail("%s: status %ld", x->request.path, x->stand->status);
}

static double rate(struct stand *stand, const struct stand_request *q, long want)
{
	struct asker x = {stand, *q, want};

	return REQUESTS / bench_time(ask, &x) * 1000;
}

static struct bench_result not_modified(void)
{
	static struct stand stand;
	struct stand_machine m;
	struct stand_request q = {.method = "GET", .path = "/healthz"};
	struct bench_result r;
	char match[160];

	if (!stand_start(&stand, NULL) ||
	    stand_call(&stand, stand.admin, "POST", "/api/v1/meshes", "{\"name\":\"prod\"}") != 201)
		bench_fail("the controller does not start");
	stand_machine_new(&m, "bench");
	if (stand_enroll(&stand, &m, stand_join_token(&stand, stand.admin, NULL), NULL) != 201 ||
	    !stand_wait_rendered(&stand, &m))
		bench_fail("the machine is not in");
	r.against = rate(&stand, &q, 200);
	stand_call(&stand, m.token, "GET", "/api/v1/machine", NULL);
	snprintf(match, sizeof(match), "If-None-Match: %s", stand.etag);
	q = (struct stand_request){
		.method = "GET", .path = "/api/v1/machine", .token = m.token, .headers = {match}};
	r.value = rate(&stand, &q, 304);
	stand_stop(&stand);
	return r;
}

BENCH(poll, "answer 304 to one machine", "/s", "answering /healthz", 0.5, true, not_modified);
