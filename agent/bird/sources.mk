agent/bird := bird check end files kept offences offenders sessions start stopped trial
