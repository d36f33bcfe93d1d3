/* Import: every row is checked and cleaned, the whole folder changes in one step or not at all. */
#include "catalogue/catalogue_int.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CELL_MAX = 20000, ROWS_MAX = 200000, EXTRA_MAX = 8 << 20 };

/* Codes seen so far, sorted in by insertion order of the file: later tables refer to them. */
struct codes {
	char **list;
	size_t n, room;
};

struct import {
	const char *from;
	FILE *report;
	size_t taken, skipped;
	struct codes provinces, communes, procedures;
};

static bool known(const struct codes *c, const char *code)
{
	/* Tables are sorted by code as a rule, so the last one is the likeliest. */
	for (size_t i = c->n; i > 0; i--)
		if (strcmp(c->list[i - 1], code) == 0)
			return true;
	return false;
}

static void remember(struct codes *c, const char *code)
{
	if (c->n == c->room) {
		c->room = c->room * 2 + 256;
		c->list = mem_grow(c->list, c->room, sizeof *c->list);
	}
	c->list[c->n++] = mem_str(code);
}

static void codes_clear(struct codes *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->list[i]);
	free(c->list);
}

static bool digits(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789") == n;
}

/* The portal's export glues the number that ends a text to the count behind it ("... số 25/2025" + "1" -> 20251,
 * "BM.NCC.20.3" + "1" -> 31). Nobody hands in ten originals: the last digit is the count. */
static bool count_mended(char *s)
{
	size_t n = strlen(s);

	if (strspn(s, "0123456789") != n || n > 9)
		return false;
	if (n > 1)
		memmove(s, s + n - 1, 2);
	return true;
}

/* Each judge gives NULL for a good row, else why it is left out. */
static const char *judge_province(struct import *im, char **row)
{
	if (!digits(row[0], 2) || !*row[1] || !*row[2])
		return "no two-digit code, or no name";
	if (known(&im->provinces, row[0]))
		return "code twice";
	remember(&im->provinces, row[0]);
	return NULL;
}

static const char *judge_commune(struct import *im, char **row)
{
	if (!digits(row[0], 5) || !*row[1] || !*row[2])
		return "no five-digit code, or no name";
	if (!known(&im->provinces, row[4]))
		return "unknown province";
	if (known(&im->communes, row[0]))
		return "code twice";
	remember(&im->communes, row[0]);
	return NULL;
}

static const char *judge_procedure(struct import *im, char **row)
{
	if (!catalogue_is_code(row[0]) || !*row[1])
		return "no code d.dddddd, or no name";
	if (strspn(row[3], "BTXK") != strlen(row[3]))
		return "unknown level";
	if (known(&im->procedures, row[0]))
		return "code twice";
	remember(&im->procedures, row[0]);
	return NULL;
}

static const char *judge_method(struct import *im, char **row)
{
	return known(&im->procedures, row[0]) ? NULL : "unknown procedure";
}

static const char *judge_component(struct import *im, char **row)
{
	if (!known(&im->procedures, row[0]))
		return "unknown procedure";
	if (!*row[3])
		return "no text";
	if (!count_mended(row[4]) || !count_mended(row[5]))
		return "number of originals or copies";
	return strcmp(row[6], "paper") == 0 || strcmp(row[6], "note") == 0 ? NULL : "kind is neither paper nor note";
}

static const char *judge_common(struct import *im, char **row)
{
	if (!*row[0])
		return "no phrase";
	return catalogue_is_code(row[1]) && !known(&im->procedures, row[1]) ? "unknown procedure" : NULL;
}

static const char *judge_deadline(struct import *im, char **row)
{
	return known(&im->procedures, row[0]) ? NULL : "unknown procedure";
}

static const char *judge_any(struct import *im, char **row)
{
	(void)im;
	return *row[0] ? NULL : "empty";
}

