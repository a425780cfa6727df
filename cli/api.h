/* Asking the controller. What comes out lives until the command ends. Paths are below /api/v1; the
 * organization that was chosen is added. All return 0 or a code, with c->fault set. */
#ifndef SKEIN_CLI_API_H
#define SKEIN_CLI_API_H

#include "cli/cli.h"

/* The nouns that people call by name. */
enum api_kind { API_ORGANIZATION, API_MESH, API_MACHINE };

int api_get(struct cli *c, const char *path, const json_t **out);
/* All pages of a list, as one array; `path` may have a query. At most `max` items (0: all). */
int api_list(struct cli *c, const char *path, size_t max, json_t **items);
/* Takes `body` (may be NULL); `out` may be NULL. */
int api_post(struct cli *c, const char *path, json_t *body, const json_t **out);
/* The same, and what is answered goes to the stream as it comes. Takes `body`. */
int api_stream(struct cli *c, const char *path, json_t *body, struct stream *s);
/* Reads the resource for its ETag, then changes it if nobody else did. Takes `changes`. */
int api_patch(struct cli *c, const char *path, json_t *changes, const json_t **out);
int api_delete(struct cli *c, const char *path);
/* The same, of what answers with what is left (*out). */
int api_remove(struct cli *c, const char *path, const json_t **out);

/* The resource that a person means by a name or an id. ERR_NOT_FOUND says which names there are. */
int api_find(struct cli *c, enum api_kind kind, const char *name, const json_t **out);
/* Its id only. */
int api_find_id(struct cli *c, enum api_kind kind, const char *name, const char **id);
/* The membership of a machine in a mesh; `mesh` NULL: the only one that it has. */
int api_find_membership(struct cli *c, const char *machine, const char *mesh, const json_t **out);
/* For people: gives each item the name behind the id (or array of ids) in `member`, as
 * `name_member`. */
int api_add_names(struct cli *c, enum api_kind kind, json_t *items, const char *member,
		  const char *name_member);

/* What has no name: the text is an id, or ERR_USAGE. */
int api_check_id(struct cli *c, const char *text, const char **id);

/* A path in the arena. */
const char *api_path(struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A member of an object as text, "" where there is none. */
const char *api_text(const json_t *object, const char *member);

#endif
