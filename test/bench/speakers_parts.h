/* What the files of speakers.h share. */
#ifndef SKEIN_TEST_BENCH_SPEAKERS_PARTS_H
#define SKEIN_TEST_BENCH_SPEAKERS_PARTS_H

#include "test/bench/speakers.h"

#define SPEAKERS_CIDR "100.64.0.0/10"
#define SPEAKERS_AS   4200000001u

/* The prefix that a member would have, and whether it has one. */
struct prefix speakers_net(uint32_t index);
bool speakers_has_net(uint32_t index);

const char *speakers_path(const struct speakers *s, const char *name, char out[256]);
/* Writes a file, and clears what was written. */
void speakers_put(const struct speakers *s, const char *name, struct buf *b);
/* speakers_text.c: membership.conf and bird.conf of the one that is measured; templates.conf; the
 * configuration of one BIRD of the crowd. */
void speakers_put_text(const struct speakers *s);
void speakers_put_templates(const struct speakers *s);
void speakers_put_crowd(const struct speakers *s, uint32_t which);

#endif
