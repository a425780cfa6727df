/* Changing BIRD's configuration and protocols by its control socket. */
#ifndef SKEIN_NET_BIRD_CONFIGURE_H
#define SKEIN_NET_BIRD_CONFIGURE_H

#include "lib/net/bird.h"

enum bird_configured {
	BIRD_CONFIG_VALID,     /* 0020: checked, not used */
	BIRD_CONFIG_DONE,      /* 0003 */
	BIRD_CONFIG_RUNNING,   /* 0004: in progress, protocols are still going down */
	BIRD_CONFIG_QUEUED,    /* 0005: after the one that is in progress */
	BIRD_CONFIG_UNQUEUED,  /* 0017: the queued one was dropped */
	BIRD_CONFIG_CONFIRMED, /* 0018 */
	BIRD_CONFIG_NOTHING,   /* 0019: nothing to confirm or undo */
	BIRD_CONFIG_UNDOING,   /* 0021, 0022 */
	BIRD_CONFIG_STOPPING,  /* 0006: ignored, BIRD shuts down */
};

enum bird_configure_kind {
	BIRD_CONFIGURE_CHECK,
	BIRD_CONFIGURE,
	BIRD_CONFIGURE_SOFT,	/* what was imported and exported before stays as it is */
	BIRD_CONFIGURE_TIMEOUT, /* undone by BIRD after `seconds` unless confirmed */
	BIRD_CONFIGURE_CONFIRM,
	BIRD_CONFIGURE_UNDO,
};

#define BIRD_CONFIGURE_SECONDS_MAX 3600

/* `path`: another file than the one BIRD was started with; NULL: that one. It may not have '"' or
 * control bytes. A configuration that BIRD refuses is ERR_INVALID, with file, line and BIRD's
 * words.
 */
int bird_configure(struct bird *b, enum bird_configure_kind kind, const char *path,
		   unsigned seconds, struct mono deadline, enum bird_configured *result,
		   struct fault *f);
/* Its command, as text. */
int bird_configure_command(enum bird_configure_kind kind, const char *path, unsigned seconds,
			   char out[BIRD_COMMAND_MAX], struct fault *f);

enum bird_protocol_verb {
	BIRD_PROTOCOL_ENABLE,
	BIRD_PROTOCOL_DISABLE,
	BIRD_PROTOCOL_RESTART,
	BIRD_PROTOCOL_RELOAD,
	BIRD_PROTOCOL_RELOAD_IN,
};
/* ERR_NOT_FOUND where there is no protocol of that name. */
int bird_protocol_do(struct bird *b, enum bird_protocol_verb verb, const char *name,
		     struct mono deadline, struct fault *f);

#endif
