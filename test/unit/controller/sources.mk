test/unit/controller := alloc_test gather_test
