test/unit/net := prefix_test random route_test rule_test trie_test
