/* Attributes of netlink messages: put in, and read without trusting their lengths. */
#ifndef SKEIN_NET_NETLINK_ATTR_H
#define SKEIN_NET_NETLINK_ATTR_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/prefix.h"

/* Messages are a page, and what goes into one is bounded: when an attribute does not fit, the
 * program is wrong, and ends. */
void netlink_put(struct nl_msg *m, int type, const void *data, size_t len);
void netlink_put_u8(struct nl_msg *m, int type, uint8_t value);
void netlink_put_u16(struct nl_msg *m, int type, uint16_t value);
void netlink_put_u32(struct nl_msg *m, int type, uint32_t value);
void netlink_put_text(struct nl_msg *m, int type, const char *text); /* with its NUL */
void netlink_put_address(struct nl_msg *m, int type, const struct address *a);
/* nla_nest_end() with what it returned. */
struct nlattr *netlink_nest(struct nl_msg *m, int type);

/* Sets at[type] for the attributes behind a family header of `header` bytes; `at` has max + 1
 * elements and is cleared first. */
void netlink_attrs(const struct nlmsghdr *h, size_t header, const struct nlattr **at, int max);
void netlink_collect(const void *first, int len, const struct nlattr **at, int max);
void netlink_nested(const struct nlattr *nest, const struct nlattr **at, int max);
/* `otherwise` where the attribute is absent or too short. */
uint8_t netlink_u8(const struct nlattr *a, uint8_t otherwise);
uint16_t netlink_u16(const struct nlattr *a, uint16_t otherwise);
uint32_t netlink_u32(const struct nlattr *a, uint32_t otherwise);
uint64_t netlink_u64(const struct nlattr *a, uint64_t otherwise);
/* Cut to fit; "" where the attribute is absent. */
void netlink_text(const struct nlattr *a, char *out, size_t size);
/* FAMILY_NONE where it is absent or of the wrong length for AF_INET, AF_INET6. */
struct address netlink_address(const struct nlattr *a, int af);

int af_of_family(uint8_t family);
uint8_t family_of_af(int af);

#endif
