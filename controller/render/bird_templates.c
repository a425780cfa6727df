#include <stdio.h>

#include "controller/render/render.h"
#include "lib/base/file.h"

#define TEMPLATE_MAX (1 << 20)

static const char *const files[] = {"base", "filters", "member", "gateway", "sibling"};

static int read_first(const char *const *directories, size_t n, const char *name, struct buf *out,
		      struct fault *f)
{
	struct fault why = {0};
	char path[4096];
	int code = ERR_NOT_FOUND;

	for (size_t i = 0; i < n && code == ERR_NOT_FOUND; i++) {
		why = (struct fault){0};
		snprintf(path, sizeof(path), "%s/%s.conf", directories[i], name);
		code = file_read(path, TEMPLATE_MAX, out, &why);
	}
	return code == 0 ? 0
			 : fault_set(f, code, "BIRD template %s.conf: %s", name,
				     fault_text(&why, code));
}

int render_bird_templates(const char *const *directories, size_t n, struct buf *out,
			  struct fault *f)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < sizeof(files) / sizeof(files[0]); i++) {
		if (i > 0)
			buf_puts(out, "\n");
		code = read_first(directories, n, files[i], out, f);
	}
	return code;
}
