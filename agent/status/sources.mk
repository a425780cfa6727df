agent/status := status filter parts screen
