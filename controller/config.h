/* The controller's configuration: a typed table (lib/base/schema.h), and what follows from it. */
#ifndef SKEIN_CONTROLLER_CONFIG_H
#define SKEIN_CONTROLLER_CONFIG_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/base/schema.h"

#define CONFIG_PATH	  "/etc/skein/controller.conf"
#define CONFIG_LISTEN_MAX 8

struct config {
	struct schema_list listen, urls;
	char *data_dir;
	char *templates, *templates_override;
	char *certificate, *key; /* empty: those that `init` made */
	bool tls, pin;
	int64_t connections, body_max, request_ms, readers, address_rest_ms;
	char *log_level;
	/* what config_load() works out */
	struct sockaddr_storage addresses[CONFIG_LISTEN_MAX];
};

extern const struct schema_row config_rows[];

/* Without `url` there is one, of this host's name and the first port. Caller config_free()s, also
 * after an error. */
int config_load(struct config *c, const char *path, bool must_exist, struct fault *f);
void config_free(struct config *c);

/* A file of the data directory: "controller.db". Caller frees. */
char *config_data_path(const struct config *c, const char *name);
/* "0.0.0.0:8443", "[::1]:0". */
int config_parse_listen(const char *text, struct sockaddr_storage *out, struct fault *f);
/* The host of "https://host:port", without brackets. ERR_INVALID when it is no such URL. */
int config_url_host(const char *url, char *host, size_t size, struct fault *f);

#endif
