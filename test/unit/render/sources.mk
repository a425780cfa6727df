test/unit/render := bird_test images prints_test fleet plan_test services_test slots_test state_test
