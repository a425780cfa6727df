agent/bird := bird check end files flaps hold kept offences offenders sessions start stopped trial