/* In the order in which they refer to one another. `given`: comes with the import; the others may stay as they are. */
static const struct sheet {
	const char *name, *header;
	size_t columns;
	bool given;
	const char *(*judge)(struct import *im, char **row);
} sheets[] = {
	{ "provinces.tsv", "code\tname\tfull_name\tkind\tn_communes\tformed_from_63", 6, true, judge_province },
	{ "communes.tsv", "code\tname\tfull_name\tkind\tprovince_code", 5, true, judge_commune },
	{ "procedures.tsv",
	  "code\tname\tfield\tlevels\tissuer\texecuting_agency\tchannels\tdecision_no\tapplicants\tportal_id", 10, true,
	  judge_procedure },
	{ "procedure_methods.tsv", "code\trow\tchannel\ttime_n\ttime_unit\tfee_and_note", 6, true, judge_method },
	{ "procedure_components.tsv", "code\tseq\tgroup\ttext\toriginals\tcopies\tkind\thas_form_file", 8, true,
	  judge_component },
	{ "cccd_province_codes.tsv", "cccd_code\tprovince_at_issue_63\tprovince_code_now\tprovince_now", 4, false, judge_any },
	{ "common_names.tsv", "phrase\ttarget", 2, false, judge_common },
	{ "deadlines.tsv", "code\trule\tuntil\tsource", 4, false, judge_deadline },
	{ "holidays.tsv", "date\tkind\tname\tsource", 4, false, judge_any },
};

static const char *take_row(struct import *im, const struct sheet *s, char *line, size_t n, struct buf *out)
{
	char *row[TABLE_COLUMNS_MAX] = { 0 };
	const char *why = NULL;
	size_t i = 0;

	if (strlen(line) != n || !text_is_utf8(line, n))
		return "not UTF-8 text";
	for (char *cell = line; cell && i < TABLE_COLUMNS_MAX; i++) {
		char *tab = strchr(cell, '\t');

		if (tab)
			*tab = '\0';
		if (strlen(cell) > CELL_MAX)
			why = "a cell is too long";
		/* Control and direction characters out, NFC: component texts of the portal carry U+200E. */
		row[i] = text_clean(cell, false);
		cell = tab ? tab + 1 : NULL;
	}
	if (i != s->columns)
		why = "wrong number of columns";
	why = why ? why : s->judge(im, row);
	for (size_t k = 0; k < i; k++) {
		if (!why)
			buf_printf(out, "%s%c", row[k], k + 1 < i ? '\t' : '\n');
		free(row[k]);
	}
	return why;
}

static int take_sheet(struct import *im, const struct sheet *s, const char *text, size_t n, struct buf *out, struct err *e)
{
	size_t line = 1, good = 0, head = strlen(s->header);
	const char *end = text + n, *p = memchr(text, '\n', n);

	if (!p || strncmp(text, s->header, head) != 0 || strspn(text + head, "\r") != (size_t)(p - text) - head)
		return err_set(e, ERR_FILE_TYPE, "%s: the first line names other columns", s->name);
	buf_printf(out, "%s\n", s->header);
	for (p++; p < end; line++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t length = (size_t)((stop ? stop : end) - p);

		if (good > ROWS_MAX)
			return err_set(e, ERR_FILE_TOO_BIG, "%s: too many rows", s->name);
		AUTO(mem_free) char *copy = mem_alloc(length + 1);
		memcpy(copy, p, length);
		size_t kept = length > 0 && copy[length - 1] == '\r' ? length - 1 : length;
		copy[kept] = '\0';
		const char *why = kept ? take_row(im, s, copy, kept, out) : "empty line";
		good += !why;
		im->skipped += why != NULL;
		if (why && im->report)
			fprintf(im->report, "%s:%zu: %s\n", s->name, line + 1, why);
		p = stop ? stop + 1 : end;
	}
	im->taken += good;
	if (!good && s->given)
		return err_set(e, ERR_FILE_TYPE, "%s: no usable row", s->name);
	return 0;
}

static int read_file(const char *dir, const char *name, struct buf *out, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", dir, name);
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return err_set(e, ERR_NO_FILE, "%s: %s", name, fd < 0 ? strerror(errno) : "no file");
	return fd_read_all(fd, out, TABLE_BYTES_MAX, e);
}

static int write_file(const char *dir, const char *name, const struct buf *b, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", dir, name);

	return file_replace(path, b->p, b->n, 0644, e);
}

