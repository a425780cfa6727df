/* How machines see their neighbours (model.h), in words. Each list ends with NULL. */
#ifndef SKEIN_CONTROLLER_API_TIE_H
#define SKEIN_CONTROLLER_API_TIE_H

extern const char *const peer_path_words[];	 /* by enum peer_path_kind */
extern const char *const peer_handshake_words[]; /* by enum peer_handshake */

#endif
