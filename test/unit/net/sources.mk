test/unit/net := prefix_test random trie_test
