/* What the verbs ask of the API, and what they say. */
#include "test/test.h"
#include "test/unit/cli/script.h"

#define A     "01890a5d-ac96-774b-bcce-b302099a8051"
#define B     "01890a5d-ac96-774b-bcce-b302099a8052"
#define M1    "01890a5d-ac96-774b-bcce-b302099a8061"
#define M2    "01890a5d-ac96-774b-bcce-b302099a8062"
#define SEAT1 "01890a5d-ac96-774b-bcce-b302099a8071"
#define SEAT2 "01890a5d-ac96-774b-bcce-b302099a8072"
#define ITEM  "01890a5d-ac96-774b-bcce-b302099a8081"

#define MESH_A                                                                                     \
	"{\"id\":\"" A "\",\"name\":\"prod\",\"cidr\":\"10.1.0.0/16\",\"asn\":4200000001,"         \
	"\"members\":3,\"gateways\":2,\"route_reflector\":true,\"default\":true,\"warnings\":[]}"
#define MESH_B                                                                                     \
	"{\"id\":\"" B "\",\"name\":\"staging\",\"cidr\":\"10.2.0.0/16\",\"asn\":4200000002,"      \
	"\"members\":30,\"gateways\":1,\"route_reflector\":false,\"default\":false}"
#define MESHES                                                                                     \
	{                                                                                          \
		"GET /api/v1/meshes?limit=1000",                                                   \
			"{\"items\":[" MESH_A "," MESH_B "],\"next\":null}", NULL, NULL, NULL, 0   \
	}
#define MACHINES                                                                                   \
	{                                                                                          \
		"GET /api/v1/machines?limit=1000",                                                 \
			"{\"items\":[{\"id\":\"" M1 "\",\"name\":\"web-1\"},{\"id\":\"" M2         \
			"\",\"name\":\"gw-1\"}]}",                                                 \
			NULL, NULL, NULL, 0                                                        \
	}
#define SEAT                                                                                       \
	"{\"items\":[{\"id\":\"" SEAT1 "\",\"mesh\":\"" A "\",\"mesh_name\":\"prod\","             \
	"\"address\":\"10.1.0.1\"}]}"
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL, NULL, NULL, NULL, 0                                                    \
	}
#define SCRIPT(...)                                                                                \
	(const struct exchange[])                                                                  \
	{                                                                                          \
		__VA_ARGS__, END                                                                   \
	}

static void a_mesh_is_made(void)
{
	const struct exchange made[] = {{"POST /api/v1/meshes", MESH_A,
					 "{\"name\":\"prod\",\"route_reflector\":true}", NULL, NULL,
					 0},
					END};
	const struct exchange all[] = {
		{"POST /api/v1/meshes",
		 "{\"name\":\"x\",\"cidr\":\"10.5.0.0/16\",\"asn\":5,\"warnings\":[\"alone\"]}",
		 "{\"name\":\"x\",\"route_reflector\":false,\"cidr\":\"10.5.0.0/16\","
		 "\"default\":true,\"bgp_port\":1790,\"bfd_interval_ms\":100,\"bfd_multiplier\":4,"
		 "\"stable_for_s\":0}",
		 NULL, NULL, 0},
		END};
	const struct exchange taken[] = {{"POST /api/v1/meshes", "mesh 'prod' exists already",
					  "{\"name\":\"prod\",\"route_reflector\":true}", NULL,
					  NULL, ERR_EXISTS},
					 END};

	TEST_NUMBER(script_run("mesh create prod", made,
			       "mesh prod made: 10.1.0.0/16, AS 4200000001, the default\n"
			       "next: skein token create --mesh prod\n",
			       NULL),
		    0);
	TEST_NUMBER(script_run("mesh create x --cidr 10.5.0.0/16 --default --no-route-reflector "
			       "--bgp-port 1790 --bfd-interval 100 --bfd-multiplier 4 --stable-for 0",
			       all,
			       "mesh x made: 10.5.0.0/16, AS 5\nwarning: alone\n"
			       "next: skein token create --mesh x\n",
			       NULL),
		    0);
	TEST_NUMBER(script_run("mesh create prod", taken, "", "mesh 'prod' exists already"),
		    ERR_EXISTS);
}

