test/net := lab_test netlink_test space
