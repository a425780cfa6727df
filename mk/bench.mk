# `make bench`: docs/performance.md says what the numbers mean. A bar that does not hold fails it.

BENCH_OBJECTS := test/unit/render/fleet test/unit/controller/stand test/unit/controller/stand_controller test/unit/controller/crowd test/unit/controller/pollers test/unit/mesh/state_world test/unit/net/random test/net/wg_conf test/net/faults_table test/net/faults_streams test/net/faults_world

$(BUILD)/test/bench: $(call objects,test/bench) $(BENCH_OBJECTS:%=$(BUILD)/obj/%.o) \
		$(call without_main,$(call objects,$(CONTROLLER_DIRS) lab)) $(MESH_A) $(NET_A) $(BASE_A)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group $(call pkg_libs,$(PKGS)) -lcunit -lpthread

.PHONY: bench
bench: ## measure what must stay fast, against its bars; build/bench.json (as root)
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory all $(BUILD)/test/bench $(BUILD)/test/net build/vm/root-6.1
	$(Q)$(BUILD)/test/bench $(BUILD)/bench.json

check-long: bench