static void meshes_are_listed_by_pages(void)
{
	const struct exchange pages[] = {
		{"GET /api/v1/meshes?limit=1000", "{\"items\":[" MESH_A "],\"next\":\"abc_-9\"}",
		 NULL, NULL, NULL, 0},
		{"GET /api/v1/meshes?limit=1000&cursor=abc_-9",
		 "{\"items\":[" MESH_B "],\"next\":null}", NULL, NULL, NULL, 0},
		END};
	const struct exchange strange[] = {{"GET /api/v1/meshes?limit=1000",
					    "{\"items\":[],\"next\":\"a&b\"}", NULL, NULL, NULL, 0},
					   END};
	const struct exchange none[] = {
		{"GET /api/v1/meshes?limit=1000", "{\"items\":[]}", NULL, NULL, NULL, 0}, END};

	script_run("mesh list", pages,
		   "NAME     CIDR                ASN  MEMBERS  GATEWAYS  MODE       DEFAULT\n"
		   "prod     10.1.0.0/16  4200000001        3         2  reflector  yes\n"
		   "staging  10.2.0.0/16  4200000002       30         1  full mesh  \n",
		   NULL);
	TEST_NUMBER(script_run("mesh list", strange, "", NULL), ERR_REMOTE);
	script_run("mesh list", none, "no mesh yet: skein mesh create NAME\n", NULL);
	script_run("mesh list --json", none, "{\n  \"items\": []\n}\n", NULL);
}

static void names_are_found(void)
{
	const struct exchange by_id[] = {
		{"GET /api/v1/meshes/" A, MESH_A, NULL, NULL, NULL, 0},
		{"DELETE /api/v1/meshes/" A "?cascade=true", NULL, NULL, NULL, NULL, 0},
		END};
	const struct exchange by_name[] = {
		MESHES, {"DELETE /api/v1/meshes/" B, NULL, NULL, NULL, NULL, 0}, END};

	script_run("mesh delete " A " --cascade", by_id, "mesh " A " deleted\n", NULL);
	script_run("mesh delete staging", by_name, "mesh staging deleted\n", NULL);
	TEST_NUMBER(script_run("mesh show stagin", SCRIPT(MESHES), "",
			       "no mesh 'stagin'; there are prod, staging"),
		    ERR_NOT_FOUND);
	TEST_NUMBER(script_run("mesh show Prod", (const struct exchange[]){END}, "", NULL),
		    ERR_INVALID);
}

static void a_change_is_by_etag(void)
{
	const struct exchange changed[] = {
		MESHES,
		{"GET /api/v1/meshes/" B, MESH_B, NULL, NULL, "\"v3\"", 0},
		{"PATCH /api/v1/meshes/" B, MESH_B,
		 "{\"name\":\"stage\",\"default\":true,\"route_reflector\":true}", "\"v3\"", NULL,
		 0},
		END};
	const struct exchange meanwhile[] = {
		MESHES,
		{"GET /api/v1/meshes/" B, MESH_B, NULL, NULL, "\"v3\"", 0},
		{"PATCH /api/v1/meshes/" B, "changed", "{\"route_reflector\":false}", "\"v3\"",
		 NULL, ERR_PRECONDITION},
		END};

	TEST_NUMBER(script_run("mesh set staging --name stage --default --route-reflector on",
			       changed, "mesh staging changed\n", NULL),
		    0);
	TEST_NUMBER(script_run("mesh set staging -r off", meanwhile, "", "changed"),
		    ERR_PRECONDITION);
	TEST_NUMBER(
		script_run("mesh set staging -r maybe", (const struct exchange[]){END}, "", NULL),
		ERR_USAGE);
	TEST_NUMBER(script_run("mesh set staging", (const struct exchange[]){END}, "", NULL),
		    ERR_USAGE);
}

