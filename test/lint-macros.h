/* For cppcheck only, which does not read the headers of uthash, jansson, libbpf and sys/queue:
 * their macros that are statements. */
#ifndef SKEIN_TEST_LINT_MACROS_H
#define SKEIN_TEST_LINT_MACROS_H

#define HASH_ITER(hh, head, el, tmp)                                                               \
	for (el = (head), tmp = el ? el->hh.next : NULL; el != NULL; el = tmp)
#define json_array_foreach(array, i, v) for (i = 0; (v = json_array_get(array, i)) != NULL; i++)
#define TAILQ_FOREACH(el, head, field)                                                             \
	for (el = (head)->tqh_first; el != NULL; el = el->field.tqe_next)
#define LIBBPF_OPTS(type, name, ...) struct type name = {__VA_ARGS__}

#endif
