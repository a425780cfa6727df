test/unit/controller := alloc_test gather_test stand enroll_test cases role_test transport_test rules_test auth_test routes_test poll_test problem_test config_test openapi openapi_test