static void a_membership_is_added_and_removed(void)
{
	const struct exchange added[] = {
		MACHINES,
		MESHES,
		{"POST /api/v1/memberships", "{\"id\":\"" SEAT2 "\",\"address\":\"10.2.0.4\"}",
		 "{\"machine\":\"" M1 "\",\"mesh\":\"" B "\"}", NULL, NULL, 0},
		END};
	const struct exchange removed[] = {
		MACHINES,
		MESHES,
		{"GET /api/v1/memberships?machine=" M1 "&mesh=" A "&limit=1000", SEAT, NULL, NULL,
		 NULL, 0},
		{"DELETE /api/v1/memberships/" SEAT1, NULL, NULL, NULL, NULL, 0},
		END};
	const struct exchange listed[] = {MESHES,
					  MACHINES,
					  {"GET /api/v1/memberships?mesh=" A "&machine=" M2
					   "&limit=1000",
					   "{\"items\":[]}", NULL, NULL, NULL, 0},
					  END};

	script_run("membership add web-1 staging", added,
		   "machine web-1 is in mesh staging as 10.2.0.4\n", NULL);
	script_run("membership remove web-1 prod", removed,
		   "machine web-1 is no longer in mesh prod\n", NULL);
	script_run("membership list --mesh prod --machine gw-1", listed, "no memberships\n", NULL);
}

static void tokens_are_made(void)
{
	const struct exchange join[] = {
		MESHES,
		{"POST /api/v1/join-tokens", "{\"token\":\"skein-join.x\"}",
		 "{\"mesh\":\"" A "\",\"max_uses\":5,\"expires_in\":86400,\"note\":\"racks\"}",
		 NULL, NULL, 0},
		END};
	const struct exchange plain[] = {{"POST /api/v1/join-tokens",
					  "{\"token\":\"skein-join.y\"}", "{\"max_uses\":1}", NULL,
					  NULL, 0},
					 END};
	const struct exchange any[] = {{"POST /api/v1/join-tokens", "{\"token\":\"skein-join.z\"}",
					"{\"max_uses\":0}", NULL, NULL, 0},
				       END};
	const struct exchange api[] = {{"POST /api/v1/api-tokens", "{\"token\":\"skein-api.x\"}",
					"{\"role\":\"viewer\"}", NULL, NULL, 0},
				       END};
	const struct exchange end[] = {
		{"POST /api/v1/join-tokens/" ITEM "/revoke", NULL, NULL, NULL, NULL, 0}, END};
	const struct exchange nothing[] = {END};

	script_run("token create --mesh prod --uses 5 --expires 24h --note racks", join,
		   "skein-join.x\n", NULL);
	script_run("token create", plain, "skein-join.y\n", NULL);
	script_run("token create --any", any, "skein-join.z\n", NULL);
	script_run("token api create --role viewer", api, "skein-api.x\n", NULL);
	script_run("token revoke " ITEM, end, "join token " ITEM " revoked\n", NULL);
	TEST_NUMBER(script_run("token create --any --uses 2", nothing, "", NULL), ERR_USAGE);
	TEST_NUMBER(script_run("token create --expires soon", nothing, "", NULL), ERR_INVALID);
	TEST_NUMBER(script_run("token api create --role king", nothing, "", NULL), ERR_USAGE);
	TEST_NUMBER(script_run("token revoke mine", nothing, "", NULL), ERR_USAGE);
}

