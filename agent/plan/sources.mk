agent/plan := facts lans shadow names desired devices endpoint peers mtu addresses routes rules sysctls fences translation passages barriers guards birds operations operations_format
