/* The route table: every call of the API is a row. */
#ifndef SKEIN_CONTROLLER_API_TABLE_H
#define SKEIN_CONTROLLER_API_TABLE_H

#include "controller/call.h"

extern const struct route api_routes[]; /* ends with a row without path */

#endif
