gateway :=
