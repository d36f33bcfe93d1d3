#include "sandbox/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/box.h"
#include "sandbox/bytes.h"
#include "sandbox/web.h"
#include "sandbox/webhook.h"

enum { TICK_MS = 100 };

unsigned long box_version(const struct box *b)
{
	return 1 + b->txns.changes + b->identity.changes + b->intake.changes;
}

static void on_end(void *self, struct txn *t)
{
	const struct box *b = self;
	char *url = t->webhook && t->outcome != OUTCOME_SILENT ? gateway_webhook_url(&b->gateway) : NULL;
	json_t *body;

	if (!url)
		return;
	body = gateway_webhook(&b->gateway, t);
	webhook_send(url, json_dumps(body, JSON_COMPACT));
	json_decref(body);
}

/* The ports of the last run are taken again while they are free, so that addresses in certificates stay true. */
static int open_ports(struct box *b, int *http, int *https, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/ports", b->data), *text = NULL;
	int want_http = b->opt->port, want_https = b->opt->port ? b->opt->port + 1 : 0;
	FILE *f = b->opt->port ? NULL : fopen(path, "re");

	if (f) {
		if (fscanf(f, "%5d %5d", &want_http, &want_https) != 2)
			want_http = want_https = 0;
		fclose(f);
	}
	*http = port_open(b->listen, want_http, &b->http_port, e);
	*https = *http < 0 ? -1 : port_open(b->listen, want_https, &b->https_port, e);
	if (*https < 0 && f) {
		fd_close(http);
		*http = port_open(b->listen, 0, &b->http_port, e);
		*https = *http < 0 ? -1 : port_open(b->listen, 0, &b->https_port, e);
	}
	if (*https < 0) {
		fd_close(http);
		return -1;
	}
	text = mem_printf("%d %d\n", b->http_port, b->https_port);
	return file_replace(path, text, strlen(text), 0644, e);
}

static int open_data(struct box *b, struct err *e)
{
	char *real;

	if (file_mkdirs(b->opt->data, 0700, e))
		return -1;
	real = realpath(b->opt->data, NULL);
	if (!real)
		return err_set(e, ERR_USAGE, "--data: %s", strerror(errno));
	b->data = real;
	return 0;
}

static int open_services(struct box *b, struct err *e)
{
	b->ca = ca_load(b->data, b->http_base, b->listen, e);
	if (!b->ca || people_load(&b->people, b->data, b->ca, e) || ca_keep(b->ca, e))
		return -1;
	identity_init(&b->identity, &b->people, b->data, b->opt->resend);
	txns_init(&b->txns, b->data, &b->people);
	b->txns.ended = on_end;
	b->txns.self = b;
	b->script.base = b->opt->outcome ? outcome_from(b->opt->outcome) : OUTCOME_ASK;
	b->script.delay = b->opt->delay;
	if (b->script.base == OUTCOME_COUNT)
		return err_set(e, ERR_USAGE, "--outcome: unknown");
	b->gateway = (struct gateway){ .data = b->data, .ca = b->ca, .people = &b->people, .txns = &b->txns, .script = &b->script };
	return txns_load(&b->txns, e) || intake_init(&b->intake, b->data, e) || config_write(b, e) ? -1 : 0;
}

static int serve(struct box *b, int signals, struct err *e)
{
	struct pollfd p = { .fd = signals, .events = POLLIN };
	char *line = config_ready_line(b);
	int rc = line ? dprintf(b->opt->ready_fd, "%s\n", line) : -1;

	free(line);
	if (rc < 0)
		return err_set(e, ERR_INTERNAL, "ready line: %s", strerror(errno));
	while (poll(&p, 1, TICK_MS) <= 0)
		web_tick(b->web);
	return 0;
}

static void box_clear(struct box *b)
{
	web_stop(b->web);
	intake_clear(&b->intake);
	txns_clear(&b->txns);
	identity_clear(&b->identity);
	people_clear(&b->people);
	ca_free(b->ca);
	mem_free(&b->http_base);
	mem_free(&b->https_base);
	free(b->data);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static int run(struct box *b, int signals, struct err *e)
{
	const char *host = strcmp(b->listen, "0.0.0.0") ? b->listen : "127.0.0.1";
	AUTO(fd_close) int http = -1;
	AUTO(fd_close) int https = -1;

	if (open_data(b, e) || open_ports(b, &http, &https, e))
		return -1;
	b->http_base = mem_printf("http://%s:%d", host, b->http_port);
	b->https_base = mem_printf("https://%s:%d", host, b->https_port);
	if (open_services(b, e))
		return -1;
	b->web = web_start(b, http, https, e);
	if (!b->web)
		return -1;
	http = https = -1;
	return serve(b, signals, e);
}

int sandbox_run(const struct sandbox_options *o, struct err *e)
{
	struct box *b = mem_alloc(sizeof *b);
	AUTO(fd_close) int signals = -1;
	sigset_t set;
	int rc;

	b->opt = o;
	b->listen = o->listen ? o->listen : "127.0.0.1";
	pthread_mutex_init(&b->lock, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* blocked before any thread starts: only the descriptor hears them */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	rc = signals < 0 ? err_set(e, ERR_INTERNAL, "signalfd: %s", strerror(errno)) : run(b, signals, e);
	box_clear(b);
	return rc;
}
