#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/bird/check.h"
#include "agent/config.h"
#include "agent/offer.h"
#include "agent/saved.h"
#include "lib/base/file.h"
#include "test/test.h"

static int load(const char *text, struct config *c, struct fault *f)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/agent.conf", test_dir());
	TEST_NUMBER(file_write(path, text, strlen(text), 0644, f), 0);
	return agent_config_load(c, path, f);
}

#define SLASHES_60 "////////////////////////////////////////////////////////////"

static void the_defaults_are_valid(void)
{
	struct config c;
	struct fault f = {0};

	TEST_NUMBER(load("", &c, &f), 0);
	TEST_NUMBER(c.table_base, 5200);
	TEST_NUMBER(c.mark, 0x5300);
	TEST_NUMBER(c.mark_mask, 0xff00);
	TEST_TEXT(c.device, "wg");
	agent_config_fini(&c);
	TEST_NUMBER(load("run_dir = " SLASHES_60 "/", &c, &f), 0);
	agent_config_fini(&c);
}

static void bad_values_are_named(void)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} rows[] = {
		{"device = wireguard0", ERR_INVALID, "device"},
		{"device = ", ERR_INVALID, "device"},
		{"state_dir = here", ERR_INVALID, "absolute"},
		{"run_dir = " SLASHES_60 "/r", ERR_TOO_LARGE, "longer than 61 bytes"},
		{"state_dir = " SLASHES_60 SLASHES_60 SLASHES_60 SLASHES_60 SLASHES_60,
		 ERR_TOO_LARGE, "longer than 255 bytes"},
		{"mark = 65536", ERR_INVALID, "mark_mask"},
		{"mark = 4294967296", ERR_RANGE, "mark"},
		{"control_table_base = 5210", ERR_CONFLICT, "64 tables"},
		{"log_level = loud", ERR_INVALID, "log_level"},
		{"announce = 10.0.0.1/8", ERR_INVALID, "10.0.0.0/8"},
		{"announce = fd00::/8", ERR_UNSUPPORTED, "IPv4"},
		{"announce = 128.0.0.0/1", ERR_INVALID, "0.0.0.0/0"},
		{"endpoint = nowhere", ERR_INVALID, "endpoint"},
		{"endpoint = 127.0.0.1:51820", ERR_INVALID, "nobody can send"},
		{"endpoint = 192.0.2.1:0", ERR_RANGE, "65535"},
		{"endpoint = 192.0.2.1:66000", ERR_RANGE, "65535"},
		{"endpoint = 192.0.2.1:x", ERR_RANGE, "65535"},
		{"tables = 5", ERR_INVALID, "tables"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c;
		struct fault f = {0};
		int code = load(rows[i].text, &c, &f);

		if (code != rows[i].code)
			TEST_FAIL("%s: %s, %s", rows[i].text, error_name(code), f.text);
		if (strstr(f.text, rows[i].says) == NULL)
			TEST_FAIL("%s: says '%s'", rows[i].text, f.text);
		agent_config_fini(&c);
	}
}

static void endpoints_are_read(void)
{
	char address[ADDRESS_TEXT_MAX];
	unsigned port;

	TEST_NUMBER(config_endpoint("192.0.2.1:5000", address, &port, NULL), 0);
	TEST_TEXT(address, "192.0.2.1");
	TEST_NUMBER(port, 5000);
	TEST_NUMBER(config_endpoint("192.0.2.1", address, &port, NULL), 0);
	TEST_NUMBER(port, 0);
}

static void what_was_there_is_kept_once_and_stored(void)
{
	struct config c;
	struct saved s, again;
	struct fault f = {0};
	char opened[4][LINK_NAME_MAX];

	TEST_NUMBER(load("", &c, &f), 0);
	free(c.state_dir);
	c.state_dir = mem_strdup(test_dir());
	memset(&s, 0, sizeof(s));
	CU_ASSERT(saved_note(&s, "lan0", "forwarding", 0));
	CU_ASSERT(!saved_note(&s, "lan0", "forwarding", 1));
	CU_ASSERT(saved_note(&s, "lan1", "forwarding", 1));
	CU_ASSERT(saved_note(&s, "", "fib_multipath_hash_policy", 0));
	saved_push_rule(&s.ufw, "51820/udp");
	saved_push_rule(&s.ufw, "route in on wg0 out on lan0");
	TEST_NUMBER(saved_store(&s, &c, &f), 0);
	TEST_NUMBER(saved_load(&again, &c, &f), 0);
	TEST_NUMBER(again.sysctls.n, 3);
	TEST_NUMBER(again.sysctls.at[0].value, 0);
	TEST_NUMBER(again.ufw.n, 2);
	CU_ASSERT(saved_has_rule(&again.ufw, "51820/udp"));
	CU_ASSERT(saved_has_rule(&again.ufw, "route in on wg0 out on lan0"));
	TEST_NUMBER(saved_opened(&again, opened, 4), 1);
	TEST_TEXT(opened[0], "lan0");
	saved_fini(&s);
	saved_fini(&again);
	agent_config_fini(&c);
}

