# `make deps`: Debian's packages, without recommends; no daemon is started or enabled by it.

BUILD_DEPS := build-essential pkg-config clang llvm bpftool libnl-3-dev libnl-genl-3-dev \
	libnl-route-3-dev libsodium-dev libmicrohttpd-dev libsqlite3-dev libbpf-dev libelf-dev \
	libcurl4-gnutls-dev libjansson-dev libuv1-dev libgnutls28-dev libyaml-dev libnftables-dev \
	uthash-dev libcunit1-dev
RUN_DEPS  := bird2 wireguard-go wireguard-tools nftables iproute2 iputils-ping
TEST_DEPS := man-db nginx systemd curl jq tcpdump libclang-rt-14-dev python3-yaml python3-jsonschema \
	qemu-system-x86 cpio kmod
LINT_DEPS := clang-tidy clang-format cppcheck

.PHONY: deps
deps: ## install what building, running and testing need (Debian 12, as root)
	$(Q)packaging/install-deps $(BUILD_DEPS) $(RUN_DEPS) $(TEST_DEPS) $(LINT_DEPS)
