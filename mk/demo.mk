# The lab: a fleet of namespaces on this machine. docs/lab.md is its manual.

LAB_FILE ?= examples/two-meshes.yaml

.PHONY: demo lab lab-down
demo: ## the guided tour: two meshes, their gateways, a failover (as root)
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(BUILD)/skein-lab demo $(LAB_FILE)

lab: ## bring up LAB_FILE and leave it standing (as root)
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(BUILD)/skein-lab up $(LAB_FILE)

lab-down: ## take the lab away
	$(Q)$(BUILD)/skein-lab down
