lab := document file netns process wire record lab tune underlay probe attack tap machine outage reach operator session fleet traffic trip measure failover drops forged status demo_show demo main
