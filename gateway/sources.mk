gateway := bpffs guard guard_classes guard_compile guard_pins guard_update tc
