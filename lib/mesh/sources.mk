lib/mesh := delta_apply delta_encode id join_token name pin state_check state_check_membership state_check_view state_excerpt state_file state_match state_read state_sign state_tree state_write token
