agent/apply := apply devices guards
