test/unit/agent := machines bird_kept_test child_test config_test endpoint_test fetch_test http_test member_test plan_test shadow_test stub
