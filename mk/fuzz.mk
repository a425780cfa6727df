# `make fuzz`: each test/fuzz/NAME_fuzz.c is a libFuzzer program, run for SECONDS. It starts from
# test/fuzz/corpus/NAME/, which the unit tests go through too; what it finds is kept in
# build/fuzz/found, and belongs into the corpus when it is mended.

SECONDS    ?= 20
FUZZERS    := $(patsubst %_fuzz,%,$(filter %_fuzz,$(test/fuzz)))
FUZZ_BUILD := build/fuzz

FUZZ_FLAGS_state := -max_len=16384
FUZZ_FLAGS_delta := -max_len=16384
FUZZ_FLAGS_bird  := -max_len=16384

# What a target needs beside the libraries.
FUZZ_SAMPLE     := test/unit/mesh/state_sample
FUZZ_CONTROLLER := test/fuzz/desk $(patsubst $(BUILD)/obj/%.o,%,$(call without_main,$(call objects,$(CONTROLLER_DIRS))))
FUZZ_NEEDS_state           := $(FUZZ_SAMPLE)
FUZZ_NEEDS_delta           := $(FUZZ_SAMPLE)
FUZZ_NEEDS_excerpt         := $(FUZZ_SAMPLE)
FUZZ_NEEDS_agent_conf      := agent/config test/fuzz/conf_file
FUZZ_NEEDS_controller_conf := controller/config test/fuzz/conf_file
FUZZ_NEEDS_lab_file        := lab/file lab/document
FUZZ_NEEDS_scrub           := cli/report/scrub
FUZZ_NEEDS_http            := $(FUZZ_CONTROLLER)
FUZZ_NEEDS_body            := $(FUZZ_CONTROLLER)

# Alone: a program of one target, not the unit tests' part.
$(FUZZ_BUILD)/obj/test/fuzz/%.o: ALL_CFLAGS += -DFUZZ_ALONE

.PHONY: fuzz fuzz-programs
fuzz: ## run every fuzzer for SECONDS= (20)
	$(Q)$(MAKE) --no-print-directory SAN=fuzz CFLAGS=-fsanitize=fuzzer-no-link fuzz-programs
	$(Q)set -e; $(foreach n,$(FUZZERS),$(call run_fuzzer,$n);)

# Quiet on success; a finding shows its report and stays in build/fuzz/found.
run_fuzzer = mkdir -p $(FUZZ_BUILD)/corpus/$1 $(FUZZ_BUILD)/found; \
	$(FUZZ_BUILD)/test/$1_fuzz -max_total_time=$(SECONDS) -rss_limit_mb=1024 -timeout=5 \
		-artifact_prefix=$(FUZZ_BUILD)/found/$1- -print_final_stats=1 $(FUZZ_FLAGS_$1) \
		$(FUZZ_BUILD)/corpus/$1 test/fuzz/corpus/$1 > $(FUZZ_BUILD)/$1.log 2>&1 || \
		{ tail -50 $(FUZZ_BUILD)/$1.log; echo '$1: see $(FUZZ_BUILD)/found'; exit 1; }; \
	sed -n 's/^stat::number_of_executed_units: */$1: runs without a finding: /p' $(FUZZ_BUILD)/$1.log

fuzz-programs: $(FUZZERS:%=$(BUILD)/test/%_fuzz)

.SECONDEXPANSION:
$(FUZZERS:%=$(BUILD)/test/%_fuzz): $(BUILD)/test/%_fuzz: $(BUILD)/obj/test/fuzz/%_fuzz.o \
		$(BUILD)/obj/test/fuzz/main.o $$(addprefix $(BUILD)/obj/,$$(addsuffix .o,$$(FUZZ_NEEDS_$$*))) \
		$(GW_A) $(MESH_A) $(NET_A) $(BASE_A)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call pkg_libs,$(PKGS)) -lpthread

check-long: fuzz
