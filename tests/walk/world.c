/* What a walk does to the world around the screen, and asks of it: the stick, the terminal's plug, requests ever made, what is
 * left behind. */
#include "walk.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- copying ------------------------------------------------------------------------------------------------------------ */
static int copy_file(const char *from, const char *to)
{
	AUTO(fd_close) int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct err e = { 0 };

	return fd < 0 ? -1 : file_replace_fd(to, fd, 0600, &e);
}

/* Everything below `from`, except names that begin with a dot and `skip`. */
static int copy_tree(const char *from, const char *to, const char *skip)
{
	DIR *d = opendir(from);
	struct dirent *entry;
	struct err e = { 0 };
	int rc = d && file_mkdirs(to, 0700, &e) == 0 ? 0 : -1;

	while (rc == 0 && (entry = readdir(d))) {
		struct stat st;
		if (entry->d_name[0] == '.' || (skip && strcmp(entry->d_name, skip) == 0))
			continue;
		AUTO(mem_free) char *a = mem_printf("%s/%s", from, entry->d_name);
		AUTO(mem_free) char *b = mem_printf("%s/%s", to, entry->d_name);
		if (stat(a, &st) < 0)
			rc = -1;
		else
			rc = S_ISDIR(st.st_mode) ? copy_tree(a, b, skip) : copy_file(a, b);
	}
	if (d)
		closedir(d);
	return rc;
}

/* The stick of this walk gets a file, or all the files of a folder. */
int world_stick(struct walk *w, const char *what)
{
	AUTO(mem_free) char *stick = mem_printf("%s/usb", w->dir);
	const char *slash = strrchr(what, '/');
	AUTO(mem_free) char *to = mem_printf("%s/%s", stick, slash ? slash + 1 : what);
	struct stat st;
	struct err e = { 0 };

	if (stat(what, &st) < 0 || file_mkdirs(stick, 0700, &e) < 0)
		return walk_fail(w, "%s: %s (walks run at the top of the tree)", what, strerror(errno));
	int rc = S_ISDIR(st.st_mode) ? copy_tree(what, stick, NULL) : copy_file(what, to);
	return rc == 0 ? 0 : walk_fail(w, "%s cannot be copied to the stick", what);
}

/* A file of that many kilobytes that begins like a PDF: too large ones need not lie in the tree. */
int world_stick_large(struct walk *w, const char *name, const char *kilobytes)
{
	AUTO(mem_free) char *to = mem_printf("%s/usb/%s", w->dir, name);
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };
	AUTO(mem_free) char *fill = mem_array(1024, 1);

	memset(fill, ' ', 1024);
	buf_str(&b, "%PDF-1.7\n");
	for (long n = strtol(kilobytes, NULL, 10); n > 0 && n <= 65536; n--)
		buf_add(&b, fill, 1024);
	return file_replace(to, b.p, b.n, 0600, &e) == 0 ? 0 : walk_fail(w, "%s", e.cause);
}

/* ---- keys and certificates of the sandbox are made once a build: most of a walk's start ------------------------------------- */
static bool newer(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	       (sa.st_mtim.tv_sec > sb.st_mtim.tv_sec || (sa.st_mtim.tv_sec == sb.st_mtim.tv_sec && sa.st_mtim.tv_nsec > sb.st_mtim.tv_nsec));
}

void world_seed_use(struct walk *w)
{
	AUTO(mem_free) char *seed = mem_printf("%s/walk-seed", w->build);
	AUTO(mem_free) char *program = mem_printf("%s/tramky-sandbox", w->build);
	AUTO(mem_free) char *data = mem_printf("%s/sandbox", w->dir);
	struct stat st;

	if (stat(data, &st) < 0 && newer(seed, program))
		copy_tree(seed, data, "ports");
}

/* After the first start of a new build. Two walks at once: the first rename wins, the other's copy goes. */
void world_seed_keep(struct walk *w)
{
	AUTO(mem_free) char *seed = mem_printf("%s/walk-seed", w->build);
	AUTO(mem_free) char *program = mem_printf("%s/tramky-sandbox", w->build);
	AUTO(mem_free) char *data = mem_printf("%s/sandbox", w->dir);
	AUTO(mem_free) char *mine = mem_printf("%s.%ld", seed, (long)getpid());

	if (newer(seed, program))
		return;
	walk_remove(seed);
	if (copy_tree(data, mine, "ports") < 0 || rename(mine, seed) < 0)
		walk_remove(mine);
}

