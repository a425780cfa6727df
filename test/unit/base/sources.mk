test/unit/base := error_test file_test json_test memory_test option_test prompt_test run_test schema_test text_test wipe_test