static void a_machine_becomes_a_gateway(void)
{
	const struct exchange enabled[] = {
		MACHINES,
		MESHES,
		MESHES,
		{"POST /api/v1/gateways", "{\"warnings\":[\"alone\"]}",
		 "{\"machine\":\"" M2 "\",\"meshes\":[\"" A "\",\"" B "\"]}", NULL, NULL, 0},
		END};
	const struct exchange listed[] = {{"GET /api/v1/gateways?limit=1000",
					   "{\"items\":[{\"machine\":\"" M2
					   "\",\"machine_name\":\"gw-1\",\"drained\":true,"
					   "\"meshes\":[\"" A "\",\"" B "\"]}]}",
					   NULL, NULL, NULL, 0},
					  MESHES,
					  END};

	script_run("gateway enable gw-1 --mesh prod --mesh staging", enabled,
		   "machine gw-1 is a gateway of 2 meshes\nwarning: alone\n", NULL);
	script_run("gateway list", listed,
		   "MACHINE  DRAINED  MESHES\ngw-1     yes      prod, staging\n", NULL);
	TEST_NUMBER(script_run("gateway enable gw-1", (const struct exchange[]){END}, "", NULL),
		    ERR_USAGE);
}

#define DRAINED(current, idle)                                                                     \
	"{\"id\":\"" M2 "\",\"drained\":true,\"idle\":" idle                                       \
	",\"memberships\":[{\"mesh_name\":\"prod\",\"current\":" current "}]}"

/* The same of a gateway and of any machine. */
static void a_machine_is_drained(void)
{
	const struct exchange drained[] = {
		MACHINES, {"POST /api/v1/machines/" M2 "/drain", "{}", NULL, NULL, NULL, 0}, END};
	const struct exchange undrained[] = {
		MACHINES, {"POST /api/v1/machines/" M2 "/undrain", "{}", NULL, NULL, NULL, 0}, END};

	const struct exchange waits[] = {
		MACHINES,
		{"POST /api/v1/machines/" M2 "/drain", DRAINED("false", "false"), NULL, NULL, NULL,
		 0},
		{"GET /api/v1/machines/" M2, DRAINED("true", "false"), NULL, NULL, NULL, 0},
		{"GET /api/v1/machines/" M2, DRAINED("true", "true"), NULL, NULL, NULL, 0},
		END};
	const struct exchange undone[] = {MACHINES,
					  {"POST /api/v1/machines/" M2 "/drain",
					   DRAINED("false", "false"), NULL, NULL, NULL, 0},
					  {"GET /api/v1/machines/" M2,
					   "{\"memberships\":[{}],\"drained\":false}", NULL, NULL,
					   NULL, 0},
					  END};

	script_run("machine drain gw-1 --wait", waits,
		   "machine gw-1 drained: nothing goes by it any more\n", NULL);
	TEST_NUMBER(script_run("gateway drain gw-1 --wait", undone, "", NULL), ERR_CONFLICT);
	TEST_NUMBER(script_run("gateway drain gw-1", drained, NULL, NULL), 0);
	TEST_NUMBER(script_run("machine drain gw-1", drained, NULL, NULL), 0);
	script_run("gateway undrain gw-1", undrained, "machine gw-1 is in service again\n", NULL);
	script_run("machine undrain gw-1", undrained, "machine gw-1 is in service again\n", NULL);
}

