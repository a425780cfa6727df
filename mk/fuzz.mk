# `make fuzz`: each test/fuzz/NAME_fuzz.c is a libFuzzer program, run for SECONDS. It starts from
# test/fuzz/corpus/NAME/ and what FUZZ_SEEDS_NAME names; what it finds is kept in build/fuzz/found.

SECONDS    ?= 20
FUZZERS    := $(patsubst test/fuzz/%_fuzz.c,%,$(wildcard test/fuzz/*_fuzz.c))
FUZZ_BUILD := build/fuzz

FUZZ_SEEDS_state := test/golden/state-view.bin,test/golden/state-membership.bin
FUZZ_FLAGS_state := -max_len=16384
FUZZ_FLAGS_delta := -max_len=16384

.PHONY: fuzz fuzz-programs
fuzz: ## run every fuzzer for SECONDS= (20)
	$(Q)$(MAKE) --no-print-directory SAN=fuzz CC=clang CFLAGS=-fsanitize=fuzzer-no-link fuzz-programs
	$(Q)set -e; $(foreach n,$(FUZZERS),$(call run_fuzzer,$n);)

# Quiet on success; a finding shows its report and stays in build/fuzz/found.
run_fuzzer = mkdir -p $(FUZZ_BUILD)/corpus/$1 $(FUZZ_BUILD)/found; \
	$(FUZZ_BUILD)/test/$1_fuzz -max_total_time=$(SECONDS) -rss_limit_mb=1024 -timeout=5 \
		-artifact_prefix=$(FUZZ_BUILD)/found/$1- -print_final_stats=1 $(FUZZ_FLAGS_$1) \
		$(if $(FUZZ_SEEDS_$1),-seed_inputs=$(FUZZ_SEEDS_$1)) \
		$(FUZZ_BUILD)/corpus/$1 $(wildcard test/fuzz/corpus/$1) > $(FUZZ_BUILD)/$1.log 2>&1 || \
		{ tail -50 $(FUZZ_BUILD)/$1.log; echo '$1: see $(FUZZ_BUILD)/found'; exit 1; }; \
	sed -n 's/^stat::number_of_executed_units: */$1: runs without a finding: /p' $(FUZZ_BUILD)/$1.log

fuzz-programs: $(FUZZERS:%=$(BUILD)/test/%_fuzz)

$(FUZZERS:%=$(BUILD)/test/%_fuzz): $(BUILD)/test/%_fuzz: $(BUILD)/obj/test/fuzz/%_fuzz.o \
		$(BUILD)/obj/test/unit/mesh/state_sample.o $(GW_A) $(MESH_A) $(NET_A) $(BASE_A)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call pkg_libs,$(PKGS)) -lpthread

check-long: fuzz
