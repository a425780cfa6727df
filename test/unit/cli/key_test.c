/* Keys: their rotation, on demand and by the age that a mesh gives them. */
#include "test/test.h"
#include "test/unit/cli/script.h"

#define MESH	"0195aaaa-0000-7000-8000-00000000000a"
#define MACHINE "0195bbbb-0000-7000-8000-000000000001"
#define SEAT	"0195cccc-0000-7000-8000-000000000001"
#define ROTATES(online, rotation)                                                                  \
	"{\"id\":\"" MACHINE "\",\"name\":\"web-1\",\"online\":" online                            \
	",\"memberships\":[{\"id\":\"" SEAT "\",\"mesh_name\":\"prod\",\"rotation\":\"" rotation   \
	"\"}]}"
#define MACHINES                                                                                   \
	{                                                                                          \
		"GET /api/v1/machines?limit=1000", "{\"items\":[" ROTATES("true", "none") "]}",    \
			NULL, NULL, NULL, 0                                                        \
	}
#define MESHES                                                                                     \
	{                                                                                          \
		"GET /api/v1/meshes?limit=1000",                                                   \
			"{\"items\":[{\"id\":\"" MESH "\",\"name\":\"prod\"}]}", NULL, NULL, NULL, \
			0                                                                          \
	}
#define BEGIN(answer, body)                                                                        \
	{                                                                                          \
		"POST /api/v1/machines/" MACHINE "/rotate-key", answer, body, NULL, NULL, 0        \
	}
#define LOOK(rotation)                                                                             \
	{                                                                                          \
		"GET /api/v1/machines/" MACHINE, ROTATES("true", rotation), NULL, NULL, NULL, 0    \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL, NULL, NULL, NULL, 0                                                    \
	}

static void a_key_is_rotated(void)
{
	const struct exchange all[] = {MACHINES, BEGIN(ROTATES("true", "offer"), NULL), END};
	const struct exchange away[] = {MACHINES, BEGIN(ROTATES("false", "offer"), NULL), END};
	const struct exchange refused[] = {MACHINES,
					   {"POST /api/v1/machines/" MACHINE "/rotate-key",
					    "machine 'web-1' is revoked", NULL, NULL, NULL,
					    ERR_CONFLICT},
					   END};

	script_run("machine rotate-key web-1", all,
		   "machine web-1 rotates its key; how far it is: skein machine show web-1\n", "");
	script_run("machine rotate-key web-1", away,
		   "machine web-1 rotates its key; how far it is: skein machine show web-1; it is "
		   "not online, and begins when it is back\n",
		   "");
	TEST_NUMBER(
		script_run("machine rotate-key web-1", refused, "", "machine 'web-1' is revoked"),
		ERR_CONFLICT);
}

static void one_of_a_mesh_is_rotated(void)
{
	const struct exchange one[] = {
		MACHINES,
		MESHES,
		{"GET /api/v1/memberships?machine=" MACHINE "&mesh=" MESH "&limit=1000",
		 "{\"items\":[{\"id\":\"" SEAT "\",\"machine\":\"" MACHINE "\"}]}", NULL, NULL,
		 NULL, 0},
		BEGIN(ROTATES("true", "offer"), "{\"membership\":\"" SEAT "\"}"),
		END};

	TEST_NUMBER(script_run("machine rotate-key web-1 --mesh prod", one, NULL, ""), 0);
}

static void one_waits_until_it_is_done(void)
{
	const struct exchange waits[] = {MACHINES, BEGIN(ROTATES("true", "offer"), NULL),
					 LOOK("wait"), LOOK("none"), END};
	const struct exchange gone[] = {MACHINES,
					BEGIN(ROTATES("true", "offer"), NULL),
					{"GET /api/v1/machines/" MACHINE,
					 "there is no such machine", NULL, NULL, NULL,
					 ERR_NOT_FOUND},
					END};

	script_run("machine rotate-key web-1 --wait", waits,
		   "machine web-1 goes on under another key\n", "");
	TEST_NUMBER(script_run("machine rotate-key web-1 --wait", gone, "", NULL), ERR_NOT_FOUND);
}

static void a_mesh_says_how_old_keys_get(void)
{
	static const struct {
		const char *days, *body;
	} rows[] = {
		{"30", "{\"key_rotation_days\":30}"},
		{"3650", "{\"key_rotation_days\":3650}"},
		{"never", "{\"key_rotation_days\":0}"},
	};
	static const char *const bad[] = {"0",	 "-1",	  "3651",
					  "30d", "often", "99999999999999999999"};
	char line[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct exchange script[] = {
			MESHES,
			{"GET /api/v1/meshes/" MESH, "{\"id\":\"" MESH "\"}", NULL, NULL, "\"v1\"",
			 0},
			{"PATCH /api/v1/meshes/" MESH, "{\"name\":\"prod\"}", rows[i].body,
			 "\"v1\"", NULL, 0},
			END};

		snprintf(line, sizeof(line), "mesh set prod --key-rotation-days %s", rows[i].days);
		TEST_NUMBER(script_run(line, script, "mesh prod changed\n", ""), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct exchange none[] = {END};

		snprintf(line, sizeof(line), "mesh set prod --key-rotation-days=%s", bad[i]);
		TEST_NUMBER(
			script_run(line, none, "", "--key-rotation-days: want 1 to 3650, or never"),
			ERR_USAGE);
		snprintf(line, sizeof(line), "mesh create prod --key-rotation-days=%s", bad[i]);
		TEST_NUMBER(script_run(line, none, "", NULL), ERR_USAGE);
	}
}

TEST_SUITE(cli_key, {"a key is rotated", a_key_is_rotated},
	   {"one of a mesh is rotated", one_of_a_mesh_is_rotated},
	   {"one waits until it is done", one_waits_until_it_is_done},
	   {"a mesh says how old keys get", a_mesh_says_how_old_keys_get});
