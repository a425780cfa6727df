/* One request as a curl handle: what http.c (loop) and http_perform (now) share. */
#ifndef SKEIN_AGENT_HTTP_REQUEST_H
#define SKEIN_AGENT_HTTP_REQUEST_H

#include <curl/curl.h>

#include "agent/http.h"

struct transfer {
	struct http_where *where; /* borrowed */
	CURL *easy;
	struct curl_slist *headers, *resolve;
	char *path, *method;
	size_t answer_max, url; /* which URL is being tried */
	bool by_last;		/* at its last address, for its name led nowhere */
	char curl_error[CURL_ERROR_SIZE];
	const struct http_upload *upload;
	bool uploading; /* some of it is gone: it cannot be sent again */
	struct http_answer answer;
	http_done *done;
	void *context;
};

struct transfer *transfer_new(struct http_where *where, const struct http_request *r);
/* After curl is done with it: fills t->answer. True when it is aimed anew and has to run again:
 * nobody answered, and there is the URL's last address or another URL. */
bool transfer_finish(struct transfer *t, CURLcode result);
void transfer_free(struct transfer *t);

#endif
