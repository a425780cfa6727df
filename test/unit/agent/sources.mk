test/unit/agent := machines child_test config_test endpoint_test fetch_test http_test member_test plan_test shadow_test stub
