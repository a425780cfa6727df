/* One request as a curl handle: what http.c (loop) and http_perform (now) share. */
#ifndef SKEIN_AGENT_HTTP_REQUEST_H
#define SKEIN_AGENT_HTTP_REQUEST_H

#include <curl/curl.h>

#include "agent/http.h"

struct transfer {
	struct http_where *where; /* borrowed */
	CURL *easy;
	struct curl_slist *headers, *resolve;
	char *body, *path, *method;
	size_t body_len, answer_max, url; /* which URL is being tried */
	char curl_error[CURL_ERROR_SIZE];
	struct http_answer answer;
	http_done *done;
	void *context;
};

struct transfer *transfer_new(struct http_where *where, const struct http_request *r);
/* Points it at URL number `url`; called again for the next when nobody answered. */
void transfer_aim(struct transfer *t, size_t url);
/* After curl is done with it: fills t->answer. True when the next URL should be tried. */
bool transfer_finish(struct transfer *t, CURLcode result);
void transfer_free(struct transfer *t);

#endif
