#include "agent/path_probe.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/net/path_mtu.h"

/* The kernel forgets after ten minutes, and a probe in the second half of them makes it remember.
 */
#define AGAIN_MS  INT64_C(240000)
#define ROUND_MAX 32

static struct path_probed *find(struct path_probe *p, size_t n, const struct address *to)
{
	for (size_t low = 0, high = n; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(p->done.at[middle].to.bytes, to->bytes, sizeof(to->bytes));

		if (order == 0)
			return &p->done.at[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct path_probed *x = a, *y = b;

	return memcmp(x->to.bytes, y->to.bytes, sizeof(x->to.bytes));
}

/* Those of ways that nobody uses any more go. */
static void drop_old(struct path_probe *p, struct mono now)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->done.n; i++)
		if (mono_ms_between(p->done.at[i].at, now) < 2 * AGAIN_MS)
			p->done.at[kept++] = p->done.at[i];
	p->done.n = kept;
}

static bool is_due(const struct path_probed *was, const struct desired_path *path, struct mono now)
{
	return was == NULL || was->size != path->mtu || mono_ms_between(was->at, now) >= AGAIN_MS;
}

bool path_probe_round(struct path_probe *p, const struct desired *d, struct mono now)
{
	const uint32_t mark = (uint32_t)d->facts.in->config->mark;
	struct fault f = {0};
	size_t sent = 0, known;

	drop_old(p, now);
	known = p->done.n;
	for (size_t i = 0; i < d->paths.n && sent < ROUND_MAX; i++) {
		const struct desired_path *path = &d->paths.at[i];
		struct path_probed *was, done = {path->to.address, now, path->mtu};

		was = find(p, known, &path->to.address);
		if (!is_due(was, path, now) || (was == NULL && p->done.n >= PATH_PROBES_MAX))
			continue;
		if (p->fd == 0 && path_mtu_open(mark, &p->fd, &f) != 0) {
			p->fd = 0;
			log_warn("what the ways to peers carry is not asked", LOG_S("why", f.text));
			return false;
		}
		path_mtu_probe(p->fd, &path->to.address, path->to.port, path->mtu);
		sent++;
		if (was != NULL)
			*was = done;
		else
			vec_push(&p->done, done); /* behind what find() looks at */
	}
	if (p->done.n > known)
		vec_sort(&p->done, compare);
	return sent > 0;
}

void path_probe_fini(struct path_probe *p)
{
	if (p->fd > 0)
		close(p->fd);
	vec_free(&p->done);
}
