cli/hop := command fib gather intent machine peer rib rows show
