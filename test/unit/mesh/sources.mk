test/unit/mesh := id_test state_check_test state_sample state_test token_test