static void only_a_bird_that_is_known_will_do(void)
{
	static const struct {
		const char *program;
		int code;
	} rows[] = {{"bird", 0}, {"/bin/true", ERR_MISSING}, {"skein-no-such-bird", ERR_MISSING}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config c;
		struct fault f = {0};

		TEST_NUMBER(load("", &c, &f), 0);
		free(c.bird);
		c.bird = mem_strdup(rows[i].program);
		TEST_NUMBER(bird_check(&c, &f), rows[i].code);
		agent_config_fini(&c);
	}
}

static int parse_offer(const char *text, struct offer *out, struct arena *a)
{
	struct buf b;
	int code;

	buf_init(&b);
	buf_puts(&b, text);
	code = offer_parse(&b, a, out, NULL);
	buf_fini(&b);
	return code;
}

#define ID1 "0193b0a0-0000-7000-8000-000000000001"

static void the_controllers_list_is_read(void)
{
	struct arena a;
	struct offer o = {0};

	arena_init(&a);
	TEST_NUMBER(parse_offer("{\"id\": \"x\", \"memberships\": [{\"id\": \"" ID1
				"\", \"needs_key\": true, \"view_revision\": \"7\", "
				"\"membership_revision\": null, \"later\": 1}]}",
				&o, &a),
		    0);
	TEST_NUMBER(o.n, 1);
	CU_ASSERT(o.at[0].needs_key);
	TEST_NUMBER(o.at[0].view, 7);
	TEST_NUMBER(o.at[0].membership, 0);
	CU_ASSERT(parse_offer("{\"memberships\": [{\"id\": \"me\"}]}", &o, &a) < 0);
	CU_ASSERT(parse_offer("{}", &o, &a) < 0);
	CU_ASSERT(parse_offer("[]", &o, &a) < 0);
	CU_ASSERT(parse_offer("{\"memberships\": [{\"id\": \"" ID1 "\", \"view_revision\": 7}]}",
			      &o, &a) < 0);
	arena_fini(&a);
}

static void ports_of_the_version_before_are_rules_now(void)
{
	static const char text[] = "{\"sysctls\": [], \"ports\": [{\"port\": 51820}]}";
	struct config c = {.state_dir = (char *)(uintptr_t)test_dir()};
	struct saved s = {0};
	struct fault f = {0};
	char path[256];

	snprintf(path, sizeof(path), "%s/saved.json", test_dir());
	TEST_NUMBER(file_write(path, text, strlen(text), 0600, &f), 0);
	TEST_NUMBER(saved_load(&s, &c, &f), 0);
	TEST_NUMBER(s.ufw.n, 1);
	CU_ASSERT(saved_has_rule(&s.ufw, "51820/udp"));
	saved_fini(&s);
}

/* Whatever is wrong with it, the agent starts; and what it was is kept for a person to look at. */
static void damaged_notes_are_set_aside(void)
{
	static const char *const texts[] = {"",
					    "{",
					    "[]",
					    "{\"ports\": [{\"port\": 0}]}",
					    "{\"ports\": 5}",
					    "{\"ufw\": [1]}",
					    "{\"sysctls\": [{\"name\": \"a/b\"}]}"};
	struct config c = {.state_dir = (char *)(uintptr_t)test_dir()};
	char path[256], bad[256];

	snprintf(path, sizeof(path), "%s/saved.json", test_dir());
	snprintf(bad, sizeof(bad), "%s/saved.json.bad", test_dir());
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct saved s = {0};
		struct fault f = {0};

		TEST_NUMBER(file_write(path, texts[i], strlen(texts[i]), 0600, &f), 0);
		test_hush(true);
		TEST_NUMBER(saved_load(&s, &c, &f), 0);
		test_hush(false);
		if (f.code != 0)
			TEST_FAIL("%s: %s", texts[i], f.text);
		TEST_NUMBER(s.ufw.n + s.sysctls.n, 0);
		TEST_NUMBER(access(bad, F_OK), 0);
		TEST_NUMBER(file_remove(bad, &f), 0);
		saved_fini(&s);
	}
}

TEST_SUITE(agent_config, {"the defaults are valid", the_defaults_are_valid},
	   {"bad values are named", bad_values_are_named},
	   {"endpoints are read", endpoints_are_read},
	   {"what was there is kept once and stored", what_was_there_is_kept_once_and_stored},
	   {"ports of the version before are rules now", ports_of_the_version_before_are_rules_now},
	   {"damaged notes are set aside", damaged_notes_are_set_aside},
	   {"only a BIRD that is known will do", only_a_bird_that_is_known_will_do},
	   {"the controller's list is read", the_controllers_list_is_read});