static void prefixes_are_approved(void)
{
	const struct exchange added[] = {
		MACHINES,
		{"GET /api/v1/memberships?machine=" M1 "&limit=1000", SEAT, NULL, NULL, NULL, 0},
		{"GET /api/v1/machines?limit=1000",
		 "{\"items\":[{\"id\":\"" M2 "\",\"name\":\"gw-1\"}]}", NULL, NULL, NULL, 0},
		{"GET /api/v1/meshes/" A, MESH_A, NULL, NULL, NULL, 0},
		{"GET /api/v1/memberships?machine=" M2 "&mesh=" A "&limit=1000",
		 "{\"items\":[{\"id\":\"" SEAT2 "\",\"mesh\":\"" A "\"}]}", NULL, NULL, NULL, 0},
		{"POST /api/v1/prefixes", "{}",
		 "{\"membership\":\"" SEAT1 "\",\"prefix\":\"192.168.7.0/24\",\"priority\":200,"
		 "\"users\":[\"" SEAT2 "\"]}",
		 NULL, NULL, 0},
		END};
	const struct exchange withdrawn[] = {
		MACHINES,
		{"GET /api/v1/memberships?machine=" M1 "&limit=1000", SEAT, NULL, NULL, NULL, 0},
		{"GET /api/v1/prefixes?membership=" SEAT1 "&limit=1000",
		 "{\"items\":[{\"id\":\"" ITEM "\",\"prefix\":\"192.168.7.0/24\"}]}", NULL, NULL,
		 NULL, 0},
		{"GET /api/v1/prefixes/" ITEM, "{}", NULL, NULL, "\"v1\"", 0},
		{"PATCH /api/v1/prefixes/" ITEM, "{}", "{\"approved\":false}", "\"v1\"", NULL, 0},
		END};
	const struct exchange several[] = {
		MACHINES,
		{"GET /api/v1/memberships?machine=" M1 "&limit=1000",
		 "{\"items\":[{\"mesh_name\":\"prod\"},{\"mesh_name\":\"staging\"}]}", NULL, NULL,
		 NULL, 0},
		END};

	script_run("prefix add web-1 192.168.7.0/24 --priority 200 --user gw-1", added,
		   "192.168.7.0/24 approved for machine web-1 in mesh prod\n", NULL);
	script_run("prefix withdraw web-1 192.168.7.0/24", withdrawn, NULL, NULL);
	TEST_NUMBER(script_run("prefix add web-1 10.0.0.0/8", several, "",
			       "'web-1' is in several meshes (prod, staging): say which with "
			       "--mesh"),
		    ERR_USAGE);
	TEST_NUMBER(
		script_run("prefix add web-1 10.0.0.1/8", (const struct exchange[]){END}, "", NULL),
		ERR_INVALID);
}

static void meshes_are_peered(void)
{
	const struct exchange both[] = {
		MESHES,
		MESHES,
		{"POST /api/v1/peerings", "{}",
		 "{\"mesh_a\":\"" A "\",\"mesh_b\":\"" B
		 "\",\"prefixes_a\":[\"10.1.0.0/16\"],\"prefixes_b\":[\"10.2.0.0/16\"]}",
		 NULL, NULL, 0},
		END};
	const struct exchange some[] = {
		MESHES,
		MESHES,
		{"POST /api/v1/peerings", "{}",
		 "{\"mesh_a\":\"" A "\",\"mesh_b\":\"" B
		 "\",\"prefixes_a\":[\"10.1.2.0/24\",\"172.16.0.0/16\"],\"prefixes_b\":[]}",
		 NULL, NULL, 0},
		END};
	const struct exchange turned[] = {
		MESHES,
		MESHES,
		{"GET /api/v1/peerings?limit=1000",
		 "{\"items\":[{\"id\":\"" ITEM "\",\"mesh_a\":\"" B "\",\"mesh_b\":\"" A "\"}]}",
		 NULL, NULL, NULL, 0},
		{"GET /api/v1/peerings/" ITEM, "{}", NULL, NULL, "\"v9\"", 0},
		{"PATCH /api/v1/peerings/" ITEM, "{}",
		 "{\"prefixes_a\":[],\"prefixes_b\":[\"10.1.2.0/24\"]}", "\"v9\"", NULL, 0},
		END};
	const struct exchange not_peered[] = {
		MESHES,
		MESHES,
		{"GET /api/v1/peerings?limit=1000", "{\"items\":[]}", NULL, NULL, NULL, 0},
		END};

	script_run("peering create prod staging", both, "meshes prod and staging are peered\n",
		   NULL);
	script_run("peering create prod staging --show prod=10.1.2.0/24 -s prod=172.16.0.0/16",
		   some, NULL, NULL);
	script_run("peering set prod staging --show prod=10.1.2.0/24", turned, NULL, NULL);
	TEST_NUMBER(script_run("peering delete prod staging", not_peered, "",
			       "meshes prod and staging are not peered"),
		    ERR_NOT_FOUND);
	TEST_NUMBER(script_run("peering create prod staging --show dev=10.1.2.0/24",
			       SCRIPT(MESHES, MESHES), "", NULL),
		    ERR_USAGE);
	TEST_NUMBER(script_run("peering create prod staging --show prod=10.1.2.3/24",
			       SCRIPT(MESHES, MESHES), "", NULL),
		    ERR_INVALID);
}

