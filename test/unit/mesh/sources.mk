test/unit/mesh := bfd_pace_test delta_test id_test question_test state_check_test state_keys_test state_sample state_test state_world token_test