/* ---- counting ---------------------------------------------------------------------------------------------------------------- */
static int count_in(const char *dir, const char *ending, const char *holds)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int n = 0;

	while (d && (entry = readdir(d))) {
		size_t len = strlen(entry->d_name), m = strlen(ending);
		if (entry->d_name[0] == '.' || len < m || strcmp(entry->d_name + len - m, ending) != 0)
			continue;
		AUTO(mem_free) char *path = mem_printf("%s/%s", dir, entry->d_name);
		AUTO(fd_close) int fd = holds ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		AUTO(buf_free) struct buf b = { 0 };
		struct err e = { 0 };
		n += !holds || (fd >= 0 && fd_read_all(fd, &b, 1 << 20, &e) == 0 && b.p && memmem(b.p, b.n, holds, strlen(holds)));
	}
	if (d)
		closedir(d);
	return n;
}

/* phone count sign 1: how many requests to sign the phones ever got, answered or not; phone count signed 1: and confirmed. */
int world_phone_count(struct walk *w, const char *what, const char *number)
{
	AUTO(mem_free) char *dir = mem_printf("%s/sandbox/transactions", w->dir);
	int want = number ? atoi(number) : -1;
	int got = count_in(dir, ".json", strcmp(what, "signed") == 0 ? "\"state\":\"signed\"" : NULL);

	return got == want ? 0 : walk_fail(w, "the phones got %d requests (%s), not %d", got, what, want);
}

/* portal count 1, waiting up to the patience of `see`: how many dossiers arrived. */
int world_portal_count(struct walk *w, const char *number)
{
	AUTO(mem_free) char *dir = mem_printf("%s/sandbox/portal", w->dir);
	int64_t until = clock_ms() + (int64_t)(5000 * w->patience);
	int want = number ? atoi(number) : -1, got;

	while ((got = count_in(dir, "", NULL) - count_in(dir, "code-pattern", NULL)) < want && clock_ms() < until)
		term_pump(w->term, 50);
	return got == want ? 0 : walk_fail(w, "%d dossiers arrived, not %d", got, want);
}

/* ---- what is left ------------------------------------------------------------------------------------------------------------- */
static int look_for(struct walk *w, const char *dir, const char *text)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && d && (entry = readdir(d))) {
		struct stat st;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		AUTO(mem_free) char *path = mem_printf("%s/%s", dir, entry->d_name);
		if (lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			/* The sandbox's copies for people who try the program are no part of the kiosk. */
			rc = strcmp(entry->d_name, "out") == 0 ? 0 : look_for(w, path, text);
			continue;
		}
		AUTO(fd_close) int fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		AUTO(buf_free) struct buf b = { 0 };
		struct err e = { 0 };
		if (fd >= 0 && fd_read_all(fd, &b, 64u << 20, &e) == 0 && b.p && memmem(b.p, b.n, text, strlen(text)))
			rc = walk_fail(w, "\"%s\" stands in %s", text, path);
	}
	if (d)
		closedir(d);
	return rc;
}

/* No file of the kiosk (store, logs, state files, session) holds the text: what is kept is sealed (rules P1, P9, T4). */
int world_nowhere(struct walk *w, const char *text)
{
	AUTO(mem_free) char *dir = mem_printf("%s/sandbox/kiosk", w->dir);
	return look_for(w, dir, text);
}

int world_session_empty(struct walk *w)
{
	AUTO(mem_free) char *dir = mem_printf("%s/sandbox/kiosk/session", w->dir);
	int n = count_in(dir, "", NULL);

	return n == 0 ? 0 : walk_fail(w, "%d files in the session directory", n);
}

/* logged "SG-REFUSED": the log has a line with the text (what an officer and the operator go by). */
int world_logged(struct walk *w, const char *text)
{
	AUTO(mem_free) char *dir = mem_printf("%s/sandbox/kiosk/log", w->dir);
	int64_t until = clock_ms() + (int64_t)(5000 * w->patience);

	while (count_in(dir, ".log", text) == 0 && clock_ms() < until)
		term_pump(w->term, 50);
	return count_in(dir, ".log", text) ? 0 : walk_fail(w, "no line of the log has \"%s\"", text);
}

/* The newest dossier's code, as the slip shows it. */
char *world_code(struct walk *w)
{
	AUTO(mem_free) char *dir = mem_printf("%s/sandbox/portal", w->dir);
	return walk_newest(dir, "");
}

/* Signing goes another way: `way vnpt` puts that section of the sandbox's configuration in the place of "neac". */
void world_way(struct buf *config, const char *way)
{
	AUTO(mem_free) char *mine = mem_printf("\n  %s:\n", way);
	struct buf out = { 0 };

	buf_add(config, "", 1);
	char *text = (char *)config->p, *old = strstr(text, "\n  neac:\n"), *wanted = strstr(text, mine);
	if (old && wanted && old < wanted) {
		buf_add(&out, text, (size_t)(old - text));
		buf_str(&out, "\n  neac-before:\n");
		buf_add(&out, old + 9, (size_t)(wanted - old) - 9);
		buf_str(&out, "\n  neac:\n    poll_ms: 200\n");
		buf_str(&out, wanted + strlen(mine));
		buf_free(config);
		*config = out;
	} else {
		config->n--;
	}
}
