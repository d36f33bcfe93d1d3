/* tramky-walk FILE.walk [--size 80x24] [--shots DIR] [--show] [--verbose] [--dir DIR]: exit 0, or the line that failed with the screen. */
#include "walk.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <fcntl.h>
#include <ftw.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

void walk_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Helpers that outlive the screen are this walk's own: nothing of it stays running. */
static void stop_strays(struct walk *w)
{
	static const char *const programs[] = { "tramky-net", "tramky-store", "tramky-doc" };

	for (size_t i = 0; i < COUNT(programs); i++)
		signal_running(w, programs[i], SIGKILL);
}

void walk_stop(struct walk *w)
{
	term_free(w->term);
	w->term = NULL;
	if (w->dir)
		stop_strays(w);
	if (w->sandbox > 0) {
		kill(w->sandbox, SIGCONT);
		kill(w->sandbox, SIGTERM);
		waitpid(w->sandbox, NULL, 0);
		close(w->sandbox_out);
	}
	json_decref(w->ready);
	w->ready = NULL;
}

static char *build_dir(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	exe[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(exe, '/');
	return slash ? mem_strn(exe, (size_t)(slash - exe)) : mem_str(".");
}

int walk_play(struct walk *w, const char *file)
{
	AUTO(fd_close) int fd = open(file, O_RDONLY | O_CLOEXEC);
	const char *outer = w->file;
	int outer_line = w->line;
	struct buf b = { 0 };
	struct err e = { 0 };
	int rc = 0;

	if (fd < 0 || fd_read_all(fd, &b, 1 << 20, &e) < 0) {
		printf("%s: cannot be read\n", file);
		return -1;
	}
	w->file = file;
	w->line = 0;
	buf_add(&b, "", 1);
	for (char *line = (char *)b.p, *next; rc == 0 && line && *line; line = next) {
		char *end = strchr(line, '\n');
		next = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		w->line++;
		rc = walk_line(w, line);
	}
	buf_free(&b);
	w->file = outer;
	w->line = outer_line;
	return rc;
}

static int play(struct walk *w)
{
	int rc = walk_play(w, w->file);

	if (rc < 0 && w->term) {
		AUTO(mem_free) char *screen = term_text(w->term);
		printf("the screen:\n%s", screen);
	}
	return rc;
}

static int usage(void)
{
	fputs("tramky-walk FILE.walk [--size 80x24] [--shots DIR] [--show] [--verbose] [--dir DIR]\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	AUTO(mem_free) char *build = build_dir();
	struct walk w = { .build = build, .rows = 24, .cols = 80, .patience = 1 };

	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verbose") == 0)
			w.verbose = true;
		else if (strcmp(argv[i], "--show") == 0)
			w.show = true;
		else if (strcmp(argv[i], "--size") == 0 && i + 1 < argc && sscanf(argv[i + 1], "%dx%d", &w.cols, &w.rows) == 2)
			i++;
		else if (strcmp(argv[i], "--shots") == 0 && i + 1 < argc)
			w.shots = argv[++i];
		else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
			w.keep = argv[++i];
		else if (argv[i][0] == '-' || w.file)
			return usage();
		else
			w.file = argv[i];
	}
	if (!w.file)
		return usage();
	if (getenv("SAN") && *getenv("SAN"))
		w.patience = 6;
	char temp[] = "/tmp/tramky-walk-XXXXXX";
	struct err e = { 0 };
	if (w.keep ? file_mkdirs(w.keep, 0700, &e) < 0 : !mkdtemp(temp))
		return walk_fail(&w, "no folder to work in") ? 1 : 1;
	w.dir = w.keep ? realpath(w.keep, NULL) : mem_str(temp);
	int rc = play(&w);
	walk_stop(&w);
	if (rc < 0)
		printf("kept for looking: %s\n", w.dir);
	else if (!w.keep)
		walk_remove(w.dir);
	mem_free(&w.dir);
	mem_free(&w.province);
	mem_free(&w.person);
	mem_free(&w.remembered);
	mem_free(&w.extra);
	mem_free(&w.sandbox_args);
	mem_free(&w.kiosk_args);
	mem_free(&w.environment);
	mem_free(&w.way);
	return rc < 0 ? 1 : 0;
}
