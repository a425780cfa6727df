lab := document file netns process wire record lab tune underlay probe attack machine outage fleet main
