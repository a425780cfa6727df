controller/render := bird bird_define bird_set bird_templates guard holdings plan prepare prepared prints shown slots state state_view
