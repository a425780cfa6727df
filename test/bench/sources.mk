test/bench := main mesh poll delta
