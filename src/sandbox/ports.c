#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/web.h"

int port_open(const char *listen_on, int port, int *got, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof at;
	AUTO(fd_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, out;

	if (inet_pton(AF_INET, listen_on, &at.sin_addr) != 1)
		return err_set(e, ERR_USAGE, "--listen needs a numeric IPv4 address");
	if (fd < 0)
		return err_set(e, ERR_INTERNAL, "socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 128) || getsockname(fd, (struct sockaddr *)&at, &len))
		return err_set(e, ERR_SERVICE_DOWN, "port %d: %s", port, strerror(errno));
	*got = ntohs(at.sin_port);
	out = fd;
	fd = -1;
	return out;
}
