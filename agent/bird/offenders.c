#include "agent/bird/offenders.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/bird/sessions.h"
#include "lib/base/log.h"

#define SESSION_MAX 24
#define LOG_MAX	    (64 << 10) /* of it, at one look */

const struct offence *offenders_next(const struct member *m, size_t *at)
{
	const struct offences *o = &m->offences;

	while (*at < o->list.n && !o->list.at[*at].sure)
		++*at;
	return *at < o->list.n ? &o->list.at[(*at)++] : NULL;
}

const char *offender_name(const struct member *m, const struct offence *x)
{
	const struct state_image *view = &m->view.target.image;

	if (!member_is_ready(m) || state_peer_at(view, x->peer) == NULL)
		return "";
	return state_name_at(view, x->peer);
}

/* Once, when it begins. */
static void say(struct member *m)
{
	for (size_t i = 0; i < m->offences.list.n; i++) {
		struct offence *x = &m->offences.list.at[i];

		if (x->said || !x->sure)
			continue;
		x->said = true;
		log_warn(x->kind == OFFENCE_UNWATCHED
				 ? "a neighbour is not watched"
				 : "a member does what it may not by BGP, and it is refused",
			 LOG_S("member", offender_name(m, x)),
			 LOG_S("what", offence_texts[x->kind]), LOG_U("routes", x->routes));
	}
}

static void forgive(struct member *m, const char *socket, struct mono now)
{
	for (size_t i = 0; i < m->offences.list.n; i++) {
		struct offence *x = &m->offences.list.at[i];
		char session[SESSION_MAX];

		if (x->kind != OFFENCE_FLOOD || x->seen.ns != now.ns ||
		    mono_ms_between(x->since, now) < OFFENCES_HOLD_MS)
			continue;
		x->since = now;
		snprintf(session, sizeof(session), "m_%u", x->peer);
		bird_session_enable(socket, session,
				    "a session that a limit had ended is enabled again");
	}
}

/* What came since the last look: of much, the end. The log is cut now and then. */
static void read_log(struct offences *o, const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = 0;

	out[0] = '\0';
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0) {
		uint64_t size = (uint64_t)st.st_size;

		if (!o->log_known)
			o->log_at = size;
		o->log_known = true;
		if (o->log_at > size)
			o->log_at = 0;
		if (size - o->log_at >= room)
			o->log_at = size - room + 1;
		n = pread(fd, out, room - 1, (off_t)o->log_at);
	}
	close(fd);
	n = n > 0 ? n : 0;
	while (n > 0 && out[n - 1] != '\n')
		n--;
	out[n] = '\0';
	o->log_at += (uint64_t)n;
}

void offenders_look(struct member *m, const char *socket, const char *log)
{
	struct mono now = mono_now();
	struct bird_protocols seen;
	struct bird_bfd bfd;
	struct arena arena, of_bfd;
	char text[LOG_MAX];
	bool answers;

	if (!offences_due(&m->offences, now))
		return;
	read_log(&m->offences, log, text, sizeof(text));
	answers = bird_sessions_ask_bfd(socket, &of_bfd, &bfd);
	if (bird_sessions_ask(socket, "show protocols all", &arena, &seen)) {
		offences_take(&m->offences, &seen, answers ? &bfd : NULL, text, now);
		say(m);
		forgive(m, socket, now);
	}
	bird_protocols_fini(&seen);
	bird_bfd_fini(&bfd);
	arena_fini(&arena);
	arena_fini(&of_bfd);
}
