/* HTTP: one thread (libmicrohttpd, epoll) a listening address. It reads requests, answers what is
 * in memory, and hands the rest to the jobs; a request that is with another thread is suspended.
 *
 * libmicrohttpd's timeout is one of inactivity: a byte every two seconds outlives it. So each
 * connection has a deadline here (connections.h), after which its socket is shut down. */
#ifndef SKEIN_CONTROLLER_HTTP_SERVER_H
#define SKEIN_CONTROLLER_HTTP_SERVER_H

#include "controller/call.h"
#include "controller/config.h"
#include "controller/http/auth.h"
#include "controller/http/poll.h"
#include "controller/jobs.h"
#include "controller/questions.h"

struct server;

struct server_options {
	const struct config *config;
	const struct route *table; /* ends with a row without path */
	struct controller *controller;
	struct auth *auth;
	struct poll *poll;
	struct questions *questions;
	struct jobs *jobs;
	const char *certificate, *key; /* PEM, copied; NULL: plain HTTP */
	row_t default_organization;
	/* On the writer thread, after the commit of a mutation. */
	void (*committed)(struct controller *c, struct store *s, const struct effects *e);
};

/* Borrows everything else in the options until server_stop(). ERR_BUSY: a port is in use. */
int server_start(struct server **out, const struct server_options *o, struct fault *f);
/* New connections get this certificate, PEM; those that are there stay. ERR_INTERNAL: it is none,
 * or not the key's, and the old one goes on. Not on two threads at a time, nor beside
 * server_stop(). */
int server_renew(struct server *s, const char *certificate, const char *key, struct fault *f);
/* The port of the i-th listening address, which differs from the configured one where that is 0. */
int server_port(const struct server *s, size_t i);
/* Takes no new connection, ends the long polls, waits for the jobs of requests, ends the threads.
 * Accepts NULL. */
void server_stop(struct server *s);

#endif
