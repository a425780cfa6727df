test/unit/cli := age_test decide_test key_test layer_test output_test script session_test snapshot_test state_test verb_test
