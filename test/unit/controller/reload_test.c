/* What a running controller takes anew: templates, and the certificate; and that what is wrong
 * leaves all as it is. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/controller.h"
#include "lib/base/file.h"
#include "lib/mesh/pin.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define V1	"/api/v1"
#define WAIT_MS 5000

static struct stand s;
static struct stand_machine machine;

static int start(void)
{
	bool ok = stand_start_with_mesh(&s, "pin = no\n", "{\"name\":\"prod\"}");

	stand_machine_new(&machine, "web");
	return ok && stand_enroll(&s, &machine, stand_join_token(&s, s.admin, NULL), NULL) == 201 &&
			       stand_wait_rendered(&s, &machine)
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&s);
	return 0;
}

static int reload(struct fault *f)
{
	*f = (struct fault){0};
	return controller_reload(s.controller, s.config, f);
}

/* ---- templates ---- */

static void override(const char *name, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/override", s.directory);
	file_make_dir(path, 0755, NULL);
	snprintf(path, sizeof(path), "%s/override/%s", s.directory, name);
	TEST_NUMBER(file_write(path, text, strlen(text), 0644, NULL), 0);
}

static const char *templates_tag(void)
{
	char path[160];

	snprintf(path, sizeof(path), V1 "/mesh/bird?part=templates&membership=%s",
		 machine.membership);
	stand_call(&s, machine.token, "GET", path, NULL);
	return s.etag;
}

static long image_revision(void)
{
	stand_call(&s, machine.token, "GET", V1 "/machine", NULL);
	return atol(stand_get(&s, "memberships.0.membership_revision"));
}

/* Waits for a later image; true: it came. */
static bool await_image_after(long revision)
{
	struct mono deadline = mono_add_ms(mono_now(), WAIT_MS);

	while (image_revision() <= revision && !mono_reached(deadline, mono_now()))
		usleep(5000);
	return image_revision() > revision;
}

static void changed_templates_are_rendered_anew(void)
{
	long revision = image_revision();
	char before[96];
	struct fault f;

	snprintf(before, sizeof(before), "%s", templates_tag());
	override("member.conf", "# mine\n");
	TEST_NUMBER(reload(&f), 0);
	CU_ASSERT(await_image_after(revision));
	CU_ASSERT(strcmp(templates_tag(), before) != 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&s.body), "# mine\n"));
}

/* What is touched after it is rendered after it: when that is there, nothing else is to come. */
static void the_same_templates_change_nothing(void)
{
	long revision = image_revision();
	char before[96], body[160];
	struct fault f;

	snprintf(before, sizeof(before), "%s", templates_tag());
	TEST_NUMBER(reload(&f), 0);
	TEST_NUMBER(stand_call(&s, s.admin, "POST", V1 "/meshes",
			       "{\"name\":\"two\",\"cidr\":\"10.2.0.0/24\"}"),
		    201);
	snprintf(body, sizeof(body), "{\"machine\":\"%s\",\"mesh\":\"%s\"}", machine.id,
		 stand_get(&s, "id"));
	TEST_NUMBER(stand_call(&s, s.admin, "POST", V1 "/memberships", body), 201);
	CU_ASSERT(stand_wait_rendered(&s, &machine));
	TEST_TEXT(stand_get(&s, "memberships.0.mesh_name"), "prod");
	TEST_NUMBER(image_revision(), revision);
	TEST_TEXT(templates_tag(), before);
}

static void templates_that_are_gone_are_kept(void)
{
	char before[96], *installed = s.config->templates, none[] = "/nonexistent";
	struct fault f;

	snprintf(before, sizeof(before), "%s", templates_tag());
	s.config->templates = none;
	TEST_NUMBER(reload(&f), ERR_NOT_FOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "BIRD template base.conf: /nonexistent"));
	s.config->templates = installed;
	TEST_TEXT(templates_tag(), before);
}

/* ---- the certificate ---- */

/* Of what lies on the disk. */
static void pin_of_disk(char out[PIN_TEXT_MAX])
{
	struct config config = *s.config;
	struct keys keys = {0};
	struct fault f = {0};

	config.pin = true;
	TEST_NUMBER(keys_load(&keys, &config, &f), 0);
	pin_format(keys.pin, out);
	keys_fini(&keys);
}

