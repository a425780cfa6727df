test/unit/cli := age_test decide_test disarm_test key_test layer_test machine_test output_test scrub_test remote_test script session_test snapshot_test spool_test state_test tar_test verb_test
