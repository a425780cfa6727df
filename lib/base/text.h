/* Text that somebody else chose, on its way to a terminal, a log or JSON. */
#ifndef SKEIN_BASE_TEXT_H
#define SKEIN_BASE_TEXT_H

#include <stddef.h>

/* Bytes of the character that begins here: whole UTF-8 (Unicode, table 3-7) that is no control
 * character, which terminals obey: ESC, DEL, C1. 0: it is none, or the end. */
size_t text_character(const char *at);
/* Replaces each byte of what is no such character by '?'. */
void text_disarm(char *text);

#endif
