/* `tramky screens check`. The arithmetic of rows is that of src/ui/layout.c for 80x24: bar, a line for the sandbox, body, a line of
 * help or small print, one or two lines of the screen's keys, the line of keys every screen has. */
#include "screen/screen_int.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS = 24, WIDE = 78, FRAME = 4,   /* bar, sandbox line, help line, common keys */
	ERROR_ROWS = 2,                    /* an error must fit too */
	LABEL_MOST = 40, OPTION_MARGIN = 8, QR_TEXT = 36, PAGE_OF_OPTIONS = 9
};
static const char *const langs[] = { "vi", "en" };

struct check {
	const struct screen *s;
	const char *file, *lang;
	int faults;
};

__attribute__((format(printf, 2, 3)))
static void fault(struct check *c, const char *fmt, ...)
{
	va_list ap;

	printf("%s: ", c->file);
	if (c->lang)
		printf("[%s] ", c->lang);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	c->faults++;
}

static int wrapped(const char *text, int cells)
{
	size_t n = 0;
	char **lines = text && *text ? text_wrap(text, cells, &n) : NULL;

	text_lines_free(lines);
	return (int)n;
}

/* Words of an id, noting when there are none; NULL stays NULL. */
static const char *words(struct check *c, const char *id)
{
	if (!id)
		return NULL;
	if (!msg_has(id))
		fault(c, "no message \"%s\"", id);
	return msg(id);
}

static void fits(struct check *c, const char *id, int most)
{
	const char *w = words(c, id);

	if (w && text_width(w) > most)
		fault(c, "\"%s\" is %d cells wide, %d fit", id, text_width(w), most);
}

static void check_options(struct check *c, const struct field *f)
{
	const json_t *o;
	size_t i;

	json_array_foreach(f->options, i, o) {
		fits(c, json_str(o, "label", NULL), WIDE / (f->columns == 2 ? 2 : 1) - OPTION_MARGIN);
		words(c, json_str(o, "hint", NULL));
		words(c, json_str(o, "group", NULL));
	}
}

static int list_rows(const struct field *f, int open_list)
{
	int n = (int)json_array_size(f->options), label = f->label != NULL;

	if (!n)
		return label + open_list;
	if (n > PAGE_OF_OPTIONS)
		n = PAGE_OF_OPTIONS + 1;        /* the line that tells the page */
	return label + (f->columns == 2 ? (n + 1) / 2 : n);
}

/* Else it stands above the field. */
static bool label_beside(enum field_kind k)
{
	return k == FIELD_TEXT || k == FIELD_SECRET || k == FIELD_DIGITS || k == FIELD_ID || k == FIELD_DATE ||
	       k == FIELD_PHONE || k == FIELD_MAIL || k == FIELD_SEARCH;
}

/* Rows a field needs at least. */
static int field_rows(const struct field *f)
{
	switch (f->kind) {
	case FIELD_TEXT: case FIELD_SECRET: case FIELD_DIGITS: case FIELD_ID: case FIELD_DATE: case FIELD_PHONE:
	case FIELD_MAIL: case FIELD_SEARCH:
		return 1;
	case FIELD_CHOICE: case FIELD_MULTI: case FIELD_FILE:
		return list_rows(f, 3);
	case FIELD_REVIEW:
		return list_rows(f, 5);
	case FIELD_WAIT:
		return 3;
	case FIELD_QR:
		return 0;                       /* stands beside the others */
	case FIELD_PAGE:
		return 9;
	case FIELD_NOTE:
		return 3;
	case FIELD_KIND_COUNT:
		break;
	}
	return 0;
}

/* Lines that the screen's own keys take. */
static int key_lines(struct check *c)
{
	int lines = 1, at = 0;

	if (!c->s->nkeys)
		return 0;
	for (size_t i = 0; i < c->s->nkeys; i++) {
		const char *w = words(c, c->s->keys[i].label);
		int wide = text_width(c->s->keys[i].key) + 3 + text_width(w);

		if (at && at + 2 + wide > WIDE) {
			lines++;
			at = 0;
		}
		at += (at ? 2 : 0) + wide;
	}
	if (lines > 2)
		fault(c, "the keys need %d lines, 2 fit", lines);
	return lines;
}

static void check_words(struct check *c)
{
	const struct screen *s = c->s;
	int rows = 0, room = ROWS - FRAME - key_lines(c), wide = WIDE;

	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->fields[i];

		fits(c, f->label, label_beside(f->kind) ? LABEL_MOST : WIDE);
		fits(c, f->help, WIDE);
		check_options(c, f);
		rows += field_rows(f);
		if (f->kind == FIELD_QR)
			wide = QR_TEXT;
	}
	fits(c, s->title, 50);
	words(c, s->speech);
	rows += wrapped(words(c, s->text), wide) + (s->text != NULL) + ERROR_ROWS;
	if (rows > room)
		fault(c, "needs %d lines of 80x24, %d are there", rows, room);
}

