agent/apply := apply devices fences saved wireguard_go
