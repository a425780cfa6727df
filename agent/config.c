#include "agent/config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/log.h"

#define AT(member) offsetof(struct config, member)

/* The longest socket below run_dir is "/<membership>/bird.ctl", and the kernel takes 107 bytes. */
#define RUN_DIR_MAX   (107 - 46)
#define STATE_DIR_MAX 255

#define ANNOUNCED_MIN 8 /* the controller's rule */

static int check_directory(const char *path, size_t max, struct fault *f)
{
	if (strlen(path) > max)
		return fault_set(f, ERR_TOO_LARGE, "'%.20s…': longer than %zu bytes", path, max);
	return file_check_absolute(path, f);
}

static int check_state_dir(const char *path, struct fault *f)
{
	return check_directory(path, STATE_DIR_MAX, f);
}

static int check_run_dir(const char *path, struct fault *f)
{
	return check_directory(path, RUN_DIR_MAX, f);
}

static int check_device(const char *stem, struct fault *f)
{
	size_t len = strlen(stem);

	if (len >= 1 && len <= 8 && strspn(stem, "abcdefghijklmnopqrstuvwxyz") == len)
		return 0;
	return fault_set(f, ERR_INVALID, "want 1 to 8 letters a-z, not '%.40s'", stem);
}

static int check_announced(const char *text, struct fault *f)
{
	struct prefix p;
	int code = prefix_parse(text, &p, f);

	if (code == 0 && p.family != FAMILY_IPV4)
		code = fault_set(f, ERR_UNSUPPORTED, "%s: IPv4 only for now", text);
	if (code == 0 && p.length > 0 && p.length < ANNOUNCED_MIN)
		code = fault_set(f, ERR_INVALID,
				 "%s: wider than /%d; all of the internet is 0.0.0.0/0, an exit",
				 text, ANNOUNCED_MIN);
	return code;
}

static int check_endpoint(const char *text, struct fault *f)
{
	char address[ADDRESS_TEXT_MAX];
	unsigned port;

	return config_endpoint(text, address, &port, f);
}

#define CHECK_NAME_MAX 63

/* Where the path begins in "NAME /path"; 0: it is neither. */
static size_t check_split(const char *text, size_t *name)
{
	*name = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return *name > 0 && *name <= CHECK_NAME_MAX && text[*name] == ' '
		       ? *name + strspn(text + *name, " ")
		       : 0;
}

static int check_check(const char *text, struct fault *f)
{
	size_t name, path = check_split(text, &name);

	if (path == 0)
		return fault_set(f, ERR_INVALID,
				 "'%.60s': want a name of a-z, 0-9 and dashes, and a path", text);
	return file_check_absolute(text + path, f);
}

const char *config_check(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->checks.n; i++) {
		size_t len, path = check_split(c->checks.at[i], &len);

		if (strlen(name) == len && strncmp(c->checks.at[i], name, len) == 0)
			return c->checks.at[i] + path;
	}
	return NULL;
}

