/* How the machine sees its neighbours (ties/ties.h), as a part of its report. */
#ifndef SKEIN_AGENT_REPORT_TIES_H
#define SKEIN_AGENT_REPORT_TIES_H

#include "agent/http.h"
#include "agent/member.h"
#include "lib/base/json.h"

struct ties_json {
	uint64_t stream, sequence; /* 0: nothing is told */
	bool first;
	struct json_rows sessions, paths;
	struct json_texts lost_sessions, lost_paths;
};
extern const struct json_row report_ties_rows[];

/* A report is about to be sent: what of each membership it tells. */
void report_ties_begin(const member_vec *members);
void report_ties(const struct ties *t, struct arena *arena, struct ties_json *out);
/* It was answered, or not. True when there is more to tell at once. */
bool report_ties_answered(const member_vec *members, const struct http_answer *answer);

#endif
