lib/net := ifaddr link monitor netlink netlink_attr nft prefix prefix_set route route_plan rule rule_plan sysctl trie ufw wg wg_genl wg_key wg_plan wg_uapi wg_uapi_parse
