test/net := bird_templates_test bird_test bird_world child cli_test fleet_test guard_packets guard_test guard_world lab_test netlink_test nft_test packet port_holder_test space wg_test
