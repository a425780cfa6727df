controller/sqlite :=
