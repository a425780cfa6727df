cli/bgp := age bfd bgp community decide instance neighbor_json neighbors page rank rejected route route_json route_row routes snapshot summary verbs watch ways_print
