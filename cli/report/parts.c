#include "cli/report/parts.h"

#include <stddef.h>

#define UNIT                                                                                       \
	"systemctl show -p Id,LoadState,ActiveState,SubState,Result,NRestarts,ExecMainStatus "     \
	"-p ExecMainStartTimestamp,MemoryCurrent,TasksCurrent,FragmentPath,DropInPaths "
#define JOURNAL "journalctl --no-pager --output short-iso --lines 4000 --unit "
#define BGP	"@self bgp "
#define BIRDC	"birdc -r -s @socket show "

const struct part report_parts[] = {
	{PART_OF_MACHINE, PART_FILES, "/", "etc/os-release"},
	{PART_OF_MACHINE, PART_FILES, "/", "proc/{uptime,loadavg,meminfo,modules}"},
	{PART_OF_MACHINE, PART_OUTPUT, "system/kernel.txt", "uname -a"},
	{PART_OF_MACHINE, PART_OUTPUT, "system/sysctl.txt", "sysctl net.core net.ipv4"},
	{PART_OF_MACHINE, PART_OUTPUT, "versions/skein.txt", "@self --version"},
	{PART_OF_MACHINE, PART_OUTPUT, "versions/bird.txt", "bird --version"},
	{PART_OF_MACHINE, PART_OUTPUT, "versions/wireguard-go.txt", "wireguard-go --version"},
	{PART_OF_MACHINE, PART_OUTPUT, "versions/nft.txt", "nft --version"},
	{PART_OF_MACHINE, PART_OUTPUT, "versions/iproute2.txt", "ip -V"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/links.txt", "ip -details -statistics link"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/addresses.txt", "ip address"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/neighbours.txt", "ip neighbour"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/rules.txt", "ip rule"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/rules6.txt", "ip -6 rule"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/routes.txt", "ip route show table all"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/routes6.txt", "ip -6 route show table all"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/wireguard.txt", "wg show"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/nftables.txt", "nft list ruleset"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/qdiscs.txt", "tc -s qdisc"},
	{PART_OF_MACHINE, PART_OUTPUT, "network/sockets.txt", "ss -ntulp"},

	{PART_OF_AGENT, PART_FILES, "/", "etc/skein/agent.conf"},
	{PART_OF_AGENT, PART_OUTPUT, "versions/skein-agent.txt", "skein-agent --version"},
	{PART_OF_AGENT, PART_OUTPUT, "agent/status.txt", "skein-agent status"},
	{PART_OF_AGENT, PART_ANSWER, "agent/status.json", "status"},
	{PART_OF_AGENT, PART_OUTPUT, "agent/peers.txt", "@self peers"},
	{PART_OF_AGENT, PART_OUTPUT, "agent/files.txt", "ls -lR @state @run"},
	{PART_OF_AGENT, PART_OUTPUT, "agent/unit.txt", UNIT "skein-agent"},
	{PART_OF_AGENT, PART_OUTPUT, "agent/journal.txt", JOURNAL "skein-agent"},
	{PART_OF_AGENT, PART_FILES, "@state", "{machine.json,run,saved.json,saved.json.bad}"},
	{PART_OF_AGENT, PART_FILES, "@run", "*/{now/*.conf,next/*.conf,bird.log}"},
	{PART_OF_AGENT, PART_FILES, "@run", "wireguard/log"},
	{PART_OF_IMAGE, PART_OUTPUT, "state/@of.json", "@self state show --brief @image"},

	{PART_OF_BIRD, PART_OUTPUT, "bgp/@bird/summary.txt", BGP "summary --socket @socket"},
	{PART_OF_BIRD, PART_OUTPUT, "bgp/@bird/neighbors.txt", BGP "neighbors --socket @socket"},
	{PART_OF_BIRD, PART_OUTPUT, "bgp/@bird/bfd.txt", BGP "bfd --socket @socket"},
	{PART_OF_BIRD, PART_OUTPUT, "bgp/@bird/rejected.txt", BGP "rejected --socket @socket"},
	{PART_OF_BIRD, PART_OUTPUT, "bgp/@bird/routes.txt",
	 BGP "routes --table all --socket @socket"},
	{PART_OF_BIRD, PART_OUTPUT, "bgp/@bird/protocols.txt", BIRDC "protocols all"},
	{PART_OF_BIRD, PART_OUTPUT, "bgp/@bird/interfaces.txt", BIRDC "interfaces"},
	{PART_OF_BIRD, PART_OUTPUT, "bgp/@bird/memory.txt", BIRDC "memory"},

	{PART_OF_CONTROLLER, PART_FILES, "/", "etc/skein/controller.conf"},
	{PART_OF_CONTROLLER, PART_FILES, "/", "etc/skein/bird-templates/*"},
	{PART_OF_CONTROLLER, PART_OUTPUT, "versions/skein-controller.txt",
	 "skein-controller --version"},
	{PART_OF_CONTROLLER, PART_OUTPUT, "controller/check.txt", "skein-controller check-config"},
	{PART_OF_CONTROLLER, PART_OUTPUT, "controller/database.txt", "skein-controller census"},
	{PART_OF_CONTROLLER, PART_OUTPUT, "controller/files.txt", "ls -l @data"},
	{PART_OF_CONTROLLER, PART_OUTPUT, "controller/unit.txt", UNIT "skein-controller"},
	{PART_OF_CONTROLLER, PART_OUTPUT, "controller/journal.txt", JOURNAL "skein-controller"},
	{0}};
