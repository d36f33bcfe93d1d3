#include "sandbox/webhook.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"

struct hook {
	char *url, *body;
};

bool webhook_url(const char *url, struct url_parts *out)
{
	const char *host = strncmp(url, "http://", 7) ? NULL : url + 7;
	size_t n = host ? strcspn(host, ":/") : 0;
	char *end = NULL;

	if (!n || n >= sizeof out->host || strlen(host) >= sizeof out->path)
		return false;
	snprintf(out->host, sizeof out->host, "%.*s", (int)n, host);
	out->port = 80;
	if (host[n] == ':') {
		long port = strtol(host + n + 1, &end, 10);

		if (port < 1 || port > 65535 || (*end && *end != '/'))
			return false;
		out->port = (int)port;
		n = (size_t)(end - host);
	}
	snprintf(out->path, sizeof out->path, "%s", host[n] ? host + n : "/");
	for (const char *c = out->path; *c; c++)
		if ((unsigned char)*c <= ' ')
			return false;
	return true;
}

static int dial(const struct url_parts *u)
{
	struct addrinfo hint = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *list = NULL;
	struct timeval wait = { .tv_sec = 10 };
	char port[8];
	int fd = -1;

	snprintf(port, sizeof port, "%d", u->port);
	if (getaddrinfo(u->host, port, &hint, &list))
		return -1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
		if (connect(fd, list->ai_addr, list->ai_addrlen)) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static void *run(void *self)
{
	struct hook *h = self;
	struct url_parts u;
	char answer[512];
	AUTO(mem_free) char *text = NULL;
	AUTO(fd_close) int fd = -1;

	if (webhook_url(h->url, &u) && (fd = dial(&u)) >= 0) {
		text = mem_printf("POST %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %zu\r\n"
			"Connection: close\r\n\r\n%s", u.path, u.host, u.port, strlen(h->body), h->body);
		if (!fd_write_all(fd, text, strlen(text), NULL))
			(void)!recv(fd, answer, sizeof answer, 0);
	}
	mem_free(&h->url);
	mem_free(&h->body);
	free(h);
	return NULL;
}

void webhook_send(char *url, char *body)
{
	struct hook *h = mem_alloc(sizeof *h);
	pthread_attr_t attr;
	pthread_t t;

	*h = (struct hook){ url, body };
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&t, &attr, run, h)) {
		mem_free(&h->url);
		mem_free(&h->body);
		free(h);
	}
	pthread_attr_destroy(&attr);
}
