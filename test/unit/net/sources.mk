test/unit/net := bird_parse_test bird_test filter_test prefix_test random route_test rule_test trie_test ufw_test wg_plan_test wg_uapi_test
