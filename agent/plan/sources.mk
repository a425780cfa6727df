agent/plan := facts lans shadow names desired devices endpoint peers addresses routes rules sysctls fences translation guards birds operations operations_format
