test/unit/cli := output_test script session_test verb_test
