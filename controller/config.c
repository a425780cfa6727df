#include "controller/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/mesh/token.h"

#define FIELD(f) offsetof(struct config, f)
#define DAY_MS	 (INT64_C(24) * 3600 * 1000)

static int check_listen(const char *text, struct fault *f)
{
	struct sockaddr_storage address;

	return config_parse_listen(text, &address, f);
}

static int check_url(const char *text, struct fault *f)
{
	char host[TOKEN_URL_MAX + 1];

	return config_url_host(text, host, sizeof(host), f);
}

const struct schema_row config_rows[] = {
	{"listen", SCHEMA_LIST, FIELD(listen), 0, CONFIG_LISTEN_MAX, "0.0.0.0:8443",
	 "address and port on which agents and operators reach the API", check_listen},
	{"url", SCHEMA_LIST, FIELD(urls), 0, TOKEN_URLS_MAX, NULL,
	 "URL that join tokens carry, in the order in which agents try; empty: this host's name",
	 check_url},
	{"data_dir", SCHEMA_TEXT, FIELD(data_dir), 0, 0, "/var/lib/skein/controller",
	 "database, keys and certificate", file_check_absolute},
	{"templates", SCHEMA_TEXT, FIELD(templates), 0, 0, "/usr/share/skein/bird-templates",
	 "BIRD templates as they were installed", NULL},
	{"templates_override", SCHEMA_TEXT, FIELD(templates_override), 0, 0,
	 "/etc/skein/bird-templates", "a file here takes the place of the installed one", NULL},
	{"tls", SCHEMA_BOOL, FIELD(tls), 0, 0, "yes",
	 "HTTPS; 'no' only behind a proxy on this host that does TLS", NULL},
	{"certificate", SCHEMA_TEXT, FIELD(certificate), 0, 0, NULL,
	 "certificate chain (PEM); empty: the one that init made", NULL},
	{"key", SCHEMA_TEXT, FIELD(key), 0, 0, NULL,
	 "private key of the certificate (PEM); empty: the one that init made", NULL},
	{"pin", SCHEMA_BOOL, FIELD(pin), 0, 0, "yes",
	 "join tokens carry the hash of the certificate's public key; 'no': agents ask the "
	 "system's "
	 "authorities",
	 NULL},
	{"connections", SCHEMA_NUMBER, FIELD(connections), 16, 1000000, "20000",
	 "most connections at a time; each agent holds one", NULL},
	{"body_max", SCHEMA_SIZE, FIELD(body_max), 4096, 64 << 20, "1M", "largest request body",
	 NULL},
	{"request_timeout", SCHEMA_DURATION, FIELD(request_ms), 500, 600000, "20s",
	 "time in which a whole request must have arrived", NULL},
	{"readers", SCHEMA_NUMBER, FIELD(readers), 1, 64, "4", "threads that read the database",
	 NULL},
	{"address_rest", SCHEMA_DURATION, FIELD(address_rest_ms), 0, 365 * DAY_MS, "24h",
	 "time before the address of a removed machine is given out again", NULL},
	{"log_level", SCHEMA_TEXT, FIELD(log_level), 0, 0, "info", "error, warn, info or debug",
	 log_level_check},
	{0}};

static int parse_port(const char *text, uint16_t *port)
{
	char *end = NULL;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n > 65535)
		return ERR_RANGE;
	*port = (uint16_t)n;
	return 0;
}

int config_parse_listen(const char *text, struct sockaddr_storage *out, struct fault *f)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	const char *colon = strrchr(text, ':');
	char host[64];
	uint16_t port;

	memset(out, 0, sizeof(*out));
	if (colon == NULL || (size_t)(colon - text) >= sizeof(host) ||
	    parse_port(colon + 1, &port) != 0)
		goto bad;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	if (host[0] == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1)
			return 0;
	} else {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		if (inet_pton(AF_INET, host, &in4->sin_addr) == 1)
			return 0;
	}
bad:
	return fault_set(f, ERR_INVALID,
			 "'%.80s' is no address and port, want 0.0.0.0:8443 or [::]:8443", text);
}

int config_url_host(const char *url, char *host, size_t size, struct fault *f)
{
	const char *at = url, *end;
	uint16_t port;

	if (strncmp(at, "https://", 8) == 0)
		at += 8;
	else if (strncmp(at, "http://", 7) == 0)
		at += 7;
	else
		goto bad;
	if (strlen(url) > TOKEN_URL_MAX)
		goto bad;
	end = *at == '[' ? strchr(at, ']') : at + strcspn(at, ":/");
	if (end == NULL)
		goto bad;
	at += *at == '[';
	if (end == at || (size_t)(end - at) >= size)
		goto bad;
	memcpy(host, at, (size_t)(end - at));
	host[end - at] = '\0';
	end += *end == ']';
	if (*end == '\0' || (*end == ':' && parse_port(end + 1, &port) == 0))
		return 0;
bad:
	return fault_set(f, ERR_INVALID,
			 "'%.80s' is no URL of a controller, want https://host:port", url);
}

/* The name by which others know this host; its first listening port. */
static void add_own_url(struct config *c)
{
	char host[HOST_NAME_MAX + 1] = "localhost", url[TOKEN_URL_MAX + 1];
	const char *port = strrchr(c->listen.at[0], ':');

	gethostname(host, sizeof(host) - 1);
	snprintf(url, sizeof(url), "%s://%.200s%s", c->tls ? "https" : "http", host, port);
	c->urls.at = mem_resize(c->urls.at, 1, sizeof(*c->urls.at));
	c->urls.at[c->urls.n++] = mem_strdup(url);
}

/* What no row can say alone, and what follows from them. */
static int settle(void *config, struct fault *f)
{
	struct config *c = config;
	int code = 0;

	if ((c->certificate != NULL) != (c->key != NULL))
		return fault_set(f, ERR_INVALID, "certificate and key go together");
	for (size_t i = 0; i < c->listen.n && code == 0; i++)
		code = config_parse_listen(c->listen.at[i], &c->addresses[i], f);
	if (c->urls.n == 0)
		add_own_url(c);
	return code;
}

int config_load(struct config *c, const char *path, bool must_exist, struct fault *f)
{
	memset(c, 0, sizeof(*c));
	return schema_load(config_rows, c, path, must_exist, settle, f);
}

void config_free(struct config *c)
{
	schema_free(config_rows, c);
}

char *config_data_path(const struct config *c, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", c->data_dir, name) < 0)
		abort();
	return path;
}
