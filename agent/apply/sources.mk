agent/apply := apply devices docker filter guards ufw
