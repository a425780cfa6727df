/* Requests: one with its acknowledgement, many, one answer, a dump. */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/net/netlink_transport.h"

#define DUMP_MAX   ((size_t)512 << 20)
#define DUMP_TRIES 16
/* Acknowledgements are queued while a send is worked off: so many fit the socket's buffer. */
#define BATCH_MESSAGES 128
#define BATCH_BYTES    65536

/* The errno values that mean something else to netlink than to error_from_errno(). */
static int code_of_errno(int errnum)
{
	return errnum == EADDRNOTAVAIL ? ERR_NOT_FOUND : error_from_errno(errnum);
}

/* The words of an extended acknowledgement whose attributes start at `offset` of the message;
 * NULL if there are none. */
static const char *extended_text(const struct nlmsghdr *h, size_t offset)
{
	const struct nlattr *a;

	if ((h->nlmsg_flags & NLM_F_ACK_TLVS) == 0 || offset >= h->nlmsg_len)
		return NULL;
	a = nla_find((const struct nlattr *)(const void *)((const char *)h + offset),
		     (int)(h->nlmsg_len - offset), NLMSGERR_ATTR_MSG);
	if (a == NULL || nla_len(a) < 1 || memchr(nla_data(a), '\0', (size_t)nla_len(a)) == NULL)
		return NULL;
	return nla_data(a);
}

/* Of an NLMSG_ERROR, or of an NLMSG_DONE, which both begin with a negative errno. */
static void read_result(const struct nlmsghdr *h, struct netlink_result *r)
{
	const struct nlmsgerr *e = nlmsg_data(h);
	size_t offset = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(int));
	const char *text;

	memset(r, 0, sizeof(*r));
	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(int)) || e->error == 0)
		return;
	if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_len >= NLMSG_LENGTH(sizeof(*e))) {
		offset = NLMSG_LENGTH(sizeof(*e));
		if ((h->nlmsg_flags & NLM_F_CAPPED) == 0)
			offset += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	}
	text = extended_text(h, offset);
	r->code = code_of_errno(-e->error);
	snprintf(r->text, sizeof(r->text), "%s", text != NULL ? text : strerror(-e->error));
}

static int result_fault(const struct netlink_result *r, struct fault *f)
{
	return r->code == 0 ? 0 : fault_set(f, r->code, "%s", r->text);
}

static int send_one(struct netlink *n, struct nl_msg *m, int flags, struct fault *f)
{
	struct nlmsghdr *h = nlmsg_hdr(m);
	struct iovec part = {.iov_base = h, .iov_len = h->nlmsg_len};

	h->nlmsg_flags |= (uint16_t)flags;
	h->nlmsg_seq = netlink_next_sequence(n);
	return netlink_send(n, &part, 1, f);
}

struct batch {
	uint32_t first;
	size_t open;
	struct netlink_result *results;
};

static enum netlink_answer read_acknowledgement(const struct nlmsghdr *h, void *context)
{
	struct batch *b = context;

	if (h->nlmsg_type != NLMSG_ERROR)
		return NETLINK_MORE;
	read_result(h, &b->results[h->nlmsg_seq - b->first]);
	return --b->open == 0 ? NETLINK_COMPLETE : NETLINK_MORE;
}

/* As many of the messages as fit in one send; *done says how many they were. */
static int batch_send(struct netlink *n, struct nl_msg *const *messages, size_t count,
		      struct netlink_result *results, size_t *done, struct fault *f)
{
	struct iovec parts[BATCH_MESSAGES];
	struct batch b = {.results = results};
	size_t bytes = 0;
	int code;

	while (b.open < count && b.open < BATCH_MESSAGES) {
		struct nlmsghdr *h = nlmsg_hdr(messages[b.open]);

		if (b.open > 0 && bytes + h->nlmsg_len > BATCH_BYTES)
			break;
		h->nlmsg_flags |= NLM_F_ACK;
		h->nlmsg_seq = netlink_next_sequence(n);
		if (b.open == 0)
			b.first = h->nlmsg_seq;
		bytes += NLMSG_ALIGN(h->nlmsg_len);
		parts[b.open++] = (struct iovec){h, NLMSG_ALIGN(h->nlmsg_len)};
	}
	*done = b.open;
	code = netlink_send(n, parts, b.open, f);
	return code != 0 ? code : netlink_read_answer(n, b.first, read_acknowledgement, &b, f);
}

