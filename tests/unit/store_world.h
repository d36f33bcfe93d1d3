/* A store in a folder of its own, for the tests of this room. */
#ifndef TESTS_STORE_WORLD_H
#define TESTS_STORE_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "store/sqlite.h"
#include "store/store.h"

/* An invented person: no such number is given out (province code 000). */
#define PERSON "000000000017"
#define NEIGHBOUR "000000000025"

static char *world_dir;
static struct seal_key world_key = { .p = { 1, 2, 3 }, .id = 77 };

static inline int world_begin(void **state)
{
	char dir[] = "/tmp/tramky-store-XXXXXX";

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	world_dir = mem_str(dir);
	return 0;
}

static inline int world_end(void **state)
{
	AUTO(mem_free) char *line = mem_printf("rm -rf '%s'", world_dir);

	(void)state;
	free(world_dir);
	return system(line);
}

static inline struct store *world_open(void)
{
	struct store *s = NULL;
	struct err e = { 0 };
	if (store_open(&s, world_dir, &world_key, &e) < 0)
		fail_msg("store_open: %s", e.cause);
	return s;
}

static inline int world_file(const char *text, size_t n)
{
	struct err e = { 0 };
	int fd = fd_memfd("test", &e);
	if (fd < 0 || fd_write_all(fd, text, n, &e) < 0)
		fail_msg("memfd: %s", e.cause);
	return fd;
}

/* Saves a draft with the number n in its body and, when `file` is not NULL, one file "paper". */
static inline int world_save(struct store *s, const char *draft, int n, const char *file, struct err *e)
{
	AUTO(json_release) json_t *body = json_pack("{s:i}", "n", n);
	AUTO(fd_close) int fd = file ? world_file(file, strlen(file)) : -1;
	struct store_file f = { .name = "paper", .fd = fd };
	struct store_draft d = { .person = PERSON, .draft = draft, .title = "Khai sinh", .body = body, .files = &f, .nfiles = file ? 1 : 0 };
	time_t at;
	return store_draft_save(s, &d, &at, e);
}

/* The number in a draft's body; -1 when it cannot be loaded. `text` gets the first file, "" when there is none. */
static inline int world_load(struct store *s, const char *draft, struct buf *text, struct err *e)
{
	AUTO(store_loaded_release) struct store_loaded l = { 0 };

	if (store_draft_load(s, PERSON, draft, 0, 16, &l, e) < 0)
		return -1;
	if (text && l.nfds && fd_read_all(l.fds[0], text, 100 << 20, e) < 0)
		return -1;
	if (text && !l.nfds)
		buf_str(text, "");
	return (int)json_int(l.body, "n", -2);
}

static inline int world_sql(const char *sql)
{
	AUTO(mem_free) char *path = mem_printf("%s/tramky.db", world_dir);
	sqlite3 *db = NULL;
	int rc = sqlite3_open(path, &db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return rc;
}

/* Files in the folder of sealed files. */
static inline int world_count_files(void)
{
	AUTO(mem_free) char *line = mem_printf("ls -A '%s/files' | wc -l", world_dir);
	FILE *p = popen(line, "r");
	int n = -1;
	if (!p || fscanf(p, "%d", &n) != 1)
		n = -1;
	if (p)
		pclose(p);
	return n;
}

#endif
