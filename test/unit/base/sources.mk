test/unit/base := error_test
