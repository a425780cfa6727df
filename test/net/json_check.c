#include "test/net/json_check.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/run.h"
#include "test/test.h"

#define CHECK_MS 60000

void json_check(const char *schema, const char *name, const char *document)
{
	char path[200], file[200];
	const char *const argv[] = {"test/json-check", path, name != NULL ? name : "", file, NULL};
	struct fault f = {0};
	struct buf said;
	int status = -1;

	buf_init(&said);
	snprintf(path, sizeof(path), "docs/json/%s.json", schema);
	snprintf(file, sizeof(file), "%s/document.json", test_dir());
	if (file_write(file, document, strlen(document), 0644, &f) != 0 ||
	    run_program(argv, CHECK_MS, &said, &status, &f) != 0)
		TEST_FAIL("%s: %s", schema, f.text);
	else if (status != 0)
		TEST_FAIL("%s %s: %s\n%s", schema, name != NULL ? name : "", buf_text(&said),
			  document);
	else
		CU_PASS("fits");
	buf_fini(&said);
}
