controller := main controller config init keys jobs blob publish renderer follow alloc gather history
