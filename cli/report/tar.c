#include "cli/report/tar.h"

#include <stdio.h>
#include <string.h>

#define BLOCK	       512
#define SIZE_MAX_OCTAL 077777777777 /* 11 digits */

/* Texts end with a NUL where they are shorter than their field, numbers are octal digits. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* Where the name is cut in two: the whole is short enough, or at the first slash behind which it
 * is. NULL: nowhere. */
static const char *find_cut(const char *name, const struct header *h)
{
	size_t len = strlen(name);
	const char *cut = name;

	if (len <= sizeof(h->name))
		return name;
	if (len > sizeof(h->prefix) + 1 + sizeof(h->name))
		return NULL;
	cut = strchr(name + len - sizeof(h->name) - 1, '/');
	return cut != NULL && (size_t)(cut - name) <= sizeof(h->prefix) ? cut + 1 : NULL;
}

static void put_octal(char *field, size_t size, unsigned long long value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%0*llo", (int)size - 1, value);
	memcpy(field, digits, size);
}

static void sign(struct header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	put_octal(h->checksum, sizeof(h->checksum) - 1, sum);
}

int tar_put(struct buf *out, const char *name, const void *data, size_t len, struct wall at,
	    struct fault *f)
{
	static const char zeros[BLOCK];
	struct header h = {.type = '0',
			   .magic = "ustar",
			   .version = {'0', '0'},
			   .user = "root",
			   .group = "root"};
	const char *cut = find_cut(name, &h);

	if (cut == NULL || *cut == '\0' || len > SIZE_MAX_OCTAL)
		return fault_set(f, ERR_TOO_LARGE, "%s: a tar archive has no room for it", name);
	memcpy(h.name, cut, strlen(cut));
	if (cut > name)
		memcpy(h.prefix, name, (size_t)(cut - name) - 1);
	put_octal(h.mode, sizeof(h.mode), 0600);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_octal(h.size, sizeof(h.size), len);
	put_octal(h.mtime, sizeof(h.mtime), (unsigned long long)(at.ms > 0 ? at.ms / 1000 : 0));
	sign(&h);
	buf_append(out, &h, sizeof(h));
	buf_append(out, data, len);
	buf_append(out, zeros, (BLOCK - len % BLOCK) % BLOCK);
	return 0;
}

void tar_end(struct buf *out)
{
	static const char zeros[2 * BLOCK];

	buf_append(out, zeros, sizeof(zeros));
}
