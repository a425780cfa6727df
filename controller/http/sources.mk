controller/http :=
