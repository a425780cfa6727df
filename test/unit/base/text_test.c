/* What may go to a terminal and into JSON, byte for byte. */
#include "lib/base/text.h"

#include <jansson.h>
#include <stdio.h>

#include "lib/base/error.h"
#include "test/test.h"

static void only_whole_characters_stay(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"a plain ~ text", "a plain ~ text"},
		{"Grüße, 網, 🛰", "Grüße, 網, 🛰"},
		{"\033[2Jgone", "?[2Jgone"},
		{"a\nb\tc\x7f", "a?b?c?"},
		{"\xc2\x9b"
		 "31m",
		 "??31m"},		      /* CSI as one character */
		{"\xc2\xa0", "\xc2\xa0"},     /* the first behind C1 */
		{"\x9b", "?"},		      /* alone */
		{"\xff\xfe", "??"},	      /* nowhere in UTF-8 */
		{"\xc0\xaf", "??"},	      /* overlong */
		{"\xe0\x80\xaf", "???"},      /* overlong */
		{"\xed\xa0\x80", "???"},      /* half of a pair */
		{"\xf4\x90\x80\x80", "????"}, /* behind the last one */
		{"cut \xe2\x80", "cut ??"},
		{"cut \xf0\x9f\x9b", "cut ???"},
		{"\xe2\x82"
		 "x",
		 "??x"},
	};
	char text[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "%s", rows[i].text);
		text_disarm(text);
		TEST_TEXT(text, rows[i].want);
	}
}

/* A fault is cut at its size: what is left of a character must not cost all of it its JSON. */
static void a_fault_is_always_text(void)
{
	char text[FAULT_TEXT_MAX + 1];
	struct fault f = {0};
	json_t *json;

	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		snprintf(&text[i], sizeof(text) - i, "…");
	for (int shift = 0; shift < 3; shift++) {
		f = (struct fault){0};
		fault_set(&f, ERR_INVALID, "%*s%s", shift, "", text);
		json = json_string(f.text);
		CU_ASSERT_PTR_NOT_NULL(json);
		json_decref(json);
	}
	f = (struct fault){0};
	fault_set(&f, ERR_INVALID, "no name: '%s'", "\033]0;mine\a");
	TEST_TEXT(f.text, "no name: '?]0;mine?'");
	fault_prefix(&f, "%s", "\xff");
	TEST_TEXT(f.text, "?: no name: '?]0;mine?'");
}

TEST_SUITE(base_text, {"only whole characters stay", only_whole_characters_stay},
	   {"a fault is always text", a_fault_is_always_text});
