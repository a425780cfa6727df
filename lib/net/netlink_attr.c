#include "lib/net/netlink_attr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void netlink_put(struct nl_msg *m, int type, const void *data, size_t len)
{
	if (nla_put(m, type, (int)len, data) == 0)
		return;
	fprintf(stderr, "netlink message too small for attribute %d\n", type);
	abort();
}

void netlink_put_u8(struct nl_msg *m, int type, uint8_t value)
{
	netlink_put(m, type, &value, sizeof(value));
}

void netlink_put_u16(struct nl_msg *m, int type, uint16_t value)
{
	netlink_put(m, type, &value, sizeof(value));
}

void netlink_put_u32(struct nl_msg *m, int type, uint32_t value)
{
	netlink_put(m, type, &value, sizeof(value));
}

void netlink_put_text(struct nl_msg *m, int type, const char *text)
{
	netlink_put(m, type, text, strlen(text) + 1);
}

void netlink_put_address(struct nl_msg *m, int type, const struct address *a)
{
	netlink_put(m, type, a->bytes, a->family == FAMILY_IPV6 ? 16 : 4);
}

struct nlattr *netlink_nest(struct nl_msg *m, int type)
{
	struct nlattr *a = nla_nest_start(m, type);

	if (a != NULL)
		return a;
	fprintf(stderr, "netlink message too small for attribute %d\n", type);
	abort();
}

void netlink_collect(const void *first, int len, const struct nlattr **at, int max)
{
	memset(at, 0, ((size_t)max + 1) * sizeof(at[0]));
	for (const struct nlattr *a = first; nla_ok(a, len); a = nla_next(a, &len))
		if (nla_type(a) <= max)
			at[nla_type(a)] = a;
}

void netlink_attrs(const struct nlmsghdr *h, size_t header, const struct nlattr **at, int max)
{
	size_t start = NLMSG_HDRLEN + NLMSG_ALIGN(header);
	size_t len = h->nlmsg_len > start ? h->nlmsg_len - start : 0;

	netlink_collect((const char *)h + start, (int)len, at, max);
}

void netlink_nested(const struct nlattr *nest, const struct nlattr **at, int max)
{
	if (nest == NULL)
		memset(at, 0, ((size_t)max + 1) * sizeof(at[0]));
	else
		netlink_collect(nla_data(nest), nla_len(nest), at, max);
}

#define READER(bits)                                                                               \
	uint##bits##_t netlink_u##bits(const struct nlattr *a, uint##bits##_t otherwise)           \
	{                                                                                          \
		if (a != NULL && nla_len(a) >= (int)sizeof(otherwise))                             \
			memcpy(&otherwise, nla_data(a), sizeof(otherwise));                        \
		return otherwise;                                                                  \
	}

READER(8)
READER(16)
READER(32)
READER(64)

void netlink_text(const struct nlattr *a, char *out, size_t size)
{
	size_t len = a != NULL ? strnlen(nla_data(a), (size_t)nla_len(a)) : 0;

	if (len >= size)
		len = size - 1;
	if (len > 0)
		memcpy(out, nla_data(a), len);
	out[len] = '\0';
}

struct address netlink_address(const struct nlattr *a, int af)
{
	struct address out = {.family = family_of_af(af)};
	int len = out.family == FAMILY_IPV6 ? 16 : 4;

	if (a == NULL || out.family == FAMILY_NONE || nla_len(a) != len)
		return (struct address){0};
	memcpy(out.bytes, nla_data(a), (size_t)len);
	return out;
}

int af_of_family(uint8_t family)
{
	return family == FAMILY_IPV6 ? AF_INET6 : family == FAMILY_IPV4 ? AF_INET : AF_UNSPEC;
}

uint8_t family_of_af(int af)
{
	return af == AF_INET6 ? FAMILY_IPV6 : af == AF_INET ? FAMILY_IPV4 : FAMILY_NONE;
}
