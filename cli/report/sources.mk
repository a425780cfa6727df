cli/report := bundle here known parts report scrub tar
