test/bench := main mesh poll
