#include "pdf/child.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_MS = 20000, CHILD_CPU_S = 15, WORDS_BYTES = 48 << 20, WORDS_MAX = 400000, RASTER_BYTES = 24 << 20 };
static const rlim_t CHILD_MEMORY = 1024UL << 20;

int child_source(int fd, int *copy, struct err *e)
{
	if (fd_is_sealed(fd))
		return fd;
	if ((*copy = fd_memfd("pdf-child", e)) < 0 || fd_copy(fd, *copy, 0, e) < 0 || fd_seal(*copy, e) < 0)
		return -1;
	return *copy;
}

static void limit(__rlimit_resource_t what, rlim_t n)
{
	setrlimit(what, &(struct rlimit){ n, n });
}

/* Between fork and exec: system calls only. */
static void become(const char *const argv[], int fd, int out)
{
	static char locale[] = "LC_ALL=C";
	static char *const empty[] = { locale, NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Descriptor 2 is the read-only document: complaints go nowhere and nothing has to be opened for that. */
	if (dup2(out, 1) < 0 || dup2(fd, 0) < 0 || dup2(fd, 2) < 0)
		_exit(126);
	close_range(3, ~0U, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, CHILD_CPU_S);
	limit(RLIMIT_FSIZE, 0);
	signal(SIGXFSZ, SIG_IGN); /* fontconfig would like to write a cache: it may not, and goes on */
	limit(RLIMIT_NOFILE, 32);
	limit(RLIMIT_AS, CHILD_MEMORY);
	execve(argv[0], (char *const *)(uintptr_t)argv, empty);
	_exit(127);
}

/* Reads until the end, the cap or the deadline. 1 end, 0 a limit. */
static int gather(int fd, size_t cap, struct buf *out)
{
	int64_t until = clock_ms() + CHILD_MS;

	for (;;) {
		unsigned char part[65536];
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - clock_ms();
		if (left <= 0)
			return 0;
		int r = poll(&p, 1, (int)left);
		if (r < 0 && errno != EINTR)
			return 0;
		if (r <= 0)
			continue;
		ssize_t n = read(fd, part, sizeof part);
		if (n < 0 && errno != EINTR)
			return 0;
		if (n == 0)
			return 1;
		if (n > 0 && out->n + (size_t)n > cap)
			return 0;
		if (n > 0)
			buf_add(out, part, (size_t)n);
	}
}

int child_run(const char *const argv[], int fd, size_t cap, struct buf *out, struct err *e)
{
	int pair[2], status;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_set(e, ERR_INTERNAL, "pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		become(argv, fd, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_set(e, ERR_INTERNAL, "fork: %s", strerror(errno));
	}
	int whole = gather(pair[0], cap, out);
	close(pair[0]);
	/* Its output is closed: what still runs has nothing more to say. */
	if (!whole)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!whole || WIFSIGNALED(status))
		return err_set(e, ERR_FILE_HOSTILE, "%s ran into a limit", argv[0]);
	if (WEXITSTATUS(status) == 127)
		return err_set(e, ERR_INTERNAL, "%s cannot be started", argv[0]);
	if (WEXITSTATUS(status))
		return err_set(e, ERR_PDF_DAMAGED, "%s ended with %d", argv[0], WEXITSTATUS(status));
	return 0;
}

/* ---- words ----------------------------------------------------------------------------------------------------------- */
void words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->at[i].text);
	free(w->at);
	*w = (struct words){ 0 };
}

static bool eat(const char **s, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(*s, text, n) != 0)
		return false;
	*s += n;
	return true;
}

static bool eat_number(const char **s, const char *before, double *out)
{
	const char *end;

	if (!eat(s, before))
		return false;
	*out = pdf_decimal(*s, &end);
	bool ok = end != *s && fabs(*out) < 1e7;
	*s = end;
	return ok && eat(s, "\"");
}

static char *unescape(const char *s, size_t n)
{
	static const struct { const char *name; char c; } known[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' }, { "&#39;", '\'' },
	};
	AUTO(buf_free) struct buf b = { 0 };

	for (size_t i = 0; i < n; ) {
		size_t k = 0, len = 0;
		for (; s[i] == '&' && k < COUNT(known); k++)
			if ((len = strlen(known[k].name)) <= n - i && memcmp(s + i, known[k].name, len) == 0)
				break;
		bool hit = s[i] == '&' && k < COUNT(known);
		buf_add(&b, hit ? &known[k].c : s + i, 1);
		i += hit ? len : 1;
	}
	return buf_steal(&b);
}

static bool parse_word(const char **s, struct word *w)
{
	if (!eat_number(s, "<word xMin=\"", &w->x0) || !eat_number(s, " yMin=\"", &w->y0) ||
	    !eat_number(s, " xMax=\"", &w->x1) || !eat_number(s, " yMax=\"", &w->y1) || !eat(s, ">"))
		return false;
	const char *end = strstr(*s, "</word>\n");
	if (!end || memchr(*s, '<', (size_t)(end - *s)))
		return false;
	w->text = unescape(*s, (size_t)(end - *s));
	*s = end + 8;
	return true;
}

