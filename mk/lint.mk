# `make lint`: formatting, static analysis, one-way includes.

LINT_SOURCES := $(shell git ls-files '*.c' '*.h' 2>/dev/null | grep -v '\.bpf\.c$$')
LINT_FILES   := $(patsubst %.c,$(BUILD)/lint/%,$(filter %.c,$(LINT_SOURCES)))

.PHONY: lint lint-includes lint-format lint-tidy lint-cppcheck
lint: lint-includes lint-format lint-cppcheck lint-tidy ## clang-format, clang-tidy, cppcheck, one-way includes

lint-includes:
	$(Q)test/lint-includes

lint-format:
	$(Q)clang-format --dry-run --Werror $(LINT_SOURCES)

# What passed has a stamp, which depends on the file's object and so on all that the file includes:
# what did not change is not looked at again. Every finding is shown, each file's in one piece.
lint-cppcheck lint-tidy: lint-%:
	$(Q)$(MAKE) --no-print-directory -k -O $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) all-$*

.PHONY: all-cppcheck all-tidy
all-cppcheck: $(LINT_FILES:%=%.cppcheck)
all-tidy: $(LINT_FILES:%=%.tidy)
all-cppcheck all-tidy:
	@:

stamp = > $@ 2>&1 || { cat $@; rm -f $@; exit 1; }

# varFuncNullUB is for where NULL may be 0; in glibc's C it is a pointer. The two about what is not
# initialized take sizeof and an address for a use; the compilers know better.
$(BUILD)/lint/%.cppcheck: %.c $(BUILD)/obj/%.o test/lint-macros.h
	@mkdir -p $(@D)
	$(Q)cppcheck --quiet --std=c17 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=varFuncNullUB \
		--suppress=legacyUninitvar --suppress=ctuuninitvar \
		--include=test/lint-macros.h -I. $< $(stamp)

$(filter $(BUILD)/lint/test/%,$(LINT_FILES:%=%.tidy)): test/.clang-tidy
$(BUILD)/lint/%.tidy: %.c $(BUILD)/obj/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY,$<)
	$(Q)clang-tidy --quiet $< -- $(ALL_CFLAGS) -Wno-unknown-warning-option $(stamp)
