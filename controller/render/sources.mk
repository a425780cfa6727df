controller/render :=