/* Strictly what pdftotext writes after "<doc>"; the head before it carries the document's own title and is skipped. */
static int parse_words(const struct buf *b, int first, struct words *out, struct err *e)
{
	const char *s = strstr((const char *)b->p, "\n<doc>\n");
	int page = first - 1;
	double unused;

	if (!s || memchr(b->p, 0, b->n))
		return err_set(e, ERR_PDF_DAMAGED, "pdftotext: no document");
	for (s += 7; ; ) {
		while (*s == ' ')
			s++;
		if (eat(&s, "</doc>"))
			return 0;
		if (eat(&s, "</page>\n"))
			continue;
		if (eat_number(&s, "<page width=\"", &unused)) {
			page++;
			if (!eat_number(&s, " height=\"", &unused) || !eat(&s, ">\n"))
				break;
			continue;
		}
		if (out->n == WORDS_MAX)
			return err_set(e, ERR_FILE_HOSTILE, "more than %d words", WORDS_MAX);
		struct word w = { .page = page };
		if (!parse_word(&s, &w))
			break;
		if ((out->n & (out->n - 1)) == 0)
			out->at = mem_grow(out->at, out->n ? out->n * 2 : 1, sizeof *out->at);
		out->at[out->n++] = w;
	}
	return err_set(e, ERR_PDF_DAMAGED, "pdftotext: output not understood at %zu", (size_t)(s - (const char *)b->p));
}

int words_read(int fd, int first, int last, struct words *out, struct err *e)
{
	AUTO(fd_close) int copy = -1;
	AUTO(buf_free) struct buf b = { 0 };
	char from[16], to[16];

	snprintf(from, sizeof from, "%d", first);
	snprintf(to, sizeof to, "%d", last);
	/* Without -cropbox the page would be the media box, and positions would not be those of the page as shown. */
	const char *argv[] = { "/usr/bin/pdftotext", "-bbox", "-cropbox", "-enc", "UTF-8", "-f", from, "-l", to, CHILD_FILE, "-",
		               NULL };
	fd = child_source(fd, &copy, e);
	buf_str(&b, "");
	if (fd < 0 || child_run(argv, fd, WORDS_BYTES, &b, e) < 0)
		return -1;
	if (parse_words(&b, first, out, e) < 0) {
		words_free(out);
		return -1;
	}
	return 0;
}

/* ---- pixels ---------------------------------------------------------------------------------------------------------- */
void gray_free(struct gray *g)
{
	free(g->px);
	*g = (struct gray){ 0 };
}

/* "P5 W H 255" and exactly W*H bytes. */
static int parse_pgm(struct buf *b, struct gray *out, struct err *e)
{
	const char *s = (const char *)b->p;
	int at = 0;

	if (!b->n || sscanf(s, "P5 %5d %5d 255%n", &out->w, &out->h, &at) != 2 || !at || out->w < 1 || out->h < 1 ||
	    b->n != (size_t)at + 1 + (size_t)out->w * (size_t)out->h)
		return err_set(e, ERR_PDF_DAMAGED, "pdftoppm: picture not understood");
	out->px = mem_dup(b->p + at + 1, b->n - (size_t)at - 1);
	return 0;
}

static int run_raster(const char *const argv[], int fd, struct gray *out, struct err *e)
{
	AUTO(fd_close) int copy = -1;
	AUTO(buf_free) struct buf b = { 0 };

	*out = (struct gray){ 0 };
	fd = child_source(fd, &copy, e);
	if (fd < 0 || child_run(argv, fd, RASTER_BYTES, &b, e) < 0)
		return -1;
	return parse_pgm(&b, out, e);
}

int raster(int fd, int page, double dpi, double x, double y, double w, double h, struct gray *out, struct err *e)
{
	char n[16], r[16], box[4][16];
	double k = dpi / 72, part[4] = { floor(x * k), floor(y * k), ceil(w * k), ceil(h * k) };

	snprintf(n, sizeof n, "%d", page);
	snprintf(r, sizeof r, "%d", (int)dpi);
	for (int i = 0; i < 4; i++)
		snprintf(box[i], sizeof box[i], "%d", (int)fmax(0, fmin(part[i], 20000)));
	const char *argv[] = { "/usr/bin/pdftoppm", "-gray", "-cropbox", "-r", r, "-f", n, "-l", n, "-x", box[0], "-y", box[1],
		               "-W", box[2], "-H", box[3], CHILD_FILE, NULL };
	return run_raster(argv, fd, out, e);
}

int raster_to(int fd, int page, int w, int h, struct gray *out, struct err *e)
{
	char n[16], sx[16], sy[16];

	snprintf(n, sizeof n, "%d", page);
	snprintf(sx, sizeof sx, "%d", w);
	snprintf(sy, sizeof sy, "%d", h);
	const char *argv[] = { "/usr/bin/pdftoppm", "-gray", "-cropbox", "-scale-to-x", sx, "-scale-to-y", sy, "-f", n, "-l", n,
		               CHILD_FILE, NULL };
	return run_raster(argv, fd, out, e);
}
