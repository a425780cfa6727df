test/unit/gateway := guard_compile_test
