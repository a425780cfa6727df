cli/bgp := age bfd bgp community decide diff instance neighbor_json neighbors page rank rejected route route_json route_lines route_row routes snapshot spool summary trace verbs watch ways_print
