#include "lib/mesh/id.h"

#include <string.h>

#include "lib/mesh/name.h"
#include "test/test.h"

static void ids_are_of_version_7_and_sort_by_time(void)
{
	struct id a, b, back;
	char text[ID_TEXT_MAX];

	id_new(&a);
	id_new(&b);
	CU_ASSERT_FALSE(id_equal(&a, &b));
	CU_ASSERT(memcmp(a.bytes, b.bytes, 6) <= 0);
	TEST_NUMBER(a.bytes[6] >> 4, 7);
	TEST_NUMBER(a.bytes[8] >> 6, 2);
	CU_ASSERT(id_parse(id_format(&a, text), &back));
	CU_ASSERT(id_equal(&a, &back));
}

static void texts_are_exact(void)
{
	static const char *const bad[] = {
		"",
		"01890a5d-ac96-774b-bcce-b302099a805",
		"01890a5d-ac96-774b-bcce-b302099a80577",
		"01890a5dac96-774b-bcce-b302099a8057-",
		"01890a5d-ac96-774b-bcce-b302099a805g",
		"{1890a5d-ac96-774b-bcce-b302099a8057",
		"01890a5d.ac96.774b.bcce.b302099a8057",
	};
	char text[ID_TEXT_MAX];
	struct id i, zero = {0};

	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		CU_ASSERT_FALSE(id_parse(bad[n], &i));
	CU_ASSERT(id_parse("01890A5D-AC96-774B-bcce-b302099a8057", &i));
	TEST_TEXT(id_format(&i, text), "01890a5d-ac96-774b-bcce-b302099a8057");
	CU_ASSERT_FALSE(id_is_zero(&i));
	CU_ASSERT(id_is_zero(&zero));
}

static void names_are_dns_labels(void)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{"a", 0},
		{"web-1", 0},
		{"7", 0},
		{"123456789012345678901234567890123456789012345678901234567890123", 0},
		{"1234567890123456789012345678901234567890123456789012345678901234", ERR_TOO_LARGE},
		{"", ERR_INVALID},
		{"-a", ERR_INVALID},
		{"a-", ERR_INVALID},
		{"-", ERR_INVALID},
		{"Web", ERR_INVALID},
		{"a.b", ERR_INVALID},
		{"a_b", ERR_INVALID},
		{"a b", ERR_INVALID},
		{"m\303\274ller", ERR_INVALID},
		{"a\n", ERR_INVALID},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};

		TEST_NUMBER(name_check(rows[i].text, "mesh name", &f), rows[i].code);
		if (rows[i].code != 0)
			CU_ASSERT_EQUAL(strncmp(f.text, "mesh name", 9), 0);
	}
}

TEST_SUITE(mesh_id,
	   {"ids are of version 7 and sort by time", ids_are_of_version_7_and_sort_by_time},
	   {"texts are exact", texts_are_exact}, {"names are DNS labels", names_are_dns_labels});
