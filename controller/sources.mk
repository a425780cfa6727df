controller :=
