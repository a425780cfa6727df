controller := alloc gather
