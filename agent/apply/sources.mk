agent/apply := apply devices fences
