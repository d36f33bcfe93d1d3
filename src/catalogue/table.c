#include "catalogue/catalogue_int.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int whole_file(char **out, size_t *n, const char *path, struct err *e)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_set(e, ERR_NO_FILE, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > TABLE_BYTES_MAX)
		return err_set(e, ERR_FILE_TOO_BIG, "%s: no file, or too large", path);
	AUTO(mem_free) char *text = mem_alloc((size_t)st.st_size + 1);

	for (*n = 0; *n < (size_t)st.st_size;) {
		ssize_t got = read(fd, text + *n, (size_t)st.st_size - *n);

		if (got < 0 && errno != EINTR)
			return err_set(e, ERR_NO_FILE, "%s: %s", path, strerror(errno));
		if (got == 0)
			break;
		*n += got > 0 ? (size_t)got : 0;
	}
	*out = STEAL(&text);
	return 0;
}

/* Cuts one line into exactly `columns` cells; false when it has more or fewer. */
static bool cut(char *line, char *end, char **cells, size_t columns)
{
	for (size_t i = 0; i < columns; i++) {
		char *tab = memchr(line, '\t', (size_t)(end - line));

		cells[i] = line;
		if ((i + 1 < columns) != (tab != NULL))
			return false;
		if (tab) {
			*tab = '\0';
			line = tab + 1;
		}
	}
	return true;
}

static size_t count_lines(const char *p, size_t n)
{
	size_t lines = 1;

	for (const char *end = p + n; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		lines++;
	return lines;
}

int table_read(struct table *t, const char *dir, const char *name, size_t columns, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", dir, name);
	size_t n = 0, line = 1;

	*t = (struct table){ .columns = columns };
	if (whole_file(&t->text, &n, path, e))
		return -1;
	char *p = memchr(t->text, '\n', n), *end = t->text + n;

	if (!p)
		return err_set(e, ERR_CONFIG, "%s: no rows", name);
	t->cells = mem_array(count_lines(t->text, n) * columns, sizeof *t->cells);
	for (p++; p < end; line++) {
		char *stop = memchr(p, '\n', (size_t)(end - p));

		stop = stop ? stop : end;
		*stop = '\0';
		if (stop > p && !cut(p, stop, t->cells + t->rows * columns, columns))
			return err_set(e, ERR_CONFIG, "%s:%zu: not %zu columns", name, line + 1, columns);
		t->rows += stop > p;
		p = stop + 1;
	}
	return 0;
}

void table_clear(struct table *t)
{
	free(t->text);
	free(t->cells);
	*t = (struct table){ 0 };
}

const char *table_cell(const struct table *t, size_t row, size_t column)
{
	return t->cells[row * t->columns + column];
}
