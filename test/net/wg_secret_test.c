/* Where a private key is after it was set and its device was read: both the kernel and wireguard-go
 * answer with it. Both backends, as wg_test.c. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/net/space.h"
#include "test/net/wg_stand.h"
#include "test/test.h"

#define PORT	51995
#define CHUNK	((size_t)1 << 20)
#define HEX_MAX (2 * SECRET_SIZE + 1)
#define LOG_MAX ((size_t)1 << 20)

static struct wg_stand stand;

static int enter(void)
{
	if (space_enter() != 0)
		return -1;
	return wg_stand_up(&stand, 'k', PORT);
}

static int leave(void)
{
	wg_stand_down(&stand);
	return space_leave();
}

/* How the key may be written. */
static void write_key(char hex[HEX_MAX], char base64[WG_KEY_TEXT_MAX])
{
	struct wg_key k;

	sodium_bin2hex(hex, HEX_MAX, stand.key.bytes, sizeof(stand.key.bytes));
	memcpy(k.bytes, stand.key.bytes, sizeof(k.bytes));
	wg_key_format(&k, base64);
	sodium_memzero(&k, sizeof(k));
}

/* ---- memory ---- */

static size_t count_between(int memory, unsigned long long from, unsigned long long to,
			    uint8_t *chunk, const void *bytes, size_t len)
{
	size_t found = 0;

	while (from < to) {
		size_t want = to - from < CHUNK ? (size_t)(to - from) : CHUNK;
		ssize_t got = pread(memory, chunk, want, (off_t)from);
		const uint8_t *at = chunk;

		if (got <= 0)
			break;
		for (; (at = memmem(at, (size_t)(chunk + got - at), bytes, len)) != NULL; at++)
			found++;
		/* It lies in what is searched. */
		sodium_memzero(chunk, (size_t)got);
		from += (unsigned long long)got;
	}
	return found;
}

/* How often the bytes are in the memory of this process that can be written. */
static size_t count_in_memory(const void *bytes, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uint8_t *chunk = mem_alloc(CHUNK);
	unsigned long long from, to;
	char line[400], mode[5];
	size_t found = 0;

	CU_ASSERT(maps != NULL && memory >= 0);
	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%llx-%llx %4s", &from, &to, mode) == 3 && mode[1] == 'w')
			found += count_between(memory, from, to, chunk, bytes, len);
	free(chunk);
	if (maps != NULL)
		fclose(maps);
	if (memory >= 0)
		close(memory);
	return found;
}

/* Its owner's copy is found, which shows that the search works, and no other one. */
static void reading_leaves_no_copy(void)
{
	struct wg_device want = wg_stand_device(&stand);
	char hex[HEX_MAX], base64[WG_KEY_TEXT_MAX];

	wg_stand_want(&want, 1, (const char *[]){"10.0.0.1/32", NULL});
	TEST_NUMBER(wg_stand_become(&stand, &want), 2);
	TEST_NUMBER(count_in_memory(stand.key.bytes, sizeof(stand.key.bytes)), 1);
	write_key(hex, base64);
	TEST_NUMBER(count_in_memory(hex, HEX_MAX - 1), 1);
	TEST_NUMBER(count_in_memory(base64, WG_KEY_TEXT_MAX - 1), 1);
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(base64, sizeof(base64));
	wg_device_fini(&want);
}

/* ---- words ---- */

static void no_error_has_it(void)
{
	static const struct wg_op set_all = {.kind = WG_OP_DEVICE,
					     .mask = WG_SET_KEY | WG_SET_PORT | WG_SET_MARK};
	struct wg_device want = wg_stand_device(&stand), have;
	char hex[HEX_MAX], base64[WG_KEY_TEXT_MAX];
	struct fault set = {0}, read = {0};
	struct buf log;

	write_key(hex, base64);
	hex[8] = base64[8] = '\0'; /* a part of it would be bad enough */
	wg_stand_break(&stand);
	CU_ASSERT(wg_apply(stand.backend, &want, &stand.key, &set_all, 1, &set) != 0);
	CU_ASSERT(wg_read(stand.backend, &have, &read) != 0);
	CU_ASSERT(set.text[0] != '\0' && read.text[0] != '\0');
	CU_ASSERT(strstr(set.text, hex) == NULL && strstr(set.text, base64) == NULL);
	CU_ASSERT(strstr(read.text, hex) == NULL && strstr(read.text, base64) == NULL);
	CU_ASSERT(wg_apply(stand.backend, &want, NULL, &set_all, 1, &set) != 0);
	buf_init(&log);
	if (stand.log[0] != '\0') {
		TEST_NUMBER(file_read(stand.log, LOG_MAX, &log, NULL), 0);
		CU_ASSERT(log.len > 0);
		CU_ASSERT(strstr(buf_text(&log), hex) == NULL);
		CU_ASSERT(strstr(buf_text(&log), base64) == NULL);
	}
	buf_fini(&log);
}

TEST_SUITE_WITH(net_wg_secret, enter, leave, {"reading leaves no copy", reading_leaves_no_copy},
		{"no error has it", no_error_has_it});
