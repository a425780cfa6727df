cli/explain := layer
