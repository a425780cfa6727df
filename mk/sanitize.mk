# The tests with sanitizers in them, and in the programs that they run: AddressSanitizer with
# UndefinedBehaviorSanitizer, and ThreadSanitizer. `make SAN=asan`, `make SAN=tsan` build by hand.

SAN_PROGRAMS := skein skein-agent skein-controller skein-lab
SAN_SUITES   := fleet net_cli agent net_lab_program
TSAN_SUITES  := net_crash net_bad_http

.PHONY: check-san check-lab-san check-threads
check-san: $(PROGRAMS) ## unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)$(MAKE) --no-print-directory SAN=asan all build/asan/test/unit
	$(Q)test/run san $(SUMMARY) build/asan/test/unit

check-lab-san: ## the same for a lab, its agents and its controller (as root)
	$(Q)$(MAKE) --no-print-directory SAN=asan all build/asan/test/net
	$(Q)test/run lab-san $(SUMMARY) test/sanitized build/asan '$(SAN_PROGRAMS)' \
		build/asan/test/net $(SAN_SUITES)

check-threads: ## unit tests, and a controller under load, under ThreadSanitizer (as root)
	$(Q)$(MAKE) --no-print-directory SAN=tsan all build/tsan/test/unit build/tsan/test/net
	$(Q)test/run threads $(SUMMARY) build/tsan/test/unit
	$(Q)test/run load-threads $(SUMMARY) test/sanitized build/tsan skein-controller \
		build/tsan/test/net $(TSAN_SUITES)

check-long: check-lab-san check-threads
