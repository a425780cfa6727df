test/unit/agent := bird_kept_test child_test config_test endpoint_test fetch_test http_test machines member_bench member_damage_test member_test passages_test plan_test shadow_test stub
