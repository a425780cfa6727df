/* Names, ids, times and durations: short texts from outside. */
#include "lib/mesh/name.h"

#include "lib/base/clock.h"
#include "lib/mesh/id.h"
#include "test/fuzz/fuzz.h"

static void run(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), out[ID_TEXT_MAX];
	struct id id, back;
	struct wall wall;
	int64_t ms;

	if (name_check(text, "name", NULL) == 0)
		FUZZ_HOLDS(strlen(text) < NAME_TEXT_MAX && text[0] != '-');
	if (id_parse(text, &id))
		FUZZ_HOLDS(id_parse(id_format(&id, out), &back) && id_equal(&id, &back));
	wall_parse(text, &wall, NULL);
	if (duration_parse(text, &ms, NULL) == 0)
		FUZZ_HOLDS(ms >= 0);
	free(text);
}

FUZZ_TARGET(name, run);
