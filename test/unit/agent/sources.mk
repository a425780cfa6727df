test/unit/agent := machines plan_test
