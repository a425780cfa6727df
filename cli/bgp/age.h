/* BIRD says since when something is as it is, in one of several forms and by its own clock; how
 * long that is takes both. */
#ifndef SKEIN_CLI_BGP_AGE_H
#define SKEIN_CLI_BGP_AGE_H

#include <stdint.h>

#define AGE_UNKNOWN  (-1)
#define AGE_TEXT_MAX 32

/* Seconds between two times of BIRD: "2026-11-21 13:48:15.610" (the fraction may be missing), a
 * date alone, or a time of day of the last 24 hours. AGE_UNKNOWN for anything else. */
int64_t age_seconds(const char *now, const char *since);
/* "12 s", "3 min", "2 h 5 min", "4 d 3 h"; `otherwise` for AGE_UNKNOWN. Returns `out`. */
const char *age_format(int64_t seconds, const char *otherwise, char out[AGE_TEXT_MAX]);

#endif
