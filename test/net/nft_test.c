/* nftables, in a namespace of its own. */
#include "lib/net/nft.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/net/monitor.h"
#include "test/net/space.h"
#include "test/test.h"

#define REPLACE(body) "table inet skein {}\ndelete table inet skein\ntable inet skein {" body "}\n"

static const char first[] = REPLACE(
	"set mesh4 { type ipv4_addr; flags interval; elements = { 10.1.0.0/16, 10.0.0.0/16 }; }\n"
	"chain fence { type filter hook prerouting priority raw; policy accept;\n"
	"iifname lo accept; ip saddr @mesh4 counter drop comment \"mesh source\"; }\n");
static const char second[] =
	REPLACE("chain fence { type filter hook prerouting priority raw; policy accept;\n"
		"iifname { lo, wg0 } accept; }\n");

static int apply(const char *script)
{
	struct fault f = {0};
	int code = nft_apply(script, &f);

	if (code != 0)
		TEST_FAIL("%s", f.text);
	return code;
}

static void a_table_is_replaced_whole(void)
{
	struct digest a, b;
	struct buf text;

	TEST_NUMBER(nft_table_exists("inet", "skein", NULL), ERR_NOT_FOUND);
	apply(first);
	TEST_NUMBER(nft_table_exists("inet", "skein", NULL), 0);
	TEST_NUMBER(nft_table_digest("inet", "skein", &a, NULL), 0);
	apply(first);
	TEST_NUMBER(nft_table_digest("inet", "skein", &b, NULL), 0);
	CU_ASSERT(digest_equal(&a, &b));
	apply(second);
	TEST_NUMBER(nft_table_digest("inet", "skein", &b, NULL), 0);
	CU_ASSERT(!digest_equal(&a, &b));
	buf_init(&text);
	TEST_NUMBER(nft_list_table("inet", "skein", NFT_TEXT, &text, NULL), 0);
	CU_ASSERT(strstr(buf_text(&text), "mesh source") == NULL);
	buf_fini(&text);
}

static void a_wrong_script_changes_nothing(void)
{
	struct digest a, b;
	struct fault f = {0};

	apply(first);
	nft_table_digest("inet", "skein", &a, NULL);
	TEST_NUMBER(nft_apply(REPLACE("chain fence { ip saddr nonsense drop; }"), &f), ERR_INVALID);
	CU_ASSERT(strstr(f.text, "nftables: ") == f.text);
	/* The last line is refused by the kernel: what went before it is undone. */
	TEST_NUMBER(nft_apply("delete table inet skein\ndelete table inet gone\n", NULL),
		    ERR_NOT_FOUND);
	TEST_NUMBER(nft_table_digest("inet", "skein", &b, NULL), 0);
	CU_ASSERT(digest_equal(&a, &b));
	TEST_NUMBER(nft_check(second, NULL), 0);
	TEST_NUMBER(nft_check("table inet skein { chain accept {} }", NULL), ERR_INVALID);
	TEST_NUMBER(nft_table_digest("inet", "skein", &b, NULL), 0);
	CU_ASSERT(digest_equal(&a, &b));
}

/* It is put there by hand, where else packets do. */
static void what_a_dynamic_set_has_does_not_count(void)
{
	struct digest a, b;
	struct buf text;

	apply(REPLACE("set greeted4 { type ipv4_addr . inet_service; size 16; flags dynamic; }\n"
		      "set other4 { type ipv4_addr; }\n"));
	TEST_NUMBER(nft_table_digest("inet", "skein", &a, NULL), 0);
	for (int i = 0; i < 2; i++) {
		apply(i == 0 ? "add element inet skein greeted4 { 10.0.0.1 . 7, 10.0.0.2 . 9, "
			       "10.0.0.3 . 11, 10.0.0.4 . 13 }\n"
			     : "add element inet skein other4 { 10.0.0.1 }\n");
		TEST_NUMBER(nft_table_digest("inet", "skein", &b, NULL), 0);
		CU_ASSERT(digest_equal(&a, &b) == (i == 0));
	}
	buf_init(&text);
	TEST_NUMBER(nft_list_table("inet", "skein", NFT_TEXT, &text, NULL), 0);
	CU_ASSERT(strstr(buf_text(&text), "10.0.0.4 . 13") != NULL);
	buf_fini(&text);
}

static void names_are_words(void)
{
	struct buf text;

	buf_init(&text);
	TEST_NUMBER(nft_list_table("inet", "x; flush ruleset", NFT_TEXT, &text, NULL), ERR_INVALID);
	TEST_NUMBER(nft_list_table("", "x", NFT_TEXT, &text, NULL), ERR_INVALID);
	TEST_NUMBER(text.len, 0);
	buf_fini(&text);
}

static void json_is_json(void)
{
	struct buf text;
	json_t *root;

	apply(first);
	buf_init(&text);
	TEST_NUMBER(nft_list_table("inet", "skein", NFT_JSON, &text, NULL), 0);
	root = json_parse(buf_text(&text), text.len, NULL);
	CU_ASSERT(root != NULL && json_is_array(json_object_get(root, "nftables")));
	json_decref(root);
	buf_fini(&text);
}

static void a_flush_is_noticed(void)
{
	struct monitor *m = NULL;

	apply(first);
	TEST_NUMBER(monitor_open(MONITOR_NFT, &m, NULL), 0);
	apply("flush ruleset");
	TEST_NUMBER(m != NULL ? monitor_read(m) : 0, MONITOR_NFT);
	TEST_NUMBER(nft_table_exists("inet", "skein", NULL), ERR_NOT_FOUND);
	monitor_close(m);
}

TEST_SUITE_WITH(net_nft, space_enter, space_leave,
		{"a table is replaced whole", a_table_is_replaced_whole},
		{"a wrong script changes nothing", a_wrong_script_changes_nothing},
		{"what a dynamic set has does not count", what_a_dynamic_set_has_does_not_count},
		{"names are words", names_are_words}, {"JSON is JSON", json_is_json},
		{"a flush is noticed", a_flush_is_noticed});
