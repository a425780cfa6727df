test/unit/controller := alloc_test gather_test stand enroll_test cases role_test transport_test
