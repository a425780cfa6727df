agent/latency := latency turns work
