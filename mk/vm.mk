# `make check-vm`: tests with Debian's kernels and their WireGuard, each in a guest of QEMU without
# KVM. docs/testing.md says what a guest is. `make check` has the first ones, `check-long` the others.

VM        := build/vm
VM_SERIES := 6.1 6.12
VM_SOON   := 6.1-kernel 6.12-fleet
VM_LATER  := 6.12-kernel 6.1-fleet
# What talks to the kernel; and the two-mesh lab. Seconds: for a machine that is busy elsewhere.
VM_SUITES_kernel  := net_wg net_wg_secret net_wg_sizes net_guard net_netlink net_nft net_port_holder
VM_SECONDS_kernel := 300
VM_SUITES_fleet   := fleet
VM_SECONDS_fleet  := 600
VM_FILES := $(PROGRAMS) $(BUILD)/test/net bird-templates test/skips

.PHONY: check-vm check-vm-soon check-vm-later
check-vm: ## tests with kernel WireGuard, Linux 6.1 and 6.12 in QEMU
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory -k check-vm-soon check-vm-later

check-vm-soon: $(VM_SOON:%=check-vm-%)
check-vm-later: $(VM_LATER:%=check-vm-%)
check-parts: check-vm-soon
check-long: check-vm-later

# $1: the kernel's series, $2: the suites' name
define vm_guest
.PHONY: check-vm-$1-$2
check-vm-$1-$2: $(VM)/root-$1
	$(Q)test/run vm-$1-$2 $(SUMMARY) test/vm/run $1 $(VM)/linux-$1 $(VM)/root-$1 \
		$(VM_SECONDS_$2) $(BUILD)/test/net $(VM_SUITES_$2)
endef
$(foreach g,$(VM_SOON) $(VM_LATER),$(eval $(call vm_guest,$(firstword $(subst -, ,$g)),$(lastword $(subst -, ,$g)))))

$(VM_SERIES:%=$(VM)/linux-%/vmlinuz): $(VM)/linux-%/vmlinuz:
	$(call say,FETCH,linux $*)
	$(Q)test/vm/fetch-kernel $* $(@D)

$(VM)/init: $(call objects,test/vm)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

$(VM_SERIES:%=$(VM)/root-%): $(VM)/root-%: $(VM)/linux-%/vmlinuz $(VM)/init test/vm/make-root \
		$(VM_FILES) $(wildcard bird-templates/*)
	$(call say,ROOT,$@)
	$(Q)test/vm/make-root $(<D) $(VM)/init $@ $(VM_FILES)
