cli/bgp := age bfd bgp instance neighbor_json neighbors page summary verbs
