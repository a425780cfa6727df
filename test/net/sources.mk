test/net := lab_test
