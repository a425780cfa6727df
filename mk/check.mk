# Tests. Each runner prints a line `NAME: N passed, N failed, N skipped` and keeps it in
# $(BUILD)/summary/NAME; `make check` adds them up. A skip must be named in test/skips.

SUMMARY := build/summary

.PHONY: check check-parts check-unit check-net check-house
check: ## build and run all tests; installs what it needs
	$(Q)rm -rf $(SUMMARY)
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(MAKE) --no-print-directory -k check-parts; parts=$$?; \
		test/total $(SUMMARY) && exit $$parts

check-parts: check-house check-unit check-san check-net check-install

check-unit: $(BUILD)/test/unit $(PROGRAMS) ## unit tests
	$(Q)test/run unit $(SUMMARY) $(BUILD)/test/unit

check-net: $(BUILD)/test/net $(PROGRAMS) ## tests in network namespaces (as root)
	$(Q)test/run net $(SUMMARY) $(BUILD)/test/net

check-house: all ## the rules of the house: make, sources.mk, sizes
	$(Q)test/run house $(SUMMARY) test/house $(BUILD)

.PHONY: check-long check-crash check-trials check-routers check-rotation check-faults check-flaps check-hostile check-mutations
check-long: check check-crash check-trials check-routers check-rotation check-faults check-flaps check-hostile check-mutations ## everything that `check` has no time for

check-crash: $(BUILD)/test/net $(PROGRAMS) ## kill the controller a hundred times at work (as root)
	$(Q)SKEIN_CRASHES=100 test/run crash $(SUMMARY) $(BUILD)/test/net net_crash

check-trials: $(BUILD)/test/net $(PROGRAMS) ## BIRD's configuration undone by itself, and tried again (as root)
	$(Q)test/run trials $(SUMMARY) $(BUILD)/test/net trials

check-routers: $(BUILD)/test/net $(PROGRAMS) ## members become routers and plain again while packets flow (as root)
	$(Q)test/run routers $(SUMMARY) $(BUILD)/test/net hitless_routers

check-flaps: $(BUILD)/test/net $(PROGRAMS) ## links that come and go, under packets (as root)
	$(Q)test/run flaps $(SUMMARY) $(BUILD)/test/net flaps

check-rotation: $(BUILD)/test/net $(PROGRAMS) ## keys rotated within 100 ms, and while agents and the controller die (as root)
	$(Q)test/run rotation $(SUMMARY) $(BUILD)/test/net rotation_tight

check-faults: $(BUILD)/test/net $(PROGRAMS) ## everything that can break, one after the other, in both modes; BGP without BFD (as root)
	$(Q)test/run faults $(SUMMARY) $(BUILD)/test/net faults_matrix unwatched

check-hostile: $(BUILD)/test/net $(PROGRAMS) ## a hostile member in a full mesh, at length (as root)
	$(Q)test/run hostile $(SUMMARY) $(BUILD)/test/net hostile_full

check-mutations: $(BUILD)/test/net $(PROGRAMS) ## each line of the rules and the fence switched off: a test must miss it (as root)
	$(Q)test/run mutations $(SUMMARY) $(BUILD)/test/net mutations
