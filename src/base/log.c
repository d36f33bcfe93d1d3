#include "base/log.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One line is one write() to an O_APPEND file, so that lines of several programs never mix. */
enum { LINE_MAX_BYTES = 1200, FILE_MAX_BYTES = 8 << 20 };

static int log_fd = STDERR_FILENO;
static char log_program[32] = "tramky";

/* A counter runs for years: one older file is kept, so that the log never fills the disk that drafts need. */
static void put_aside(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < FILE_MAX_BYTES)
		return;
	AUTO(mem_free) char *old = mem_printf("%s.1", path);
	(void)!rename(path, old);
}

void log_open(const char *program, const char *path)
{
	int fd = STDERR_FILENO;

	snprintf(log_program, sizeof log_program, "%s", program ? program : "tramky");
	if (path) {
		put_aside(path);
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	}
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = fd < 0 ? STDERR_FILENO : fd;
	if (fd < 0)
		log_line("log.file", "open: %s", strerror(errno));
}

/* The last net under rules P7 and P9: a lone number as long as an identity number or a telephone number is not written,
 * whoever let it through. */
static void hide_numbers(char *s)
{
	for (char *p = s; *p;) {
		size_t word = 0, digits = 0;
		while (isalnum((unsigned char)p[word]))
			digits += isdigit((unsigned char)p[word++]) != 0;
		if (digits == word && digits >= 9 && digits <= 12)
			memset(p, '*', word);
		p += word ? word : 1;
	}
}

void log_line(const char *event, const char *fmt, ...)
{
	char when[32], *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	AUTO(mem_free) char *own = text;
	AUTO(mem_free) char *clean = text_clean(own, false);
	AUTO(mem_free) char *name = text_clean(event, false);
	hide_numbers(clean);
	clock_rfc3339(clock_now(), when);
	AUTO(mem_free) char *line = mem_printf("%s %s[%d] %s%s%s", when, log_program, (int)getpid(), name,
					       *clean ? " " : "", clean);
	size_t len = strlen(line);
	if (len > LINE_MAX_BYTES) {
		len = LINE_MAX_BYTES;
		while (len > 0 && ((unsigned char)line[len] & 0xc0) == 0x80)
			len--;
	}
	line[len] = '\n';
	while (write(log_fd, line, len + 1) < 0 && errno == EINTR)
		;
}

void log_err(const char *event, const struct err *e)
{
	if (!e)
		return;
	log_line(event, "kind=%s%s%s cause=%s", err_id(e->kind), e->reason[0] ? " reason=" : "", e->reason, e->cause);
}
