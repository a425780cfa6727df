/* Ports that this process takes, in a namespace of its own. */
#include "lib/net/port_holder.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/net/space.h"
#include "test/test.h"

static int take(int family, int type, uint16_t port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	const void *address = family == AF_INET ? (const void *)&four : (const void *)&six;
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (bind(fd, address, family == AF_INET ? sizeof(four) : sizeof(six)) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 1) != 0))
		TEST_FAIL("port %u cannot be taken", port);
	return fd;
}

static void expect_me(enum port_protocol protocol, uint16_t port)
{
	struct port_holder h;
	struct fault f = {0};
	char text[PORT_HOLDER_TEXT_MAX], want[PORT_HOLDER_TEXT_MAX];

	if (port_holder_find(protocol, port, &h, &f) != 0)
		TEST_FAIL("%s", f.text);
	TEST_NUMBER(h.pid, getpid());
	snprintf(want, sizeof(want), "%s (pid %d)", program_invocation_short_name, (int)getpid());
	TEST_TEXT(port_holder_format(&h, text), want);
}

static void the_holder_is_named(void)
{
	int udp = take(AF_INET, SOCK_DGRAM, 51820), tcp = take(AF_INET6, SOCK_STREAM, 179);

	expect_me(PORT_UDP, 51820);
	expect_me(PORT_TCP, 179);
	close(udp);
	close(tcp);
}

/* Any user names its process as it likes; the name goes to root's terminal, and into JSON. */
static void a_hostile_name_is_disarmed(void)
{
	int udp = take(AF_INET, SOCK_DGRAM, 51820);
	char before[16] = "", text[PORT_HOLDER_TEXT_MAX], want[PORT_HOLDER_TEXT_MAX];
	struct port_holder h;
	struct fault f = {0};

	prctl(PR_GET_NAME, before);
	prctl(PR_SET_NAME, "a\033[2J\xff\xc2\x9bz");
	if (port_holder_find(PORT_UDP, 51820, &h, &f) != 0)
		TEST_FAIL("%s", f.text);
	prctl(PR_SET_NAME, before);
	snprintf(want, sizeof(want), "a?[2J???z (pid %d)", (int)getpid());
	TEST_TEXT(port_holder_format(&h, text), want);
	close(udp);
}

static void a_free_port_has_none(void)
{
	struct port_holder h;
	struct fault f = {0};

	TEST_NUMBER(port_holder_find(PORT_UDP, 51821, &h, &f), ERR_NOT_FOUND);
	TEST_TEXT(f.text, "nobody has UDP port 51821");
}

TEST_SUITE_WITH(net_port_holder, space_enter, space_leave,
		{"the holder is named", the_holder_is_named},
		{"a hostile name is disarmed", a_hostile_name_is_disarmed},
		{"a free port has none", a_free_port_has_none});
