/* `skein hop` and `skein explain` on machines at work (explain_world.h). */
#include "test/net/explain_cases.h"
#include "test/net/explain_world.h"
#include "test/test.h"

TEST_SUITE_WITH(net_explain, explain_world_make, explain_world_end,
		{"a machine says who is next", explain_hop_says_who_is_next},
		{"what is handed on is looked at where it arrives",
		 explain_hop_looks_at_what_arrives},
		{"what cannot be asked is told", explain_hop_refuses},
		{"a hop is told to programs as is written", explain_hop_json},
		{"a machine names each layer that is broken", explain_here_names_each_layer},
		{"the controller names each layer of every machine",
		 explain_there_names_each_layer},
		{"an explanation is told to programs as is written", explain_here_json});
