test/unit/cli := output_test script session_test state_test verb_test