static void an_organization_is_shown_with_its_meshes(void)
{
	static const char acme[] = "{\"id\":\"" ITEM "\",\"name\":\"acme\",\"created_at\":"
				   "\"2026-11-21T10:00:00Z\"}";
	const struct exchange all[] = {
		{"GET /api/v1/organizations?limit=1000",
		 "{\"items\":[{\"id\":\"" ITEM "\",\"name\":\"acme\",\"created_at\":"
		 "\"2026-11-21T10:00:00Z\"}]}",
		 NULL, NULL, NULL, 0},
		{"GET /api/v1/meshes?limit=1000&organization=" ITEM,
		 "{\"items\":[" MESH_A "],\"next\":null}", NULL, NULL, NULL, 0},
		END};
	const struct exchange json[] = {
		{"GET /api/v1/organizations/" ITEM, acme, NULL, NULL, NULL, 0}, END};

	script_run("organization show acme", all,
		   "name     acme\n"
		   "id       " ITEM "\n"
		   "created  2026-11-21 10:00:00\n"
		   "\n"
		   "MESH  CIDR         MEMBERS  GATEWAYS\n"
		   "prod  10.1.0.0/16        3         2\n",
		   NULL);
	script_run("organization show " ITEM " --json", json, NULL, NULL);
}

static void status_counts(void)
{
	const struct exchange all[] = {
		MESHES,
		{"GET /api/v1/memberships?limit=1000",
		 "{\"items\":[{\"mesh\":\"" A "\",\"current\":true},{\"mesh\":\"" A
		 "\",\"current\":false,\"machine_name\":\"web-1\",\"mesh_name\":\"prod\","
		 "\"address\":\"10.1.0.1\",\"error\":\"a\\u001bb\"}]}",
		 NULL, NULL, NULL, 0},
		{"GET /api/v1/machines?limit=1000",
		 "{\"items\":[{\"online\":true,\"memberships\":[{\"mesh\":\"" A "\"}]},"
		 "{\"online\":false,\"memberships\":[{\"mesh\":\"" A "\"}]}]}",
		 NULL, NULL, NULL, 0},
		END};

	script_run("status", all,
		   "MESH     CIDR         MEMBERS  ONLINE  CURRENT  GATEWAYS\n"
		   "prod     10.1.0.0/16        3       1        1         2\n"
		   "staging  10.2.0.0/16       30       0        0         1\n"
		   "\n"
		   "NOT CURRENT  MESH  ADDRESS   ERROR\n"
		   "web-1        prod  10.1.0.1  a?b\n",
		   NULL);
}

TEST_SUITE(cli_verbs, {"a mesh is made", a_mesh_is_made},
	   {"meshes are listed by pages", meshes_are_listed_by_pages},
	   {"names are found", names_are_found}, {"a change is by ETag", a_change_is_by_etag},
	   {"a membership is added and removed", a_membership_is_added_and_removed},
	   {"tokens are made", tokens_are_made},
	   {"a machine becomes a gateway", a_machine_becomes_a_gateway},
	   {"a machine is drained", a_machine_is_drained},
	   {"prefixes are approved", prefixes_are_approved},
	   {"meshes are peered", meshes_are_peered}, {"status counts", status_counts},
	   {"an organization is shown with its meshes", an_organization_is_shown_with_its_meshes});
