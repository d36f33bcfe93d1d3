/* Files of citizens: one sealed file on the disk each, in sealed parts, so that 64 MB never lie in memory at once.
 * Order (trap JN2): temporary name, fsync, rename, fsync of the folder, and only then the row that names it. What no row
 * names is swept at the next start. */
#include "store/sqlite.h"

#include "base/err.h"
#include "base/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART = 1024 * 1024, SEAL_MORE = 64, NAME = 16 };

/* A sealed file as its owner's sealed row describes it. */
struct item {
	char *name;                              /* on the disk: random */
	size_t size;
	struct seal_key key;
};

static void item_release(struct item *i)
{
	free(i->name);
	seal_key_wipe(&i->key);
}

static int os_error(const char *what, struct err *e)
{
	bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
	return err_set(e, full ? ERR_STORE_FULL : ERR_STORE_GONE, "%s: %s", what, strerror(errno));
}

static size_t parts_of(size_t size)
{
	return size ? (size - 1) / PART + 1 : 1;
}

/* Every part knows its file, its place and how many there are: none can be left out, doubled or moved. */
static char *part_row(const struct item *it, size_t i)
{
	return mem_printf("file/%s/%zu/%zu/%zu", it->name, i, parts_of(it->size), it->size);
}

static int read_part(int fd, unsigned char *p, size_t n, off_t at, struct err *e)
{
	while (n) {
		ssize_t r = pread(fd, p, n, at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? os_error("pread", e) : err_set(e, ERR_REJECTED, "a file became shorter");
		p += r;
		n -= (size_t)r;
		at += r;
	}
	return 0;
}

static int write_parts(const struct item *it, int from, int to, struct err *e)
{
	AUTO(wipe_buf) struct buf plain = { 0 };
	plain.p = mem_alloc(PART);
	plain.n = PART;

	for (size_t i = 0; i < parts_of(it->size); i++) {
		AUTO(buf_free) struct buf sealed = { 0 };
		AUTO(mem_free) char *row = part_row(it, i);
		size_t left = it->size - i * PART, n = left < PART ? left : PART;
		if (read_part(from, plain.p, n, (off_t)(i * PART), e) < 0)
			return -1;
		if (seal_bytes(&sealed, &it->key, row, 1, plain.p, n, e) < 0 || fd_write_all(to, sealed.p, sealed.n, e) < 0)
			return -1;
	}
	return 0;
}

static int write_file(struct store *s, const struct item *it, int from, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", s->folder, it->name);
	AUTO(mem_free) char *temp = mem_printf("%s.new", path);
	AUTO(fd_close) int to = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (to < 0)
		return os_error("open", e);
	store_step("file opened");
	int rc = write_parts(it, from, to, e);
	store_step("file written");
	if (rc == 0 && fsync(to) < 0)
		rc = os_error("fsync", e);
	store_step("file synced");
	if (rc == 0 && rename(temp, path) < 0)
		rc = os_error("rename", e);
	if (rc < 0) {
		unlink(temp);
		return -1;
	}
	store_step("file named");
	return 0;
}

static int describe(struct store *s, const struct store_file *f, struct item *it, json_t *list, struct err *e)
{
	unsigned char name[NAME];
	AUTO(wipe_buf) struct buf salt = { 0 };
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return os_error("fstat", e);
	if (!S_ISREG(st.st_mode) || st.st_size > STORE_FILE_MAX)
		return err_set(e, ERR_FILE_TOO_BIG, "file of %lld bytes", (long long)st.st_size);
	if (seal_random(name, sizeof name, e) < 0 || new_salt(&salt, e) < 0)
		return -1;
	*it = (struct item){ .name = hex_text(name, sizeof name), .size = (size_t)st.st_size };
	if (seal_key_derive(&it->key, &s->key, "file", salt.p, salt.n, e) < 0)
		return -1;
	AUTO(mem_free) char *salt_text = hex_text(salt.p, salt.n);
	json_t *j = json_pack("{s:s,s:s,s:I,s:s}", "name", f->name, "file", it->name, "size", (json_int_t)it->size, "salt", salt_text);
	if (!j)
		return err_set(e, ERR_USAGE, "a file's name is no text");
	json_array_append_new(list, j);
	return 0;
}

static int sync_folder(struct store *s, struct err *e)
{
	AUTO(fd_close) int fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0 ? 0 : os_error("fsync of the folder", e);
}

/* What a write will take: the papers, and the JSON twice, in the log and in the database. */
static int ask_room(struct store *s, const struct store_file *files, size_t n, const json_t *body, struct err *e)
{
	size_t bytes = 2 * json_dumpb(body, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	struct stat st;

	for (size_t i = 0; i < n; i++)
		if (fstat(files[i].fd, &st) == 0 && st.st_size > 0 && st.st_size <= STORE_FILE_MAX)
			bytes += (size_t)st.st_size;
	return db_room(s, bytes, e);
}

int files_write(struct store *s, const struct store_file *files, size_t n, const json_t *body, json_t *list, struct err *e)
{
	AUTO(json_release) json_t *made = json_array();
	int rc = ask_room(s, files, n, body, e);

	for (size_t i = 0; i < n && rc == 0; i++) {
		AUTO(item_release) struct item it = { 0 };
		rc = describe(s, &files[i], &it, made, e);
		if (rc == 0)
			rc = write_file(s, &it, files[i].fd, e);
	}
	if (rc == 0 && n)
		rc = sync_folder(s, e);
	if (rc < 0) {
		files_remove(s, made);
		return -1;
	}
	store_step("folder synced");
	json_array_extend(list, made);
	return 0;
}

static int read_item(struct store *s, const json_t *j, struct item *it, struct err *e)
{
	AUTO(wipe_buf) struct buf salt = { 0 };
	const char *name = json_need_str(j, "file", e), *hex = json_need_str(j, "salt", e);
	long long size = json_int(j, "size", -1);

	if (!name || !hex || size < 0 || size > STORE_FILE_MAX || strspn(name, "0123456789abcdef") != strlen(name))
		return err_set(e, ERR_REJECTED, "a file's description is odd");
	if (hex_bytes(hex, &salt, e) < 0)
		return -1;
	*it = (struct item){ .name = mem_str(name), .size = (size_t)size };
	return seal_key_derive(&it->key, &s->key, "file", salt.p, salt.n, e);
}

static int open_parts(const struct item *it, int from, int to, struct err *e)
{
	AUTO(buf_free) struct buf sealed = { 0 };
	struct stat st;
	off_t at = 0;

	/* What a seal adds is the same for every part: the first one's size tells it. */
	if (fstat(from, &st) < 0)
		return os_error("fstat", e);
	size_t parts = parts_of(it->size);
	if (st.st_size < (off_t)it->size || (size_t)(st.st_size - (off_t)it->size) % parts ||
	    (size_t)(st.st_size - (off_t)it->size) / parts > SEAL_MORE)
		return err_set(e, ERR_REJECTED, "a sealed file has another length");
	size_t more = (size_t)(st.st_size - (off_t)it->size) / parts;
	sealed.p = mem_alloc(PART + SEAL_MORE);
	for (size_t i = 0; i < parts; i++) {
		AUTO(wipe_buf) struct buf plain = { 0 };
		AUTO(mem_free) char *row = part_row(it, i);
		size_t left = it->size - i * PART, n = (left < PART ? left : PART) + more;
		if (read_part(from, sealed.p, n, at, e) < 0 || seal_open(&plain, &it->key, row, 1, sealed.p, n, e) < 0 ||
		    fd_write_all(to, plain.p, plain.n, e) < 0)
			return -1;
		at += (off_t)n;
	}
	return 0;
}

int files_open(struct store *s, const json_t *j, struct err *e)
{
	AUTO(item_release) struct item it = { 0 };

	if (read_item(s, j, &it, e) < 0)
		return -1;
	AUTO(mem_free) char *path = mem_printf("%s/%s", s->folder, it.name);
	AUTO(fd_close) int from = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return errno == ENOENT ? err_set(e, ERR_REJECTED, "a sealed file is missing") : os_error("open", e);
	AUTO(fd_close) int to = fd_memfd("tramky-file", e);
	if (to < 0)
		return -1;
	if (open_parts(&it, from, to, e) < 0) {
		if (e && e->kind == ERR_REJECTED)
			err_reason(e, "store.seal");
		return -1;
	}
	if (fd_seal(to, e) < 0)
		return -1;
	int fd = to;
	to = -1;
	return fd;
}

void files_remove(struct store *s, const json_t *list)
{
	size_t i;
	json_t *j;

	json_array_foreach((json_t *)list, i, j) {
		AUTO(mem_free) char *path = mem_printf("%s/%s", s->folder, json_str(j, "file", ""));
		unlink(path);
	}
}

int files_own(struct store *s, const char *owner, int64_t id, const json_t *list, struct err *e)
{
	bool draft = strcmp(owner, "draft") == 0;
	size_t i;
	json_t *j;

	json_array_foreach((json_t *)list, i, j) {
		const char *sql = draft ? "insert into file(name, draft) values(?1, ?2)" : "insert into file(name, outbox) values(?1, ?2)";
		if (db_run(s, e, sql, "ti", json_str(j, "file", ""), id) < 0)
			return -1;
	}
	return 0;
}

json_t *files_owned(struct store *s, enum files_of whose, int64_t id, struct err *e)
{
	static const char *const queries[] = {
		[FILES_OF_DRAFT] = "select name from file where draft = ?1", [FILES_OF_OUTBOX] = "select name from file where outbox = ?1",
	};
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, queries[whose], "i", id);
	AUTO(json_release) json_t *list = json_array();
	int rc = -1;

	while (q && (rc = db_step(s, q, e)) > 0)
		json_array_append_new(list, json_pack("{s:s}", "file", db_text(q, 0)));
	return q && rc == 0 ? STEAL(&list) : NULL;
}

int files_disown(struct store *s, const json_t *list, struct err *e)
{
	size_t i;
	json_t *j;

	json_array_foreach((json_t *)list, i, j)
		if (db_run(s, e, "delete from file where name = ?1", "t", json_str(j, "file", "")) < 0)
			return -1;
	return 0;
}

int files_load(struct store *s, const json_t *list, size_t skip, size_t max, struct store_loaded *out, struct err *e)
{
	out->total = json_array_size(list);
	out->names = json_array();
	out->fds = mem_array(max, sizeof *out->fds);
	for (size_t i = skip; i < out->total && out->nfds < max; i++) {
		const json_t *j = json_array_get(list, i);
		int fd = files_open(s, j, e);
		if (fd < 0)
			return -1;
		out->fds[out->nfds++] = fd;
		json_array_append(out->names, json_object_get(j, "name"));
	}
	return 0;
}

void files_sweep(struct store *s)
{
	DIR *d = opendir(s->folder);

	for (struct dirent *f; d && (f = readdir(d));) {
		if (f->d_name[0] == '.')
			continue;
		/* On doubt (an error of the engine) a file stays. */
		if (db_number(s, NULL, 0, "select count(*) from file where name = ?1", "t", f->d_name) == 0)
			unlinkat(dirfd(d), f->d_name, 0);
	}
	if (d)
		closedir(d);
}
