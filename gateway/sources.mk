gateway := bpffs guard guard_classes guard_compile tc
