/* skein against a real controller, over TLS with a pinned key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "test/net/office.h"
#include "test/net/steps.h"
#include "test/test.h"

#define SKEIN	  OFFICE_SKEIN
#define URL	  OFFICE_URL
#define WRONG_PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static int enter(void)
{
	return office_open("");
}

#define FOLLOW(...) STEPS_FOLLOW(SKEIN, __VA_ARGS__)

static void meshes_and_peerings_are_made_and_go(void)
{
	FOLLOW({"mesh create prod --cidr 10.1.0.0/16", 0, ", the default"},
	       {"mesh create staging --cidr 10.2.0.0/16 --no-route-reflector", 0, NULL},
	       {"mesh list", 0, "full mesh"},
	       {"mesh set staging --route-reflector on --bfd-interval 100", 0, "changed"},
	       {"mesh show staging", 0, "route reflector"},
	       {"mesh set staging --name stage", 0, "mesh stage changed"},
	       {"peering create prod stage --show prod=10.1.7.0/24", 0, "peered"},
	       {"peering show stage prod", 0, "10.1.7.0/24"},
	       {"peering set stage prod --show stage=10.2.0.0/16", 0, NULL},
	       {"peering list --json", 0, "\"prefixes_a\": []"},
	       {"peering create stage prod", 8, NULL}, {"peering delete stage prod", 0, NULL},
	       {"peering show stage prod", 7, "not peered"}, {"status", 0, "10.2.0.0/16"},
	       {"mesh delete stage", 0, "deleted"}, {"mesh delete prod", 0, "deleted"},
	       {"mesh list", 0, "no mesh yet"}, {"audit", 0, "mesh.delete"});
}

static void tokens_are_made_and_revoked(void)
{
	FOLLOW({"mesh create prod --cidr 10.1.0.0/16", 0, NULL},
	       {"token create --mesh prod --uses 2 --expires 1h --note racks", 0, "skein-join."},
	       {"token list", 0, "0 of 2"}, {"token api create --role viewer", 0, "skein-api."},
	       {"token api list", 0, "viewer"},
	       {"token revoke 01890a5d-ac96-774b-bcce-b302099a8057", 7, NULL},
	       {"mesh delete prod --cascade", 0, NULL});
}

static void organizations_do_not_see_each_other(void)
{
	FOLLOW({"organization create acme", 0, NULL},
	       {"mesh create prod --organization acme", 0, NULL},
	       {"mesh list --organization acme", 0, "prod"}, {"mesh list", 0, "no mesh yet"},
	       {"mesh delete prod -o acme", 0, NULL}, {"organization delete acme", 0, NULL},
	       {"mesh list -o acme", 7, NULL});
}

static void what_is_wrong_is_told_by_status(void)
{
	FOLLOW({"mesh create x --cidr 8.8.8.0/24", 3, "8.8.8.0/24"},
	       {"mesh create x --cidr 10.0.0.1/8", 3, NULL}, {"mesh create X", 3, NULL},
	       {"mesh show nothing", 7, "no mesh 'nothing'"}, {"mesh flip", 2, "want one of"},
	       {"machine revoke nobody", 7, NULL},
	       {"login " URL " --file /nowhere --pin " WRONG_PIN, 7, NULL},
	       {"mesh list --config /nowhere", 7, NULL}, {"state show test/skips", 5, NULL});
}

static void only_the_pinned_controller_is_spoken_to(void)
{
	char line[512], other[256];

	snprintf(other, sizeof(other), "%s/stranger.conf", test_dir());
	snprintf(line, sizeof(line), "login " URL " --file %s --config %s --pin " WRONG_PIN,
		 office()->token, other);
	FOLLOW({line, 18, "not the pinned one"});
	snprintf(line, sizeof(line), "login " URL " --file %s --config %s", office()->token, other);
	FOLLOW({line, 18, "--pin"});
	snprintf(line, sizeof(line), "login https://127.0.0.1:9 --file %s --config %s",
		 office()->token, other);
	FOLLOW({line, 21, "skein-controller"});
	/* Nothing of these was kept. */
	snprintf(line, sizeof(line), "mesh list --config %s", other);
	FOLLOW({line, 7, NULL});
}

static void a_revoked_token_opens_nothing(void)
{
	struct buf said;
	char text[128], file[256], line[512], id[64];

	buf_init(&said);
	TEST_NUMBER(steps_run(SKEIN, "token api create --role operator --json", &said), 0);
	office_word_of(buf_text(&said), "skein-api.", text, sizeof(text));
	text[strcspn(text, "\"")] = '\0';
	office_word_of(strstr(buf_text(&said), "\"id\": \"") + strlen("\"id\": \""), "", id,
		       sizeof(id));
	id[strcspn(id, "\"")] = '\0';
	snprintf(file, sizeof(file), "%s/operator", test_dir());
	file_write(file, text, strlen(text), 0600, NULL);
	setenv("SKEIN_TOKEN_FILE", file, 1);
	FOLLOW({"mesh list", 0, NULL}, {"organization create x", 14, "role"});
	unsetenv("SKEIN_TOKEN_FILE");
	snprintf(line, sizeof(line), "token api revoke %s", id);
	FOLLOW({line, 0, NULL});
	setenv("SKEIN_TOKEN_FILE", file, 1);
	FOLLOW({"mesh list", 16, NULL});
	unsetenv("SKEIN_TOKEN_FILE");
	buf_fini(&said);
}

TEST_SUITE_WITH(net_cli, enter, office_close,
		{"meshes and peerings are made and go", meshes_and_peerings_are_made_and_go},
		{"tokens are made and revoked", tokens_are_made_and_revoked},
		{"organizations do not see each other", organizations_do_not_see_each_other},
		{"what is wrong is told by status", what_is_wrong_is_told_by_status},
		{"only the pinned controller is spoken to",
		 only_the_pinned_controller_is_spoken_to},
		{"a revoked token opens nothing", a_revoked_token_opens_nothing});
