controller/api :=
