agent/bird := bird check end files kept sessions start trial
