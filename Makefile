# Skein: one Makefile, not recursive. Every folder with sources has a sources.mk of one line,
# `folder := names`, and every name is folder/name.c. `make help` lists the targets.

BUILD    ?= build
CC       ?= cc
CLANG    ?= clang
PREFIX   ?= /usr
DESTDIR  ?=
SAN      ?=
V        ?= 0

# With clang, whose sanitizers write all their reports to one file; gcc's UBSan knows standard error.
ifneq ($(SAN),)
BUILD := build/$(SAN)
CC    := $(CLANG)
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)')

VERSION := 0.1.0

# ---- flags ----------------------------------------------------------------------------------
PKGS := libnl-3.0 libnl-genl-3.0 libnl-route-3.0 libsodium libmicrohttpd sqlite3 libbpf libcurl \
        jansson libuv gnutls yaml-0.1 libnftables
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Werror
# Texts for people are cut on purpose, at a bound; gcc only knows the warning.
WARN += $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
HARD := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
ifeq ($(SAN),)
OPT  := -O2 -D_FORTIFY_SOURCE=2
else ifeq ($(SAN),tsan)
OPT  := -O1 -fno-omit-frame-pointer -fsanitize=thread
else
OPT  := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
endif
# Deferred: `make deps` must run before pkg-config knows the libraries.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS) | sed 's/-I/-isystem /g'))$(PKG_CFLAGS)
# What is generated is not held to our warnings; the eBPF rule below says what depends on it.
ALL_CFLAGS = -std=gnu17 -g $(OPT) $(WARN) $(HARD) -D_GNU_SOURCE -DSKEIN_VERSION='"$(VERSION)"' \
             -I. -isystem $(BUILD)/gen $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(if $(SAN),$(filter -fsanitize%,$(OPT))) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

# ---- sources --------------------------------------------------------------------------------
include $(sort $(wildcard */sources.mk */*/sources.mk */*/*/sources.mk))

objects = $(foreach d,$(1),$(patsubst %,$(BUILD)/obj/$d/%.o,$($d)))

LIBS     := lib/base lib/net lib/mesh
GATEWAY  := gateway
CONTROLLER_DIRS := controller controller/http controller/api controller/sqlite controller/render
AGENT_DIRS := $(sort $(patsubst %/,%,$(dir $(wildcard agent/sources.mk agent/*/sources.mk))))
CLI_DIRS := $(sort $(patsubst %/,%,$(dir $(wildcard cli/sources.mk cli/*/sources.mk))))
UNIT_DIRS := $(sort $(patsubst %/,%,$(dir $(wildcard test/unit/sources.mk test/unit/*/sources.mk test/unit/*/*/sources.mk))))

$(foreach d,$(LIBS) gateway,$(eval $(BUILD)/$d.a: $(call objects,$d)))
BASE_A := $(BUILD)/lib/base.a
NET_A  := $(BUILD)/lib/net.a
MESH_A := $(BUILD)/lib/mesh.a
GW_A   := $(BUILD)/gateway.a

# A program's parts that its tests use too: everything but its main.
without_main = $(filter-out %/main.o,$(1))

# ---- programs: which rooms, which libraries ---------------------------------------------------
# The order of the archives is the direction of the dependencies; there is no way back.
PROGRAMS := $(BUILD)/skein $(BUILD)/skein-agent $(BUILD)/skein-controller $(BUILD)/skein-lab

pkg_libs = $(shell pkg-config --libs $(1))

$(BUILD)/skein-controller: $(call objects,$(CONTROLLER_DIRS)) $(MESH_A) $(NET_A) $(BASE_A)
$(BUILD)/skein-controller: LIBRARIES = $(call pkg_libs,libmicrohttpd sqlite3 gnutls jansson libsodium) -lpthread
$(BUILD)/skein-agent: $(call objects,$(AGENT_DIRS)) $(GW_A) $(MESH_A) $(NET_A) $(BASE_A)
$(BUILD)/skein-agent: LIBRARIES = $(call pkg_libs,libuv libcurl jansson libbpf libnftables libnl-route-3.0 libnl-genl-3.0 libnl-3.0 gnutls libsodium) -lpthread
$(BUILD)/skein: $(call objects,$(CLI_DIRS)) $(MESH_A) $(NET_A) $(BASE_A)
$(BUILD)/skein: LIBRARIES = $(call pkg_libs,libcurl jansson libnftables libnl-route-3.0 libnl-genl-3.0 libnl-3.0 gnutls libsodium)
$(BUILD)/skein-lab: $(call objects,lab) $(NET_A) $(BASE_A)
$(BUILD)/skein-lab: LIBRARIES = $(call pkg_libs,yaml-0.1 jansson libnl-route-3.0 libnl-genl-3.0 libnl-3.0 libsodium) -lpthread

$(BUILD)/test/unit: $(call objects,test $(UNIT_DIRS)) \
                    $(call without_main,$(call objects,$(CONTROLLER_DIRS) $(AGENT_DIRS) $(CLI_DIRS) lab test/fuzz)) \
                    $(GW_A) $(MESH_A) $(NET_A) $(BASE_A)
$(BUILD)/test/unit: LIBRARIES = $(call pkg_libs,$(PKGS)) -lcunit -lpthread
# BIRD's templates are run with the text that the controller renders.
$(BUILD)/test/net: $(call objects,test test/net) $(call without_main,$(call objects,lab)) \
                   $(call objects,controller/render) $(BUILD)/obj/test/unit/render/fleet.o \
                   $(BUILD)/obj/test/unit/controller/stand.o \
                   $(GW_A) $(MESH_A) $(NET_A) $(BASE_A)
$(BUILD)/test/net: LIBRARIES = $(call pkg_libs,$(PKGS)) -lcunit -lpthread

.PHONY: all
all: $(PROGRAMS) ## the programs, into build/

$(PROGRAMS) $(BUILD)/test/unit $(BUILD)/test/net:
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBRARIES)

$(BUILD)/%.a:
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj $(BUILD)/bpf -name '*.d' 2>/dev/null)

# A test runs the programs that were built with it: sanitized ones, when it is.
$(BUILD)/obj/test/%.o $(BUILD)/lint/test/%: ALL_CFLAGS += -DTEST_BUILD='"$(BUILD)"'

# ---- eBPF: object and skeleton ----------------------------------------------------------------
# v3: atomic compare-and-swap, 32-bit jumps; any kernel from 5.12 has it.
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Wextra -Werror -I. \
              -idirafter /usr/include/$(shell uname -m)-linux-gnu

BPF := $(patsubst bpf/%.bpf.c,%,$(wildcard bpf/*.bpf.c))

$(BPF:%=$(BUILD)/bpf/%.bpf.o): $(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(BPF:%=$(BUILD)/gen/bpf/%.skel.h): $(BUILD)/gen/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL,$@)
	$(Q)(echo '/* NOLINTBEGIN: generated */' && $(BPFTOOL) gen skeleton $< name $*_bpf && \
		echo '/* NOLINTEND */') > $@

# Debian's linux wrapper of bpftool lives in sbin.
BPFTOOL := $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
$(call objects,$(GATEWAY)): $(BPF:%=$(BUILD)/gen/bpf/%.skel.h)

# ---- everything else --------------------------------------------------------------------------
include $(sort $(wildcard mk/*.mk))

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | sort | expand -t 26
