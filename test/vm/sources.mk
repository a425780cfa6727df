test/vm := init
