controller := main controller config init keys jobs blob publish renderer round rotation edition images twins follow alloc gather history trouble data_dir backup
