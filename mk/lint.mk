# `make lint`: formatting, static analysis, one-way includes.

LINT_SOURCES := $(shell git ls-files '*.c' '*.h' 2>/dev/null | grep -v '\.bpf\.c$$')

.PHONY: lint lint-includes lint-format lint-tidy lint-cppcheck
lint: lint-includes lint-format lint-cppcheck lint-tidy ## clang-format, clang-tidy, cppcheck, one-way includes

lint-includes:
	$(Q)test/lint-includes

lint-format:
	$(Q)clang-format --dry-run --Werror $(LINT_SOURCES)

# varFuncNullUB is for where NULL may be 0; in glibc's C it is a pointer.
lint-cppcheck:
	$(Q)cppcheck --quiet --std=c17 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=legacyUninitvar --suppress=varFuncNullUB \
		--include=test/lint-macros.h -I. -j2 $(filter %.c,$(LINT_SOURCES))

lint-tidy: all
	$(Q)printf '%s\n' $(filter-out test/% gateway/guard.c,$(filter %.c,$(LINT_SOURCES))) | \
		xargs -P2 -n8 sh -c 'clang-tidy --quiet "$$@" -- $(ALL_CFLAGS) 2>/dev/null' lint-tidy
