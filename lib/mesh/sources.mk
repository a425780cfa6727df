lib/mesh :=
