agent :=
