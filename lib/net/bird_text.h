/* Words and columns of BIRD's replies, for the parsers. */
#ifndef SKEIN_NET_BIRD_TEXT_H
#define SKEIN_NET_BIRD_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"

/* The next word of *at, in the arena; "" at the end. Moves *at behind it and the blanks after. */
const char *bird_word(struct arena *a, const char **at);
/* The first `len` bytes, which are there, in the arena. */
const char *bird_piece(struct arena *a, const char *text, size_t len);
/* A time in one of BIRD's formats: with a date before it, it is two words. */
const char *bird_time(struct arena *a, const char **at);
/* All of it, without blanks at both ends. */
const char *bird_trimmed(struct arena *a, const char *text);
/* "  Label:   value" to the value (trimmed, in the arena) if the label is this one; else NULL. */
const char *bird_labelled(struct arena *a, const char *text, const char *label);
/* The digits at the beginning; `otherwise` if there are none or too many. */
uint64_t bird_number(const char *text, uint64_t otherwise);

#endif