static bool key_known(const char *k)
{
	static const char *const names[] = { "Enter", "Esc", "Tab", "Space", "PgUp", "PgDn", "Delete", "Home", "End", NULL };
	char *end;

	if (k[0] > ' ' && k[0] <= '~' && !k[1])
		return k[0] != '?';
	if (k[0] == 'F' && k[1] >= '1' && k[1] <= '9') {
		long n = strtol(k + 1, &end, 10);

		/* every screen has these already; "9" may repeat F9 in words */
		return !*end && n <= 12 && n != 1 && n != 2 && n != 8 && n != 9 && n != 10;
	}
	for (size_t i = 0; names[i]; i++)
		if (!strcmp(names[i], k))
			return true;
	return false;
}

static void check_keys(struct check *c)
{
	const struct screen *s = c->s;

	for (size_t i = 0; i < s->nkeys; i++) {
		if (!key_known(s->keys[i].key))
			fault(c, "key \"%s\" does not exist or belongs to every screen", s->keys[i].key);
		for (size_t j = 0; j < i; j++)
			if (!strcasecmp(s->keys[i].key, s->keys[j].key))
				fault(c, "key \"%s\" stands twice", s->keys[i].key);
	}
	for (size_t i = 0; i < s->nfields; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(s->fields[i].id, s->fields[j].id))
				fault(c, "field \"%s\" stands twice", s->fields[i].id);
}

static bool among(const char *id, const char *const *known)
{
	for (; *known; known++)
		if (!strcmp(id, *known))
			return true;
	return false;
}

static int check_file(const char *path, const char *name, const char *const *known)
{
	struct err e = { 0 };
	struct screen *s = screen_load(path, &e);
	struct check c = { .s = s, .file = path };

	if (!s) {
		printf("%s\n", e.cause);
		return 1;
	}
	if (strlen(s->id) + 5 != strlen(name) || strncmp(s->id, name, strlen(s->id)))
		fault(&c, "id is \"%s\", the file is called %s", s->id, name);
	if (!among(s->id, known))
		fault(&c, "nothing leads to this screen");
	check_keys(&c);
	for (size_t i = 0; i < COUNT(langs); i++) {
		AUTO(mem_free) char *province = mem_str(msg_province());

		c.lang = langs[i];
		msg_setup(c.lang, province, NULL);
		check_words(&c);
	}
	screen_free(s);
	return c.faults;
}

/* A form of several pages (it has `pages`) is the wizard's; its pages must be screens. -1: the file is a screen. */
static int check_pages(const char *path)
{
	AUTO(json_release) json_t *top = yaml_read(path, NULL);
	const json_t *pages = json_object_get(top, "pages"), *one;
	int faults = 0;
	size_t i;

	if (!pages)
		return -1;
	json_array_foreach((json_t *)pages, i, one) {
		struct err e = { 0 };

		if (json_is_string(one) && (screen_get(json_string_value(one), &e) || !strstr(e.cause, "no screen")))
			continue;
		printf("%s: page %zu: %s\n", path, i + 1, json_is_string(one) ? e.cause : "is no screen");
		faults++;
	}
	return faults;
}

static int yaml_only(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && d->d_name[0] != '.' && !strcmp(d->d_name + n - 5, ".yaml") && strcmp(d->d_name, "province.yaml");
}

static int check_folder(const char *folder, const char *const *known)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, yaml_only, alphasort), faults = 0;

	for (int i = 0; i < n; i++) {
		AUTO(mem_free) char *path = mem_printf("%s/%s", folder, names[i]->d_name);

		int pages = check_pages(path);

		faults += pages >= 0 ? pages : check_file(path, names[i]->d_name, known);
		free(names[i]);
	}
	free(names);
	return faults;
}

/* With the province's own words where it has any. */
static int check_provinces(const char *root, const char *const *known)
{
	AUTO(mem_free) char *folder = mem_printf("%s/provinces", root);
	AUTO(mem_free) char *before = mem_str(msg_province());
	struct dirent **names = NULL;
	int n = scandir(folder, &names, NULL, alphasort), faults = 0;

	for (int i = 0; i < n; i++) {
		AUTO(mem_free) char *sub = mem_printf("%s/%s", folder, names[i]->d_name);

		if (names[i]->d_name[0] != '.' && !msg_setup("vi", names[i]->d_name, NULL))
			faults += check_folder(sub, known);
		free(names[i]);
	}
	free(names);
	msg_setup("vi", before, NULL);
	return faults;
}

static int check_known(const char *const *known)
{
	int faults = 0;

	for (; *known; known++) {
		struct err e = { 0 };

		if (screen_get(*known, &e) || !strstr(e.cause, "no screen"))
			continue;               /* a file that is there but wrong was named already */
		printf("%s\n", e.cause);
		faults++;
	}
	return faults;
}

int screens_check(const char *const *known)
{
	static const char *const folders[] = { "citizen", "staff", "forms" };
	AUTO(mem_free) char *lang = mem_str(msg_lang());
	AUTO(mem_free) char *province = mem_str(msg_province());
	const char *root = screens_folder();
	int faults = 0;

	if (!root) {
		printf("no folder of screens beside the program\n");
		return 1;
	}
	for (size_t i = 0; i < COUNT(folders); i++) {
		AUTO(mem_free) char *folder = mem_printf("%s/%s", root, folders[i]);

		faults += check_folder(folder, known);
	}
	faults += check_provinces(root, known) + check_known(known);
	msg_setup(lang, province, NULL);
	return faults;
}
