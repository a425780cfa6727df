lib/net :=
