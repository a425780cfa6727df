cli :=
