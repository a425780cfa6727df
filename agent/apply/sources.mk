agent/apply := apply devices guards ufw
