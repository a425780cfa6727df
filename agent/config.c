#include "agent/config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"

#define AT(member) offsetof(struct config, member)

const struct schema_row agent_config_rows[] = {
	{"state_dir", SCHEMA_TEXT, AT(state_dir), 0, 0, "/var/lib/skein/agent",
	 "directory of keys, tokens and the last verified state"},
	{"run_dir", SCHEMA_TEXT, AT(run_dir), 0, 0, "/run/skein",
	 "directory of the control sockets and of what BIRD runs from"},
	{"guard_dir", SCHEMA_TEXT, AT(guard_dir), 0, 0, "/sys/fs/bpf/skein",
	 "directory below which the guard's eBPF program and maps are pinned"},
	{"device", SCHEMA_TEXT, AT(device), 0, 0, "wg",
	 "stem of the names of WireGuard devices: wg0, its trunks wg0t1, ..."},
	{"table_base", SCHEMA_NUMBER, AT(table_base), 1000, 2000000000, "5200",
	 "routing table of membership number 0; number i has the i-th after it"},
	{"control_table_base", SCHEMA_NUMBER, AT(control_base), 1000, 2000000000, "5400",
	 "the same for the tables in which BGP and BFD find their peers"},
	{"rule_first", SCHEMA_NUMBER, AT(rule_first), 1, 30000, "400",
	 "priority of the first routing rule; the last comes 1599 after it"},
	{"mark", SCHEMA_NUMBER, AT(mark), 1, 4294967295, "21248",
	 "firewall mark of WireGuard's own packets (21248 is 0x5300)"},
	{"mark_mask", SCHEMA_NUMBER, AT(mark_mask), 1, 4294967295, "65280",
	 "the bits of the mark that count (65280 is 0xff00)"},
	{"protocol", SCHEMA_NUMBER, AT(protocol), 5, 255, "83",
	 "protocol number on routes and rules, by which the agent knows its own"},
	{"announce", SCHEMA_LIST, AT(announce), 0, 0, NULL,
	 "a network behind this machine, offered to the operator for approval"},
	{"endpoint", SCHEMA_LIST, AT(endpoints), 0, 0, NULL,
	 "an address at which this machine is reached from outside"},
	{"wireguard_go", SCHEMA_TEXT, AT(wireguard_go), 0, 0, "wireguard-go",
	 "program that serves a device where the kernel has no WireGuard"},
	{"bird", SCHEMA_TEXT, AT(bird), 0, 0, "bird", "the routing daemon, 2.0.12 or later"},
	{"bird_user", SCHEMA_TEXT, AT(bird_user), 0, 0, "bird", "user and group that BIRD runs as"},
	{"log_level", SCHEMA_TEXT, AT(log_level), 0, 0, "info", "error, warn, info or debug"},
	{0},
};

static int check_announce(const struct config *c, struct fault *f)
{
	for (size_t i = 0; i < c->announce.n; i++) {
		struct prefix p;

		if (prefix_parse(c->announce.at[i], &p, f) != 0)
			return fault_prefix(f, "announce");
		if (p.family != FAMILY_IPV4)
			return fault_set(f, ERR_UNSUPPORTED, "announce: %s: IPv4 only for now",
					 c->announce.at[i]);
	}
	return 0;
}

int config_endpoint(const char *text, char address[ADDRESS_TEXT_MAX], unsigned *port,
		    struct fault *f)
{
	const char *colon = strchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	struct address a;
	char *end = NULL;
	unsigned long n = 0;

	if (len >= ADDRESS_TEXT_MAX)
		return fault_set(f, ERR_INVALID, "endpoint: '%.60s' is no address", text);
	memcpy(address, text, len);
	address[len] = '\0';
	if (address_parse(address, &a, f) != 0)
		return fault_prefix(f, "endpoint");
	if (a.family != FAMILY_IPV4)
		return fault_set(f, ERR_UNSUPPORTED, "endpoint: %s: IPv4 only for now", address);
	if (!address_is_host(&a))
		return fault_set(f, ERR_INVALID, "endpoint: nobody can send to %s", address);
	if (colon != NULL)
		n = strtoul(colon + 1, &end, 10);
	if (colon != NULL && (*end != '\0' || n == 0 || n > 65535))
		return fault_set(f, ERR_RANGE, "endpoint: '%.60s': want a port of 1 to 65535",
				 text);
	*port = (unsigned)n;
	return 0;
}

static int check_endpoints(const struct config *c, struct fault *f)
{
	char address[ADDRESS_TEXT_MAX];
	unsigned port;
	int code = 0;

	for (size_t i = 0; i < c->endpoints.n && code == 0; i++)
		code = config_endpoint(c->endpoints.at[i], address, &port, f);
	return code;
}

static int check(const struct config *c, struct fault *f)
{
	enum log_level level;
	size_t stem = strlen(c->device);
	int code;

	if (stem == 0 || stem > 8 || strspn(c->device, "abcdefghijklmnopqrstuvwxyz") != stem)
		return fault_set(f, ERR_INVALID, "device: want 1 to 8 letters a-z, not '%.40s'",
				 c->device);
	if (c->state_dir[0] != '/' || c->run_dir[0] != '/')
		return fault_set(f, ERR_INVALID, "state_dir and run_dir: want absolute paths");
	if ((c->mark & ~c->mark_mask) != 0)
		return fault_set(f, ERR_INVALID, "mark %lld has bits outside of mark_mask %lld",
				 (long long)c->mark, (long long)c->mark_mask);
	if (c->table_base < c->control_base + 64 && c->control_base < c->table_base + 64)
		return fault_set(f, ERR_CONFLICT,
				 "table_base and control_table_base: want 64 tables between them");
	if (!log_level_parse(c->log_level, &level))
		return fault_set(f, ERR_INVALID,
				 "log_level: '%.20s' is none of error, warn, info, "
				 "debug",
				 c->log_level);
	code = check_announce(c, f);
	return code == 0 ? check_endpoints(c, f) : code;
}

int agent_config_load(struct config *c, const char *path, struct fault *f)
{
	int code;

	memset(c, 0, sizeof(*c));
	code = schema_load(agent_config_rows, c, path, strcmp(path, CONFIG_PATH) != 0, f);
	if (code != 0)
		return code;
	code = check(c, f);
	if (code != 0)
		fault_prefix(f, "%s", path);
	return code;
}

void agent_config_fini(struct config *c)
{
	schema_free(agent_config_rows, c);
}
