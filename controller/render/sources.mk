controller/render := holdings plan slots
