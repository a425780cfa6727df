#include "cli/check.h"

#include <stdlib.h>
#include <string.h>

#include "cli/api.h"
#include "lib/net/prefix.h"

static const char *after(const char *words, const char *begin)
{
	size_t len = strlen(begin);

	return strncmp(words, begin, len) == 0 ? words + len : NULL;
}

/* "10.1.2.3:80", up to a slash. */
static json_t *parse_place(const char *type, const char *place)
{
	size_t len = strcspn(place, ":");
	char *end = NULL;
	long port = place[len] == ':' ? strtol(place + len + 1, &end, 10) : 0;

	if (len == 0 || len >= ADDRESS_TEXT_MAX || port < 1 || port > 65535 ||
	    (*end != '\0' && *end != '/'))
		return NULL;
	return json_pack("{s:s, s:s%, s:I}", "type", type, "address", place, len, "port",
			 (json_int_t)port);
}

json_t *check_parse(struct cli *c, const char *words)
{
	const char *tcp = after(words, "tcp://"), *http = after(words, "http://");
	const char *exec = after(words, "exec:"), *path;
	json_t *check = NULL;

	if (strcmp(words, "none") == 0)
		check = json_pack("{s:s}", "type", "none");
	else if (exec != NULL && *exec != '\0')
		check = json_pack("{s:s, s:s}", "type", "exec", "name", exec);
	else if (tcp != NULL && strchr(tcp, '/') == NULL)
		check = parse_place("tcp", tcp);
	else if (http != NULL) {
		check = parse_place("http", http);
		path = strchr(http, '/');
		if (check != NULL && path != NULL)
			json_object_set_new(check, "path", json_string(path));
	}
	if (check == NULL)
		fault_set(&c->fault, ERR_USAGE,
			  "--check '%.80s': want tcp://ADDRESS:PORT, http://ADDRESS:PORT/PATH, "
			  "exec:NAME or none",
			  words);
	return check;
}

void check_format(const json_t *check, struct buf *out)
{
	const char *type = api_text(check, "type");

	if (!json_is_object(check))
		return;
	if (strcmp(type, "exec") == 0)
		buf_printf(out, "exec:%s", api_text(check, "name"));
	else
		buf_printf(out, "%s://%s:%" JSON_INTEGER_FORMAT "%s", type,
			   api_text(check, "address"),
			   json_integer_value(json_object_get(check, "port")),
			   strcmp(type, "http") == 0 ? api_text(check, "path") : "");
}
