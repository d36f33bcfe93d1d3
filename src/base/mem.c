#include "base/mem.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *checked(void *p)
{
	if (!p) {
		static const char text[] = "tramky: out of memory\n";
		(void)!write(2, text, sizeof text - 1);
		_exit(70);
	}
	return p;
}

void *mem_alloc(size_t n)
{
	return checked(calloc(1, n ? n : 1));
}

void *mem_array(size_t count, size_t each)
{
	return checked(calloc(count ? count : 1, each ? each : 1));
}

void *mem_grow(void *p, size_t count, size_t each)
{
	return checked(reallocarray(p, count ? count : 1, each ? each : 1));
}

char *mem_str(const char *s)
{
	return s ? checked(strdup(s)) : NULL;
}

char *mem_strn(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : s);
}

void *mem_dup(const void *p, size_t n)
{
	void *q = mem_alloc(n);
	if (n)
		memcpy(q, p, n);
	return q;
}

void mem_free(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof p);
	free(p);
	p = NULL;
	memcpy(pp, &p, sizeof p);
}

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void buf_room(struct buf *b, size_t more)
{
	size_t need = b->n + more + 1;
	if (need < more)
		checked(NULL);
	if (need <= b->cap)
		return;
	size_t cap = b->cap ? b->cap : 64;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	b->p = mem_grow(b->p, cap, 1);
	b->cap = cap;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	buf_room(b, n);
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	checked(n < 0 ? NULL : s);
	buf_add(b, s, (size_t)n);
	free(s);
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

char *buf_steal(struct buf *b)
{
	buf_room(b, 0);
	b->p[b->n] = '\0';
	char *s = (char *)b->p;
	*b = (struct buf){ 0 };
	return s;
}

void secret_init(struct secret *s)
{
	memset(s, 0, sizeof *s);
	/* Best effort: a kiosk user may have no RLIMIT_MEMLOCK left; the wipe below is what counts. */
	(void)!mlock(s, sizeof *s);
}

void secret_wipe(struct secret *s)
{
	explicit_bzero(s, sizeof *s);
	(void)!munlock(s, sizeof *s);
}

int fd_memfd(const char *name, struct err *e)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return err_set(e, ERR_INTERNAL, "memfd_create: %s", strerror(errno));
	return fd;
}

int fd_seal(int fd, struct err *e)
{
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_set(e, ERR_INTERNAL, "F_ADD_SEALS: %s", strerror(errno));
	return 0;
}

int fd_is_sealed(int fd)
{
	int s = fcntl(fd, F_GET_SEALS);
	return s >= 0 && (s & F_SEAL_WRITE) && (s & F_SEAL_SHRINK) && (s & F_SEAL_GROW);
}

int fd_write_all(int fd, const void *p, size_t n, struct err *e)
{
	const char *at = p;

	while (n) {
		ssize_t w = write(fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_set(e, errno == ENOSPC ? ERR_STORE_FULL : ERR_INTERNAL, "write: %s", strerror(errno));
		at += w;
		n -= (size_t)w;
	}
	return 0;
}

int fd_read_all(int fd, struct buf *out, size_t max, struct err *e)
{
	off_t at = 0;

	for (;;) {
		unsigned char part[65536];
		ssize_t r = pread(fd, part, sizeof part, at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_set(e, ERR_INTERNAL, "pread: %s", strerror(errno));
		if (r == 0)
			return 0;
		if (out->n + (size_t)r > max)
			return err_set(e, ERR_FILE_TOO_BIG, "more than %zu bytes", max);
		buf_add(out, part, (size_t)r);
		at += r;
	}
}

int fd_copy(int from, int to, size_t n, struct err *e)
{
	enum { WRITE_EARLY = 4 << 20 };
	unsigned char part[65536];
	off_t at = 0;
	size_t left = n ? n : SIZE_MAX;

	while (left) {
		size_t want = left < sizeof part ? left : sizeof part;
		ssize_t r = pread(from, part, want, at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_set(e, ERR_INTERNAL, "pread: %s", strerror(errno));
		if (r == 0)
			return n ? err_set(e, ERR_INTERNAL, "file shrank while it was copied") : 0;
		if (fd_write_all(to, part, (size_t)r, e) < 0)
			return -1;
		at += r;
		/* Lets the disk begin at once: the fsync of a big file then waits for its end only. On a memfd it does nothing. */
		if (at % WRITE_EARLY == 0)
			sync_file_range(to, at - WRITE_EARLY, WRITE_EARLY, SYNC_FILE_RANGE_WRITE);
		left -= n ? (size_t)r : 0;
	}
	return 0;
}

int file_mkdirs(const char *path, unsigned mode, struct err *e)
{
	AUTO(mem_free) char *copy = mem_str(path);

	for (char *p = copy + 1; ; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char was = *p;
		*p = '\0';
		if (mkdir(copy, (mode_t)mode) < 0 && errno != EEXIST)
			return err_set(e, ERR_INTERNAL, "mkdir: %s", strerror(errno));
		*p = was;
		if (!was)
			return 0;
	}
}

static int sync_folder(const char *path, struct err *e)
{
	AUTO(mem_free) char *dir = mem_str(path);
	char *slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	AUTO(fd_close) int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_set(e, ERR_INTERNAL, "fsync of folder: %s", strerror(errno));
	return 0;
}

/* Shared by both forms: either bytes or a descriptor to copy from. */
static int replace(const char *path, const void *p, size_t n, int from, unsigned mode, struct err *e)
{
	AUTO(mem_free) char *temp = mem_printf("%s.%d.new", path, (int)getpid());
	AUTO(fd_close) int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return err_set(e, errno == ENOSPC ? ERR_STORE_FULL : ERR_NO_FILE, "open for writing: %s", strerror(errno));
	int rc = p ? fd_write_all(fd, p, n, e) : fd_copy(from, fd, 0, e);
	if (rc == 0 && fsync(fd) < 0)
		rc = err_set(e, ERR_STORE_FULL, "fsync: %s", strerror(errno));
	if (rc == 0 && rename(temp, path) < 0)
		rc = err_set(e, ERR_INTERNAL, "rename: %s", strerror(errno));
	if (rc < 0) {
		unlink(temp);
		return -1;
	}
	return sync_folder(path, e);
}

int file_replace(const char *path, const void *p, size_t n, unsigned mode, struct err *e)
{
	return replace(path, p ? p : "", n, -1, mode, e);
}

int file_replace_fd(const char *path, int from, unsigned mode, struct err *e)
{
	return replace(path, NULL, 0, from, mode, e);
}
