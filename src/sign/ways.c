#include "sign/sign.h"

#include "sign/qd769.h"

#include "base/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A new way to sign is a new file and its line here. */
static const struct sign_way ways[] = {
	{ .dialect = "neac-sign_v2", .ops = &qd769_ops, .data = &qd769_neac },
	{ .dialect = "qd769-plain",  .ops = &qd769_ops, .data = &qd769_plain },
	{ .dialect = "vnpt-sp769",   .ops = &qd769_ops, .data = &qd769_vnpt, .polls = true },
	{ .dialect = "ca2",          .ops = &qd769_ops, .data = &qd769_ca2,  .polls = true },
};

const struct sign_way *sign_way_find(const char *dialect)
{
	for (size_t i = 0; i < COUNT(ways); i++)
		if (strcmp(ways[i].dialect, dialect) == 0)
			return &ways[i];
	return NULL;
}

static int read_password(struct secret *s, const char *path, struct err *e)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, ERR_CONFIG, "sp_password_file cannot be opened");
	ssize_t n = read(fd, s->p, sizeof s->p - 1);
	while (n > 0 && (s->p[n - 1] == '\n' || s->p[n - 1] == '\r'))
		n--;
	if (n <= 0 || n >= (ssize_t)sizeof s->p - 1)
		return err_set(e, ERR_CONFIG, "sp_password_file is empty or too long");
	s->n = (size_t)n;
	s->p[n] = '\0';
	return 0;
}

int sign_link_open(struct sign_link *l, const struct config *c, const char *way, struct net_watch *w, struct err *e)
{
	char path[128];

	memset(l, 0, sizeof *l);
	secret_init(&l->sp_password);
	if (!*way || strlen(way) > 40 || way[strspn(way, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
		return err_set(e, ERR_USAGE, "no such way of signing");
	snprintf(l->section, sizeof l->section, "signing.%s", way);
	snprintf(path, sizeof path, "%s.dialect", l->section);
	l->way = sign_way_find(config_str(c, path, ""));
	if (!l->way)
		return err_set(e, ERR_CONFIG, "%s is no dialect that we speak", path);
	snprintf(path, sizeof path, "%s.sp_id", l->section);
	l->sp_id = config_need(c, path, e);
	if (!l->sp_id)
		return -1;
	snprintf(path, sizeof path, "%s.sp_password_file", l->section);
	const char *file = config_need(c, path, e);
	if (!file || read_password(&l->sp_password, file, e) < 0)
		return -1;
	l->config = c;
	l->watch = w;
	return 0;
}

void sign_link_close(struct sign_link *l)
{
	secret_wipe(&l->sp_password);
	memset(l, 0, sizeof *l);
}
