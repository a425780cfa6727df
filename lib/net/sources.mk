lib/net := prefix prefix_set trie
