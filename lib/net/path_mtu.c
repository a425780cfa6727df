#include "lib/net/path_mtu.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/net/netlink_attr.h"

#define HEADERS	  28u /* IPv4 and UDP */
#define SIZE_MAX_ 65535u

static int add_path(const struct nlmsghdr *h, void *context)
{
	const struct nlattr *at[RTA_MAX + 1], *metrics[RTAX_MAX + 1];
	path_mtu_vec *out = context;
	struct path_mtu p;
	struct rtmsg header;

	if (h->nlmsg_type != RTM_NEWROUTE || h->nlmsg_len < NLMSG_LENGTH(sizeof(header)))
		return 0;
	memcpy(&header, nlmsg_data(h), sizeof(header));
	if ((header.rtm_flags & RTM_F_CLONED) == 0)
		return 0;
	netlink_attrs(h, sizeof(header), at, RTA_MAX);
	if (at[RTA_METRICS] == NULL)
		return 0;
	netlink_nested(at[RTA_METRICS], metrics, RTAX_MAX);
	p.to = netlink_address(at[RTA_DST], header.rtm_family);
	p.mtu = netlink_u32(metrics[RTAX_MTU], 0);
	if (p.to.family == FAMILY_IPV4 && p.mtu != 0)
		vec_push(out, p);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct path_mtu *x = a, *y = b;
	int order = memcmp(x->to.bytes, y->to.bytes, sizeof(x->to.bytes));

	return order != 0 ? order : (x->mtu > y->mtu) - (x->mtu < y->mtu);
}

/* One address over several routes: the least counts. */
static void keep_least(path_mtu_vec *v)
{
	size_t kept = 0;

	vec_sort(v, compare);
	for (size_t i = 0; i < v->n; i++)
		if (kept == 0 || !address_equal(&v->at[kept - 1].to, &v->at[i].to))
			v->at[kept++] = v->at[i];
	v->n = kept;
}

int path_mtu_list(struct netlink *n, path_mtu_vec *out, struct fault *f)
{
	struct rtmsg header = {.rtm_family = AF_INET, .rtm_flags = RTM_F_CLONED};
	struct nl_msg *m = netlink_message(RTM_GETROUTE, 0);
	struct fault own = {0};
	int code;

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	code = netlink_dump(n, m, add_path, out, &own);
	nlmsg_free(m);
	keep_least(out);
	return code == 0 ? 0 : fault_set(f, code, "list of path MTUs: %s", own.text);
}

static int compare_address(const void *key, const void *member)
{
	const struct address *a = key;
	const struct path_mtu *p = member;

	return memcmp(a->bytes, p->to.bytes, sizeof(a->bytes));
}

uint32_t path_mtu_find(const path_mtu_vec *v, const struct address *to)
{
	const struct path_mtu *p =
		v->n == 0 ? NULL : bsearch(to, v->at, v->n, sizeof(*v->at), compare_address);

	return p != NULL && to->family == FAMILY_IPV4 ? p->mtu : 0;
}

int path_mtu_open(uint32_t mark, int *fd, struct fault *f)
{
	const int probe = IP_PMTUDISC_PROBE;

	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return fault_errno(f, errno, "a socket to probe paths");
	if (setsockopt(*fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe)) != 0 ||
	    setsockopt(*fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) != 0) {
		int why = errno;

		close(*fd);
		*fd = -1;
		return fault_errno(f, why, "a socket to probe paths");
	}
	return 0;
}

void path_mtu_probe(int fd, const struct address *to, uint16_t port, uint32_t size)
{
	static const uint8_t zeros[SIZE_MAX_];
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (to->family != FAMILY_IPV4 || size <= HEADERS)
		return;
	if (size > SIZE_MAX_)
		size = SIZE_MAX_;
	memcpy(&at.sin_addr, to->bytes, sizeof(at.sin_addr));
	(void)!sendto(fd, zeros, size - HEADERS, MSG_NOSIGNAL, (struct sockaddr *)&at, sizeof(at));
}
