/* Shared by the tests of src/pdf: files of tests/data/pdf, a scratch folder, outsiders by command line. */
#ifndef PDF_HELP_H
#define PDF_HELP_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "pdf/pdf.h"

static char scratch[200];

static __attribute__((unused)) int make_scratch(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(scratch, sizeof scratch, "%s/pdf-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(scratch) ? 0 : -1;
}

static __attribute__((unused)) int drop_scratch(void **state)
{
	char cmd[256];

	(void)state;
	snprintf(cmd, sizeof cmd, "rm -rf '%s'", scratch);
	return system(cmd) ? -1 : 0;
}

static __attribute__((unused)) int data_fd(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "tests/data/pdf/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("%s is not there: run from the top of the checkout", path);
	return fd;
}

static __attribute__((unused)) int scratch_fd(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", scratch, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

/* Runs in the scratch folder; its output (stdout and stderr) goes to `out`. Returns the exit code. */
static __attribute__((unused, format(printf, 2, 3))) int run(struct buf *out, const char *fmt, ...)
{
	va_list ap;
	char cmd[1024], whole[1400], part[4096];
	size_t n;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof cmd, fmt, ap);
	va_end(ap);
	/* Sanitizers of this program are not for its children. */
	snprintf(whole, sizeof whole, "cd '%s' && { %s ; } 2>&1", scratch, cmd);
	FILE *f = popen(whole, "r");
	assert_non_null(f);
	out->n = 0;
	buf_str(out, "");
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	int rc = pclose(f);
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

static __attribute__((unused)) bool has_tool(const char *name)
{
	char cmd[128];

	snprintf(cmd, sizeof cmd, "command -v %s >/dev/null 2>&1", name);
	return system(cmd) == 0;
}

#define NEED(tool) \
	do { \
		if (!has_tool(tool)) { \
			print_message("no %s here\n", tool); \
			skip(); \
		} \
	} while (0)

static __attribute__((unused)) size_t times(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *s = text; (s = strstr(s, what)); s += strlen(what))
		n++;
	return n;
}

#endif
