/* Ten thousand peers for a device of the kernel's WireGuard, which this computer's kernel may not
 * have: in a guest of QEMU, whose kernel has. The test net_wg_pace measures it there, by a clock
 * that counts the guest's instructions: what this computer does meanwhile is in none of the
 * figures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/run.h"
#include "test/bench/bench.h"
#include "test/test.h"

#define SERIES	"6.1"
#define SECONDS "540"
#define NAME	"bench-kernel"
#define GUESTS	"build/vm/"
#define FIGURES "pace of 10000 peers: "

static void measure(struct bench_result *out)
{
	const char *const argv[] = {"test/vm/run",	   SERIES,  GUESTS "linux-" SERIES,
				    GUESTS "root-" SERIES, SECONDS, TEST_BUILD "/test/net",
				    "net_wg_pace",	   NULL};
	struct fault f = {0};
	const char *at;
	struct buf said;
	int status = 0;
	char summary[200];

	snprintf(summary, sizeof(summary), "%s/" NAME, test_dir());
	setenv("SKEIN_SUMMARY", summary, 1);
	setenv("VM_ICOUNT", "1", 1);
	buf_init(&said);
	if (run_program(argv, (int64_t)atoi(SECONDS) * 1000, &said, &status, &f) != 0)
		bench_fail("%s", f.text);
	at = strstr(buf_text(&said), FIGURES);
	if (status != 0 || at == NULL ||
	    sscanf(at + strlen(FIGURES), "%lf ms, wg syncconf %lf ms", &out->value,
		   &out->against) != 2)
		bench_fail("the guest: %s", buf_text(&said));
	buf_fini(&said);
	unsetenv("SKEIN_SUMMARY");
	unsetenv("VM_ICOUNT");
}

BENCH(guest, measure,
      {"10,000 peers to a fresh device of a kernel", "ms", "wg syncconf of them", 1, false});
