test/net :=