const struct schema_row agent_config_rows[] = {
	{"state_dir", SCHEMA_TEXT, AT(state_dir), 0, 0, "/var/lib/skein/agent",
	 "directory of keys, tokens and the last verified state", check_state_dir},
	{"run_dir", SCHEMA_TEXT, AT(run_dir), 0, 0, "/run/skein",
	 "directory of the control sockets and of what BIRD runs from", check_run_dir},
	{"guard_dir", SCHEMA_TEXT, AT(guard_dir), 0, 0, "/sys/fs/bpf/skein",
	 "directory below which the guard's eBPF program and maps are pinned", file_check_absolute},
	{"join_token", SCHEMA_TEXT, AT(join_token), 0, 0, "/etc/skein/join-token",
	 "file with a join token: a machine that has not joined does so when the service starts, "
	 "and "
	 "then removes it",
	 file_check_absolute},
	{"device", SCHEMA_TEXT, AT(device), 0, 0, "wg",
	 "stem of the names of WireGuard devices: wg0, its trunks wg0t1, ...", check_device},
	{"table_base", SCHEMA_NUMBER, AT(table_base), 1000, 2000000000, "5200",
	 "routing table of membership number 0; number i has the i-th after it", NULL},
	{"control_table_base", SCHEMA_NUMBER, AT(control_base), 1000, 2000000000, "5400",
	 "the same for the tables in which BGP and BFD find their peers", NULL},
	{"rule_first", SCHEMA_NUMBER, AT(rule_first), 1, 30000, "400",
	 "priority of the first routing rule; the last comes 1600 after it", NULL},
	{"mark", SCHEMA_NUMBER, AT(mark), 1, 4294967295, "21248",
	 "firewall mark of WireGuard's own packets (21248 is 0x5300)", NULL},
	{"mark_mask", SCHEMA_NUMBER, AT(mark_mask), 1, 4294967295, "65280",
	 "the bits of the mark that count (65280 is 0xff00)", NULL},
	{"protocol", SCHEMA_NUMBER, AT(protocol), 5, 255, "83",
	 "protocol number on routes and rules, by which the agent knows its own", NULL},
	{"announce", SCHEMA_LIST, AT(announce), 0, 0, NULL,
	 "a network behind this machine, offered to the operator for approval", check_announced},
	{"endpoint", SCHEMA_LIST, AT(endpoints), 0, 0, NULL,
	 "an address at which this machine is reached from outside", check_endpoint},
	{"check", SCHEMA_LIST, AT(checks), 0, 0, NULL,
	 "a program that a health check may run as root, and what the operator calls it: NAME "
	 "/path/of/it; status 0 means well",
	 check_check},
	{"containers", SCHEMA_BOOL, AT(containers), 0, 0, "yes",
	 "containers (on bridges without a physical port) reach the meshes with the machine's "
	 "address",
	 NULL},
	{"wireguard_go", SCHEMA_TEXT, AT(wireguard_go), 0, 0, "wireguard-go",
	 "program that serves a device where the kernel has no WireGuard", NULL},
	{"bird", SCHEMA_TEXT, AT(bird), 0, 0, "bird", "the routing daemon, 2.0.12 or later", NULL},
	{"bird_user", SCHEMA_TEXT, AT(bird_user), 0, 0, "bird", "user and group that BIRD runs as",
	 NULL},
	{"log_level", SCHEMA_TEXT, AT(log_level), 0, 0, "info", "error, warn, info or debug",
	 log_level_check},
	{0},
};

int config_endpoint(const char *text, char address[ADDRESS_TEXT_MAX], unsigned *port,
		    struct fault *f)
{
	const char *colon = strchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	struct address a;
	char *end = NULL;
	unsigned long n = 0;
	int code;

	if (len >= ADDRESS_TEXT_MAX)
		return fault_set(f, ERR_INVALID, "'%.60s' is no address", text);
	memcpy(address, text, len);
	address[len] = '\0';
	code = address_parse(address, &a, f);
	if (code != 0)
		return code;
	if (a.family != FAMILY_IPV4)
		return fault_set(f, ERR_UNSUPPORTED, "%s: IPv4 only for now", address);
	if (!address_is_host(&a))
		return fault_set(f, ERR_INVALID, "nobody can send to %s", address);
	if (colon != NULL)
		n = strtoul(colon + 1, &end, 10);
	if (colon != NULL && (*end != '\0' || n == 0 || n > 65535))
		return fault_set(f, ERR_RANGE, "'%.60s': want a port of 1 to 65535", text);
	*port = (unsigned)n;
	return 0;
}

/* What no row can say alone. */
static int check(void *config, struct fault *f)
{
	const struct config *c = config;

	if ((c->mark & ~c->mark_mask) != 0)
		return fault_set(f, ERR_INVALID, "mark %lld has bits outside of mark_mask %lld",
				 (long long)c->mark, (long long)c->mark_mask);
	if (c->table_base < c->control_base + 64 && c->control_base < c->table_base + 64)
		return fault_set(f, ERR_CONFLICT,
				 "table_base and control_table_base: want 64 tables between them");
	return 0;
}

int agent_config_load(struct config *c, const char *path, struct fault *f)
{
	memset(c, 0, sizeof(*c));
	return schema_load(agent_config_rows, c, path, strcmp(path, CONFIG_PATH) != 0, check, f);
}

void agent_config_fini(struct config *c)
{
	schema_free(agent_config_rows, c);
}
