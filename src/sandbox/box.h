/* Everything one running sandbox holds. One lock guards all of it: web.c takes it around each request, the clock around
 * each tick; the services themselves know of no threads. */
#ifndef SANDBOX_BOX_H
#define SANDBOX_BOX_H

#include <pthread.h>

#include "sandbox/ca.h"
#include "sandbox/gateway.h"
#include "sandbox/identity.h"
#include "sandbox/intake.h"
#include "sandbox/people.h"
#include "sandbox/sandbox.h"
#include "sandbox/script.h"
#include "sandbox/txn.h"

struct web;

struct box {
	const struct sandbox_options *opt;
	char *data;                  /* absolute */
	const char *listen;
	int http_port, https_port;
	char *http_base, *https_base;
	pthread_mutex_t lock;
	struct ca *ca;
	struct people people;
	struct identity identity;
	struct script script;
	struct txns txns;
	struct gateway gateway;
	struct intake intake;
	struct web *web;
};

/* Grows whenever a phone or desk page would look different. */
unsigned long box_version(const struct box *b);
/* config.c: DIR/tramky.yaml, DIR/sp-password, DIR/sp.json; the ready line (the caller owns it). */
int config_write(struct box *b, struct err *e);
char *config_ready_line(const struct box *b);

#endif
