test/unit/render := bird_test prints_test fleet plan_test slots_test state_test
