test/unit/controller := alloc_test gather_test stand enroll_test
