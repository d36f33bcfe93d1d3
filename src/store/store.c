#include "store/sqlite.h"

#include "base/err.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

void store_close(struct store *s)
{
	if (!s)
		return;
	sqlite3_close(s->db);
	fd_close(&s->lock);
	seal_key_wipe(&s->key);
	free(s->dir);
	free(s->folder);
	free(s);
}

void store_release(struct store **s)
{
	store_close(*s);
	*s = NULL;
}

/* Only who is alone may sweep: a file of somebody else may be on the disk with its row still to come. */
static int lock_and_sweep(struct store *s, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/store.lock", s->dir);

	s->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return err_set(e, errno == ENOSPC ? ERR_STORE_FULL : ERR_STORE_GONE, "store.lock: %s", strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		files_sweep(s);
	if (flock(s->lock, LOCK_SH) < 0)
		return err_set(e, ERR_STORE_GONE, "flock: %s", strerror(errno));
	return 0;
}

int store_open(struct store **out, const char *dir, const struct seal_key *key, struct err *e)
{
	AUTO(store_release) struct store *s = mem_alloc(sizeof *s);

	*s = (struct store){ .dir = mem_str(dir), .folder = mem_printf("%s/files", dir), .key = *key, .lock = -1 };
	*out = NULL;
	if (file_mkdirs(s->folder, 0700, e) < 0)
		return err_add(e, "store");
	if (db_open(s, e) < 0 || ledger_check(s, e) < 0 || lock_and_sweep(s, e) < 0 || drafts_forget_old(s, e) < 0)
		return err_add(e, "store");
	*out = STEAL(&s);
	return 0;
}

int64_t store_rows(struct store *s, struct err *e)
{
	return db_number(s, e, 0, "select (select count(*) from draft) + (select count(*) from outbox) +"
		" (select count(*) from history)", "");
}

void store_loaded_release(struct store_loaded *l)
{
	for (size_t i = 0; i < l->nfds; i++)
		fd_close(&l->fds[i]);
	free(l->fds);
	json_decref(l->body);
	json_decref(l->names);
	*l = (struct store_loaded){ 0 };
}
