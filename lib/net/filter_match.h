/* One statement of a rule of nftables, in its JSON form, against a packet (filter.h). */
#ifndef SKEIN_NET_FILTER_MATCH_H
#define SKEIN_NET_FILTER_MATCH_H

#include <jansson.h>

#include "lib/net/filter.h"

enum filter_answer { FILTER_NO, FILTER_YES, FILTER_MAYBE };

/* Does the packet have what a statement asks for? One that asks for nothing (a counter): yes. */
enum filter_answer filter_match(const json_t *statement, const struct filter_packet *packet);
/* A value of the packet against the right side of a match, or a key of a map. */
enum filter_answer filter_compare(const json_t *left, const json_t *right,
				  const struct filter_packet *packet);

#endif
