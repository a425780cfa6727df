/* `skein machine`: what is shown of machines. */
#include "test/test.h"
#include "test/unit/cli/script.h"

#define M1    "01890a5d-ac96-774b-bcce-b302099a8061"
#define M2    "01890a5d-ac96-774b-bcce-b302099a8062"
#define SEAT1 "01890a5d-ac96-774b-bcce-b302099a8071"
#define MACHINES                                                                                   \
	{                                                                                          \
		"GET /api/v1/machines?limit=1000",                                                 \
			"{\"items\":[{\"id\":\"" M1 "\",\"name\":\"web-1\"},{\"id\":\"" M2         \
			"\",\"name\":\"gw-1\"}]}",                                                 \
			NULL, NULL, NULL, 0                                                        \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL, NULL, NULL, NULL, 0                                                    \
	}

static void machines_are_shown(void)
{
	const struct exchange all[] = {
		{"GET /api/v1/machines?limit=1000",
		 "{\"items\":[{\"id\":\"" M1 "\",\"name\":\"web-1\",\"online\":true,"
		 "\"seen_at\":\"2026-11-21T11:57:00Z\",\"memberships\":[{\"mesh_name\":\"prod\","
		 "\"address\":\"10.1.0.1\"},{\"mesh_name\":\"staging\",\"address\":\"10.2.0.9\"}]},"
		 "{\"id\":\"" M2 "\",\"name\":\"old\",\"online\":false,\"revoked\":true,"
		 "\"seen_at\":null,\"memberships\":[]}]}",
		 NULL, NULL, NULL, 0},
		END};
	const struct exchange revoked[] = {
		MACHINES, {"POST /api/v1/machines/" M1 "/revoke", "{}", NULL, NULL, NULL, 0}, END};

	script_run("machine list", all,
		   "NAME   ONLINE  SEEN       MESHES                           REMARKS\n"
		   "web-1  yes     3 min ago  prod 10.1.0.1, staging 10.2.0.9  \n"
		   "old    no                                                  revoked\n",
		   NULL);
	TEST_NUMBER(script_run("machine revoke web-1", revoked, NULL, NULL), 0);
}

static void what_a_machine_does_not_reach_is_said(void)
{
	const struct exchange web[] = {
		{"GET /api/v1/machines?limit=1000",
		 "{\"items\":[{\"id\":\"" M1
		 "\",\"name\":\"web-1\",\"online\":true,\"seen_at\":null,\"created_at\":null,"
		 "\"memberships\":[{\"mesh_name\":\"prod\",\"address\":\"10.1.0.1\",\"role\":"
		 "\"member\",\"slot\":0,\"base_port\":51820,\"rotation\":\"none\",\"current\":true,"
		 "\"error\":null,"
		 "\"unwell\":[{\"prefix\":\"172.20.9.0/24\",\"error\":\"timed out\"}],"
		 "\"shadowed\":[{\"prefix\":\"172.20.1.0/24\",\"by\":\"172.20.0.0/16\",\"device\":"
		 "\"eth1\",\"membership\":null,\"mesh_name\":null}]},{\"mesh_name\":\"staging\","
		 "\"address\":\"10.2.0.9\",\"role\":\"member\",\"slot\":0,\"base_port\":51884,"
		 "\"rotation\":\"switch\","
		 "\"current\":true,\"error\":null,\"shadowed\":[{\"prefix\":\"192.168.7.0/24\","
		 "\"by\":\"192.168.7.0/24\",\"device\":null,\"membership\":\"" SEAT1
		 "\",\"mesh_name\":\"prod\"}]}]}]}",
		 NULL, NULL, NULL, 0},
		{"GET /api/v1/machines/" M1 "/sessions?limit=20",
		 "{\"items\":[{\"name\":\"g_2\",\"machine_name\":\"gw\",\"neighbour\":"
		 "\"10.1.0.2\",\"mesh_name\":\"prod\",\"state\":\"Active\",\"since\":null,\"bfd\":"
		 "\"Down\",\"error\":\"refused\"}],\"next\":\"AA\",\"stale\":false}",
		 NULL, NULL, NULL, 0},
		{"GET /api/v1/machines/" M1 "/paths?limit=20",
		 "{\"items\":[{\"machine_name\":\"gw\",\"address\":\"10.1.0.2\",\"mesh_name\":"
		 "\"prod\",\"path\":\"direct\",\"endpoint\":\"192.0.2.1:51821\",\"handshake\":"
		 "\"live\","
		 "\"latency_ms\":5,\"loss_percent\":10}],\"next\":null,\"stale\":true}",
		 NULL, NULL, NULL, 0},
		END};
	const struct exchange old[] = {
		{"GET /api/v1/machines?limit=1000",
		 "{\"items\":[{\"id\":\"" M1
		 "\",\"name\":\"old\",\"online\":false,\"seen_at\":null,"
		 "\"created_at\":null,\"revoked\":true,\"memberships\":[]}]}",
		 NULL, NULL, NULL, 0},
		END};

	script_run("machine show web-1", web,
		   "name     web-1\n"
		   "id       " M1 "\n"
		   "online   yes\n"
		   "seen     -\n"
		   "joined   -\n"
		   "remarks  -\n"
		   "\n"
		   "MESH     ADDRESS   ROLE    SLOT   PORT  KEY  ROTATION  CURRENT  ERROR\n"
		   "prod     10.1.0.1  member     0  51820       none      yes      \n"
		   "staging  10.2.0.9  member     0  51884       switch    yes      \n"
		   "\n"
		   "NOT REACHED     IN MESH  FOR\n"
		   "172.20.1.0/24   prod     it is connected to 172.20.0.0/16 (eth1)\n"
		   "192.168.7.0/24  staging  192.168.7.0/24 of its mesh prod comes first\n"
		   "\n"
		   "NOT ANNOUNCED  IN MESH  ITS HEALTH CHECK SAYS\n"
		   "172.20.9.0/24  prod     timed out\n"
		   "\n"
		   "SESSION WITH  ADDRESS   MESH  STATE   SINCE  BFD   ERROR\n"
		   "gw            10.1.0.2  prod  Active         Down  refused\n"
		   "and more: skein machine sessions web-1\n"
		   "\n"
		   "PATH TO  ADDRESS   MESH  PATH    ENDPOINT         HANDSHAKE  LATENCY\n"
		   "gw       10.1.0.2  prod  direct  192.0.2.1:51821  live       5 ms at most, 10 "
		   "% lost"
		   "\n"
		   "so it was; the machine has not reported since\n",
		   NULL);
	script_run("machine show old", old,
		   "name     old\n"
		   "id       " M1 "\n"
		   "online   no\n"
		   "seen     -\n"
		   "joined   -\n"
		   "remarks  revoked\n"
		   "\n"
		   "in no mesh, and cannot join again: only skein machine delete lets it\n",
		   NULL);
}

TEST_SUITE(cli_machine, {"machines are shown", machines_are_shown},
	   {"what a machine does not reach is said", what_a_machine_does_not_reach_is_said});
