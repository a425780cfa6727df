cli/explain := command here layer show there verdict walk
