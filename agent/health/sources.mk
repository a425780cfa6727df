agent/health := check exec health tcp verdict
