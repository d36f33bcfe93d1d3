#include "walk.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* "http://127.0.0.1:PORT/path": anything else is refused, walks talk to this machine only. */
static int dial(const char *url, const char **path)
{
	static const char head[] = "http://127.0.0.1:";
	struct sockaddr_in to = { .sin_family = AF_INET };
	const struct timeval limit = { .tv_sec = 10 };
	char *end;

	if (strncmp(url, head, sizeof head - 1) != 0)
		return -1;
	to.sin_port = htons((uint16_t)strtoul(url + sizeof head - 1, &end, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*path = *end ? end : "/";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int http_json(const char *method, const char *url, const json_t *body, json_t **answer)
{
	const char *path = "/";
	AUTO(fd_close) int fd = dial(url, &path);
	AUTO(mem_free) char *text = body ? json_text(body) : NULL;
	struct buf in = { 0 };
	struct err e = { 0 };
	char part[8192];
	ssize_t r;

	if (fd < 0)
		return -1;
	AUTO(mem_free) char *request = mem_printf("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
	                                          "Content-Length: %zu\r\n\r\n%s", method, path, text ? strlen(text) : 0, text ? text : "");
	if (fd_write_all(fd, request, strlen(request), &e) < 0)
		return -1;
	while (in.n < 4u << 20 && (r = read(fd, part, sizeof part)) > 0)
		buf_add(&in, part, (size_t)r);
	int status = -1;
	const char *blank = in.p ? strstr((char *)in.p, "\r\n\r\n") : NULL;
	if (blank && sscanf((char *)in.p, "HTTP/1.%*d %d", &status) == 1 && answer)
		*answer = json_parse(blank + 4, in.n - (size_t)(blank + 4 - (char *)in.p), 4u << 20, &e);
	buf_free(&in);
	return status;
}