int netlink_batch(struct netlink *n, struct nl_msg *const *messages, size_t count,
		  struct netlink_result *results, struct fault *f)
{
	size_t done;

	for (size_t i = 0; i < count; i += done) {
		int code = batch_send(n, messages + i, count - i, results + i, &done, f);

		if (code != 0)
			return code;
	}
	return 0;
}

int netlink_do(struct netlink *n, struct nl_msg *m, struct fault *f)
{
	struct netlink_result result;
	int code = netlink_batch(n, &m, 1, &result, f);

	return code != 0 ? code : result_fault(&result, f);
}

struct collection {
	struct netlink_result result;
	bool one, interrupted;
	struct buf messages;
};

static enum netlink_answer collect(const struct nlmsghdr *h, void *context)
{
	struct collection *c = context;

	c->interrupted = c->interrupted || (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
		read_result(h, &c->result);
		return NETLINK_COMPLETE;
	}
	if (h->nlmsg_type < NLMSG_MIN_TYPE)
		return NETLINK_MORE;
	if (c->messages.len + h->nlmsg_len > DUMP_MAX) {
		c->result = (struct netlink_result){ERR_TOO_LARGE, "netlink dump"};
		return NETLINK_COMPLETE;
	}
	buf_append(&c->messages, h, h->nlmsg_len);
	buf_append(&c->messages, "\0\0\0", NLMSG_ALIGN(h->nlmsg_len) - h->nlmsg_len);
	return c->one ? NETLINK_COMPLETE : NETLINK_MORE;
}

static int hand_out(const struct collection *c, netlink_each *each, void *context)
{
	int left = (int)c->messages.len, code = 0;

	for (struct nlmsghdr *h = (void *)c->messages.data; code == 0 && left > 0;
	     h = nlmsg_next(h, &left))
		code = each(h, context);
	return code;
}

static int ask(struct netlink *n, struct nl_msg *m, struct collection *c, int flags,
	       struct fault *f)
{
	int code;

	buf_clear(&c->messages);
	memset(&c->result, 0, sizeof(c->result));
	c->interrupted = false;
	code = send_one(n, m, flags, f);
	if (code == 0)
		code = netlink_read_answer(n, nlmsg_hdr(m)->nlmsg_seq, collect, c, f);
	return code != 0 ? code : result_fault(&c->result, f);
}

int netlink_get(struct netlink *n, struct nl_msg *m, netlink_each *each, void *context,
		struct fault *f)
{
	struct collection c = {.one = true};
	int code = ask(n, m, &c, 0, f);

	if (code == 0)
		code = hand_out(&c, each, context);
	buf_fini(&c.messages);
	return code;
}

int netlink_dump(struct netlink *n, struct nl_msg *m, netlink_each *each, void *context,
		 struct fault *f)
{
	struct collection c = {0};
	int code, tries = 0;

	do {
		code = ask(n, m, &c, NLM_F_DUMP, f);
	} while (code == 0 && c.interrupted && ++tries < DUMP_TRIES);
	if (code == 0 && c.interrupted)
		code = fault_set(f, ERR_BUSY, "netlink dump: changes all the time");
	if (code == 0)
		code = hand_out(&c, each, context);
	buf_fini(&c.messages);
	return code;
}

static int read_family(const struct nlmsghdr *h, void *context)
{
	struct nlattr *id =
		nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)h, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);

	if (id == NULL || nla_len(id) < (int)sizeof(uint16_t))
		return ERR_INVALID;
	*(int *)context = nla_get_u16(id);
	return 0;
}

int netlink_family(struct netlink *n, const char *name, int *id, struct fault *f)
{
	struct genlmsghdr header = {.cmd = CTRL_CMD_GETFAMILY, .version = 1};
	struct nl_msg *m = netlink_message(GENL_ID_CTRL, 0);
	int code;

	nlmsg_append(m, &header, sizeof(header), NLMSG_ALIGNTO);
	nla_put_string(m, CTRL_ATTR_FAMILY_NAME, name);
	code = netlink_get(n, m, read_family, id, f);
	nlmsg_free(m);
	return code;
}