/* Makes another certificate in its place; the signer stays. */
static void make_another(void)
{
	static const char *const files[] = {KEYS_CERTIFICATE, KEYS_TLS};
	char other[300], from[400], to[400];
	struct fault f = {0};

	snprintf(other, sizeof(other), "%s/other", s.directory);
	file_make_dir(other, 0700, NULL);
	TEST_NUMBER(keys_make(s.config, other, &f), 0);
	for (size_t i = 0; i < 2; i++) {
		snprintf(from, sizeof(from), "%s/%s", other, files[i]);
		snprintf(to, sizeof(to), "%s/%s", s.config->data_dir, files[i]);
		TEST_NUMBER(rename(from, to), 0);
	}
}

static size_t ignore(char *data, size_t size, size_t n, void *to)
{
	(void)data;
	(void)to;
	return size * n;
}

/* Whether a new connection meets this key. */
static bool is_met(const char *pin)
{
	CURL *curl = curl_easy_init();
	char url[100];
	CURLcode code;

	snprintf(url, sizeof(url), "%s/healthz", s.base);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, pin);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
	code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	return code == CURLE_OK;
}

/* On the connection that is open: how many new ones it took. */
static long call_on(void)
{
	long made = -1;

	TEST_NUMBER(stand_call(&s, NULL, "GET", "/healthz", NULL), 200);
	curl_easy_getinfo(s.curl, CURLINFO_NUM_CONNECTS, &made);
	return made;
}

static void a_new_certificate_is_for_new_connections(void)
{
	char old[PIN_TEXT_MAX], new[PIN_TEXT_MAX];
	struct fault f;

	call_on();
	TEST_NUMBER(call_on(), 0);
	pin_of_disk(old);
	for (int i = 0; i < 3; i++) {
		make_another();
		pin_of_disk(new);
		CU_ASSERT(strcmp(old, new) != 0);
		CU_ASSERT(is_met(old) && !is_met(new));
		TEST_NUMBER(reload(&f), 0);
		CU_ASSERT(is_met(new) && !is_met(old));
		TEST_NUMBER(call_on(), 0);
		memcpy(old, new, sizeof(old));
	}
}

static void a_certificate_that_is_none_is_not_taken(void)
{
	char path[400], pin[PIN_TEXT_MAX];
	struct buf good;
	struct fault f = {0};

	buf_init(&good);
	pin_of_disk(pin);
	snprintf(path, sizeof(path), "%s/" KEYS_CERTIFICATE, s.config->data_dir);
	TEST_NUMBER(file_read(path, 65536, &good, &f), 0);
	TEST_NUMBER(file_write(path, "nonsense", 8, 0644, &f), 0);
	TEST_NUMBER(reload(&f), ERR_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "tls.crt: no certificate in PEM"));
	CU_ASSERT(is_met(pin));
	TEST_NUMBER(call_on(), 0);
	TEST_NUMBER(file_write(path, good.data, good.len, 0644, &f), 0);
	TEST_NUMBER(reload(&f), 0);
	buf_fini(&good);
}

/* Where agents know the controller by its key, that stays. */
static void a_pinned_key_stays(void)
{
	char old[PIN_TEXT_MAX];
	struct stand mine = s;
	struct fault f;

	memset(&s, 0, sizeof(s));
	if (stand_start(&s, NULL)) {
		pin_of_disk(old);
		make_another();
		TEST_NUMBER(reload(&f), ERR_CONFLICT);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "another key"));
		CU_ASSERT(is_met(old));
	} else {
		CU_FAIL("no stand");
	}
	stand_stop(&s);
	s = mine;
}

TEST_SUITE_WITH(controller_reload, start, stop,
		{"changed templates are rendered anew", changed_templates_are_rendered_anew},
		{"the same templates change nothing", the_same_templates_change_nothing},
		{"templates that are gone are kept", templates_that_are_gone_are_kept},
		{"a new certificate is for new connections",
		 a_new_certificate_is_for_new_connections},
		{"a certificate that is none is not taken",
		 a_certificate_that_is_none_is_not_taken},
		{"a pinned key stays", a_pinned_key_stays});
