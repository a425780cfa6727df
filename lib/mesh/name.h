/* Names of meshes, machines, organizations: labels of RFC 1123, for they become DNS names. */
#ifndef SKEIN_MESH_NAME_H
#define SKEIN_MESH_NAME_H

#include "lib/base/error.h"

#define NAME_MAX_LENGTH 63
#define NAME_TEXT_MAX	64

/* 1–63 of a–z, 0–9 and '-', not at either end. `what` ("mesh name") begins the error. */
int name_check(const char *text, const char *what, struct fault *f);

#endif
