#include <errno.h>
#include <string.h>

#include "lib/base/error.h"
#include "test/test.h"

static void every_code_has_a_text_and_a_status(void)
{
#define X(name, code, status, text)                                                                \
	TEST_TEXT(error_text(name), text);                                                         \
	TEST_TEXT(error_name(name), #name);                                                        \
	TEST_NUMBER(error_exit_status(name), status);
	ERROR_TABLE(X)
#undef X
	TEST_TEXT(error_text(0), "success");
	TEST_NUMBER(error_exit_status(0), 0);
	TEST_NUMBER(error_exit_status(-9999), 70);
}

static void the_first_fault_stays(void)
{
	struct fault f = {0};

	TEST_NUMBER(fault_set(&f, ERR_RANGE, "port %d", 70000), ERR_RANGE);
	TEST_NUMBER(fault_set(&f, ERR_INVALID, "later"), ERR_INVALID);
	TEST_NUMBER(fault_prefix(&f, "line %d", 3), ERR_RANGE);
	TEST_TEXT(f.text, "line 3: port 70000");
}

static void errno_finds_its_code(void)
{
	struct fault f = {0};

	TEST_NUMBER(fault_errno(&f, EADDRINUSE, "port 51820"), ERR_BUSY);
	TEST_TEXT(f.text, "port 51820: Address already in use");
	TEST_NUMBER(error_from_errno(ENOTTY), ERR_IO);
	f = (struct fault){0};
	TEST_NUMBER(fault_errno(&f, ENAMETOOLONG, "/%0500d", 1), ERR_IO);
	TEST_NUMBER(strlen(f.text), FAULT_TEXT_MAX - 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "0000: File name too long"));
}

TEST_SUITE(base_error, {"every code has a text and a status", every_code_has_a_text_and_a_status},
	   {"the first fault stays", the_first_fault_stays},
	   {"errno finds its code", errno_finds_its_code});
