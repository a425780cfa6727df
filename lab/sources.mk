lab :=