/* Authored tables that the import does not bring stay: they are read from the folder that is replaced. */
static int make_sheet(struct import *im, const struct sheet *s, const char *old, const char *fresh, struct err *e)
{
	AUTO(buf_free) struct buf in = { 0 }, out = { 0 };

	if (read_file(im->from, s->name, &in, e)) {
		buf_free(&in);
		if (s->given)
			return -1;
		if (read_file(old, s->name, &in, NULL)) {
			buf_free(&in);
			buf_printf(&in, "%s\n", s->header);
		}
	}
	err_clear(e);
	if (take_sheet(im, s, (const char *)in.p, in.n, &out, e))
		return -1;
	return write_file(fresh, s->name, &out, e);
}

static bool is_sheet(const char *name)
{
	for (size_t i = 0; i < COUNT(sheets); i++)
		if (strcmp(sheets[i].name, name) == 0)
			return true;
	return false;
}

/* What else lives in the folder (README, groups of life events) moves along unchanged. */
static int keep_others(const char *old, const char *fresh, struct err *e)
{
	DIR *d = opendir(old);
	int rc = 0;

	if (!d)
		return errno == ENOENT ? 0 : err_set(e, ERR_NO_FILE, "%s: %s", old, strerror(errno));
	for (const struct dirent *f; rc == 0 && (f = readdir(d));) {
		AUTO(buf_free) struct buf b = { 0 };
		struct stat st;

		if (is_sheet(f->d_name) || fstatat(dirfd(d), f->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) ||
		    st.st_size > EXTRA_MAX)
			continue;
		rc = read_file(old, f->d_name, &b, e) || write_file(fresh, f->d_name, &b, e) ? -1 : 0;
	}
	closedir(d);
	return rc;
}

static void remove_folder(const char *path)
{
	DIR *d = opendir(path);

	if (!d)
		return;
	for (const struct dirent *f; (f = readdir(d));)
		unlinkat(dirfd(d), f->d_name, 0);
	closedir(d);
	rmdir(path);
}

static int sync_folder(const char *path, struct err *e)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd))
		return err_set(e, ERR_NO_FILE, "%s: %s", path, strerror(errno));
	return 0;
}

/* Power may go at any moment: before the exchange the old folder stands whole, after it the new one; what lies beside
 * them under `fresh` is swept by the next import. */
static int switch_folders(const char *fresh, const char *to, const char *parent, struct err *e)
{
	bool exists = access(to, F_OK) == 0;

	if (sync_folder(fresh, e))
		return -1;
	if (renameat2(AT_FDCWD, fresh, AT_FDCWD, to, exists ? RENAME_EXCHANGE : RENAME_NOREPLACE))
		return err_set(e, ERR_STORE_FULL, "%s: %s", to, strerror(errno));
	if (sync_folder(parent, e))
		return -1;
	if (exists)
		remove_folder(fresh);
	return 0;
}

static int build(struct import *im, const char *to, const char *fresh, struct err *e)
{
	remove_folder(fresh);
	if (mkdir(fresh, 0755))
		return err_set(e, ERR_STORE_FULL, "%s: %s", fresh, strerror(errno));
	for (size_t i = 0; i < COUNT(sheets); i++)
		if (make_sheet(im, &sheets[i], to, fresh, e))
			return -1;
	if (keep_others(to, fresh, e))
		return -1;
	AUTO(catalogue_release) struct catalogue *try = catalogue_open(fresh, e);
	return try ? 0 : -1;
}

int catalogue_import(const char *dir, const char *to, FILE *report, struct err *e)
{
	struct import im = { .from = dir, .report = report };
	AUTO(mem_free) char *real = realpath(to, NULL);
	AUTO(mem_free) char *target = mem_str(real ? real : to);
	char *slash = strrchr(target, '/');
	AUTO(mem_free) char *parent = slash ? mem_strn(target, (size_t)(slash - target)) : mem_str(".");
	AUTO(mem_free) char *fresh = mem_printf("%s.new", target);
	AUTO(fd_close) int lock = open(*parent ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB))
		return err_set(e, ERR_STORE_FULL, "%s: %s", parent, lock < 0 ? strerror(errno) : "another import is running");
	int rc = build(&im, target, fresh, e);

	if (rc == 0)
		rc = switch_folders(fresh, target, *parent ? parent : "/", e);
	else
		remove_folder(fresh);
	codes_clear(&im.provinces);
	codes_clear(&im.communes);
	codes_clear(&im.procedures);
	if (rc == 0 && report)
		fprintf(report, "%zu rows taken, %zu skipped\n", im.taken, im.skipped);
	return rc;
}
