test/unit/lab := file_test record_test
