/* tramky-screens: every screen with sample data, as text. A file of tests/screen/golden is one scene in one language: at 80x24 and
 * in the large mode at 40x12, each a plane of characters and a plane of attributes. Screens that go on below (PgDn) are
 * kept to their end.
 *   tramky-screens check [NAME]     compares, and holds rule T1; lines "ok ...", "not ok ...: why"
 *   tramky-screens write [NAME]     writes the files anew
 *   tramky-screens shot NAME LANG ROWSxCOLS THEME FILE.png
 *   tramky-screens show NAME LANG THEME [large]      (what the others start)  */
#include "scenes.h"
#include "walk/walk.h"

#include "base/err.h"
#include "base/mem.h"
#include "screen/screen.h"
#include "wizard/wizard.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOLDEN "tests/screen/golden"
enum { PATIENCE_MS = 3000, PAGES_MAX = 12 };
static const char *self;

struct size { const char *name; int rows, cols; bool large; };
static const struct size sizes[] = { { "80x24", 24, 80, false }, { "40x12 large", 12, 40, true } };

/* ---- a scene on a terminal of its own ---------------------------------------------------------------------------------- */
static struct term *open_scene(const struct scene *s, const char *lang, const char *theme, const struct size *z)
{
	char *argv[] = { (char *)(uintptr_t)self, (char *)(uintptr_t)"show", (char *)(uintptr_t)s->name, (char *)(uintptr_t)lang,
	                 (char *)(uintptr_t)theme, z->large ? (char *)(uintptr_t)"large" : NULL, NULL };
	char *env[] = { (char *)(uintptr_t)"TERM=xterm-256color", (char *)(uintptr_t)"LANG=C.UTF-8",
	                (char *)(uintptr_t)"ASAN_OPTIONS=detect_leaks=0", NULL };
	struct term *t = term_start(argv, env, z->rows, z->cols);

	while ((term_frames(t) < (s->over == OVER_NONE ? 1 : 2) || !term_whole(t)) && !term_gone(t, NULL))
		if (!term_pump(t, PATIENCE_MS))
			break;
	return t;
}

/* False: no frame came of it. */
static bool press(struct term *t, const char *keys)
{
	long n = term_frames(t);

	term_send(t, keys, strlen(keys));
	while (term_frames(t) <= n || !term_whole(t))
		if (!term_pump(t, PATIENCE_MS))
			return false;
	return true;
}

static void close_scene(struct term *t)
{
	/* F10 ends it; a panel or a curtain takes that key, then term_free() ends the program. */
	term_send(t, "\033[21~", 5);
	for (int i = 0; i < 3 && !term_gone(t, NULL); i++)
		term_pump(t, 100);
	term_free(t);
}

/* ---- the two planes -------------------------------------------------------------------------------------------------------- */
static const char *colour(uint32_t rgb, char out[8])
{
	static const struct { uint32_t rgb; const char *name; } names[] = {
		{ 0xffffff, "white" }, { 0x000000, "black" }, { 0x000066, "navy" }, { 0xffcc00, "yellow" }, { 0xdddddd, "pale" }, { 0x003399, "slate" },
	};
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].rgb == rgb)
			return names[i].name;
	snprintf(out, 8, "%06x", (unsigned)rgb & 0xffffffu);
	return out;
}

static void look_of(const struct cell *c, char out[64])
{
	char fg[8], bg[8];

	snprintf(out, 64, "%s/%s%s%s%s", colour(c->fg, fg), colour(c->bg, bg), c->bold ? " bold" : "", c->reverse ? " reverse" : "",
	         c->underline ? " underline" : "");
}

/* The page's own look is not told; neither are blank cells of one look cut into words. */
static void add_looks(struct buf *b, struct term *t, int row)
{
	char now[64], run[64] = "white/navy";
	int from = 0;
	bool any = false;

	for (int col = 0; col <= term_cols(t); col++) {
		struct cell c = { .fg = 0, .bg = 0 };
		if (col < term_cols(t))
			term_cell(t, row, col, &c);
		look_of(&c, now);
		if (col < term_cols(t) && strcmp(now, run) == 0)
			continue;
		if (strcmp(run, "white/navy") != 0) {
			buf_printf(b, any ? ", %d-%d %s" : "%d-%d %s", from, col - 1, run);
			any = true;
		}
		snprintf(run, sizeof run, "%s", now);
		from = col;
	}
}

static void add_picture(struct buf *b, struct term *t, const char *name)
{
	buf_printf(b, "== %s\n", name);
	for (int row = 0; row < term_rows(t); row++) {
		AUTO(mem_free) char *line = term_row(t, row);
		buf_printf(b, "|%s\n", line);
	}
	for (int row = 0; row < term_rows(t); row++) {
		struct buf looks = { 0 };
		add_looks(&looks, t, row);
		if (looks.n)
			buf_printf(b, "%d: %s\n", row, (const char *)looks.p);
		buf_free(&looks);
	}
}

/* All of a screen: what stands below, too. Adds every picture to `b`, all words to `flat`. */
static void add_size(struct buf *b, struct buf *flat, const struct scene *s, const char *lang, const struct size *z, int *pages)
{
	struct term *t = open_scene(s, lang, "normal", z);
	AUTO(mem_free) char *before = term_text(t);

	*pages = 1;
	add_picture(b, t, z->name);
	AUTO(mem_free) char *first = term_flat(t);
	buf_printf(flat, "%s ", first);
	while (s->over == OVER_NONE && *pages < PAGES_MAX && press(t, "\033[6~")) {
		char *now = term_text(t);
		if (strcmp(now, before) == 0) {
			mem_free(&now);
			break;
		}
		mem_free(&before);
		before = now;
		++*pages;
		AUTO(mem_free) char *name = mem_printf("%s, page %d", z->name, *pages);
		AUTO(mem_free) char *words = term_flat(t);
		add_picture(b, t, name);
		buf_printf(flat, "%s ", words);
	}
	/* What only the focus brings into sight is readable, too. */
	for (size_t i = 0; flat && s->over == OVER_NONE && *pages > 1 && i <= scene_stops(s, lang); i++) {
		for (int k = 0; k < 3; k++) {       /* the stop, and two pages of what stands there */
			press(t, k ? "\033[6~" : "\t");
			AUTO(mem_free) char *words = term_flat(t);
			buf_printf(flat, "%s ", words);
		}
	}
	close_scene(t);
}

/* ---- rule T1 ------------------------------------------------------------------------------------------------------------------ */
static char *words_only(const char *s)
{
	struct buf b = { 0 };
	const char *const drop[] = { "…", "│", "─", "┌", "┐", "└", "┘" };

	while (*s) {
		size_t skip = 0;
		for (size_t i = 0; i < COUNT(drop); i++)
			if (strncmp(s, drop[i], strlen(drop[i])) == 0)
				skip = strlen(drop[i]);
		if (skip || *s == ' ' || *s == '\n') {
			s += skip ? skip : 1;
			continue;
		}
		buf_add(&b, s++, 1);
	}
	buf_add(&b, "", 1);
	return buf_steal(&b);
}

static int complain(const char *name, const char *fmt, const char *a, const char *b2)
{
	printf("not ok %s: ", name);
	printf(fmt, a, b2);
	printf("\n");
	return 1;
}

/* Where a text runs over several screenfuls its words are looked for one by one. */
static bool readable(const char *seen, const char *text, bool in_parts)
{
	AUTO(mem_free) char *whole = words_only(text), *copy = mem_str(text);

	if (strstr(seen, whole))
		return true;
	for (char *word = strtok(copy, " \n"); in_parts && word; word = strtok(NULL, " \n")) {
		AUTO(mem_free) char *plain = words_only(word);
		if (!strstr(seen, plain))
			return false;
	}
	return in_parts;
}

/* Forty columns may end a long title, label or list row with "…" (each stands whole at 80), and a very long note is not
 * followed to its end. */
static bool cut_short(const char *seen, const struct scene_text *t, const struct size *z, int pages)
{
	AUTO(mem_free) char *words = words_only(t->words);
	bool row = strcmp(t->what, "title") == 0 || strcmp(t->what, "label") == 0 || strcmp(t->what, "option") == 0;

	if (!z->large || !(row || (strcmp(t->what, "note") == 0 && pages == PAGES_MAX)))
		return false;
	AUTO(mem_free) char *start = mem_strn(words, strlen(words) < 16 ? strlen(words) : 16);
	while (*start && ((unsigned char)start[strlen(start) - 1] & 0x80))
		start[strlen(start) - 1] = '\0';
	return *start && strstr(seen, start);
}

static int clipped(const char *name, const struct scene *s, const char *lang, const char *flat, const struct size *z, int pages)
{
	size_t n;
	struct scene_text *texts = scene_texts(s, lang, &n);
	AUTO(mem_free) char *seen = words_only(flat);
	int bad = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && s->over == OVER_NONE && !readable(seen, texts[i].words, pages > 1) && !cut_short(seen, &texts[i], z, pages)) {
			AUTO(mem_free) char *what = mem_printf("%s at %s", texts[i].what, z->name);
			bad += complain(name, "%s is not whole: \"%s\"", what, texts[i].words);
		}
	}
	for (size_t i = 0; i < n; i++)
		mem_free(&texts[i].words);
	mem_free(&texts);
	return bad;
}

static char *picture(struct term *t)
{
	struct buf b = { 0 };

	add_picture(&b, t, "");
	return buf_steal(&b);
}

/* Tab goes through every field and comes back to the first; each stop looks different, in every theme. */
static int tab_order(const char *name, const struct scene *s, const char *lang, const char *theme, const struct size *z)
{
	size_t stops = scene_stops(s, lang), n = 0;
	struct term *t = open_scene(s, lang, theme, z);
	AUTO(mem_free) char *first = NULL;
	AUTO(mem_free) char *before = picture(t);
	int bad = 0;

	/* The first Tab may bring the cursor in; the round is counted from there. */
	for (size_t i = 0; i < stops + 2 && stops > 1; i++) {
		if (!press(t, "\t"))
			bad += complain(name, "Tab does nothing at %s in theme %s", z->name, theme);
		AUTO(mem_free) char *now = picture(t);
		if (strcmp(now, before) == 0)
			bad += complain(name, "a stop of Tab is not to be seen at %s in theme %s", z->name, theme);
		if (!first)
			first = mem_str(now);
		else if (!n && strcmp(now, first) == 0)
			n = i;
		char *old = before;
		before = mem_str(now);
		mem_free(&old);
		if (bad || n)
			break;
	}
	if (!bad && stops > 1 && n != stops) {
		AUTO(mem_free) char *count = mem_printf("%zu stops, %zu fields", n, stops);
		bad += complain(name, "Tab makes %s in theme %s", count, theme);
	}
	close_scene(t);
	return bad;
}

/* ---- files ------------------------------------------------------------------------------------------------------------------------ */
static char *scene_text(const struct scene *s, const char *lang, bool strict, int *bad)
{
	AUTO(mem_free) char *name = mem_printf("%s.%s", s->name, lang);
	struct buf b = { 0 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct buf flat = { 0 };
		int pages;
		add_size(&b, &flat, s, lang, &sizes[i], &pages);
		if (strict)
			*bad += clipped(name, s, lang, (const char *)flat.p, &sizes[i], pages);
		buf_free(&flat);
	}
	buf_add(&b, "", 1);
	b.n--;
	return buf_steal(&b);
}

static void first_difference(const char *name, const char *was, const char *is)
{
	int line = 1;

	while (*was && *was == *is) {
		line += *was == '\n';
		was++;
		is++;
	}
	while (line > 1 && was[-1] != '\n') {
		was--;
		is--;
	}
	printf("not ok %s: line %d was \"%.*s\", is \"%.*s\" (tests/screen/update after a look)\n", name, line, (int)strcspn(was, "\n"), was,
	       (int)strcspn(is, "\n"), is);
}

static int check_scene(const struct scene *s, const char *lang)
{
	static const char *const themes[] = { "normal", "inverted", "mono" };
	AUTO(mem_free) char *name = mem_printf("%s.%s", s->name, lang);
	AUTO(mem_free) char *path = mem_printf(GOLDEN "/%s.txt", name);
	int bad = 0;
	AUTO(mem_free) char *is = scene_text(s, lang, true, &bad);
	FILE *f = fopen(path, "r");
	struct buf was = { 0 };
	char part[4096];
	size_t n;

	while (f && (n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&was, part, n);
	if (f)
		fclose(f);
	buf_add(&was, "", 1);
	if (strcmp((const char *)was.p, is) != 0) {
		first_difference(name, (const char *)was.p, is);
		bad++;
	}
	buf_free(&was);
	for (size_t i = 0; s->over == OVER_NONE && strcmp(lang, "vi") == 0 && i < COUNT(themes); i++)
		bad += tab_order(name, s, lang, themes[i], &sizes[0]);
	if (!bad)
		printf("ok %s\n", name);
	fflush(stdout);
	return bad;
}

static int write_scene(const struct scene *s, const char *lang)
{
	AUTO(mem_free) char *path = mem_printf(GOLDEN "/%s.%s.txt", s->name, lang);
	int bad = 0;
	AUTO(mem_free) char *text = scene_text(s, lang, false, &bad);
	struct err e = { 0 };

	if (file_replace(path, text, strlen(text), 0644, &e) < 0) {
		fprintf(stderr, "%s: %s\n", path, e.cause);
		return 1;
	}
	return 0;
}

/* Every screen that the wizard knows has its scene. */
static int all_screens(void)
{
	int bad = 0;

	for (const char *const *id = wizard_screens(); *id; id++) {
		bool found = false;
		for (size_t i = 0; i < nscenes && !found; i++) {
			size_t n;
			struct scene_text *texts = scene_texts(&scenes[i], "vi", &n);
			found = strcmp(texts[0].words, *id) == 0;
			for (size_t k = 0; k < n; k++)
				mem_free(&texts[k].words);
			mem_free(&texts);
		}
		if (!found)
			bad += complain("every screen has a scene", "%s has none%s", *id, "");
	}
	if (!bad)
		printf("ok every screen has a scene\n");
	return bad;
}

static int shot(char **argv)
{
	struct size z = { .name = argv[4] };
	const struct scene *s = scene_find(argv[2]);

	if (!s || sscanf(argv[4], "%dx%d", &z.cols, &z.rows) != 2)
		return 2;
	z.large = z.cols < 80;
	struct term *t = open_scene(s, argv[3], argv[5], &z);
	int rc = shot_png(t, argv[6]);
	close_scene(t);
	return rc < 0;
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL;
	int bad = 0;

	self = "/proc/self/exe";
	if (argc > 4 && strcmp(argv[1], "show") == 0)
		return scene_find(argv[2]) ? scene_show(scene_find(argv[2]), argv[3], argv[4], argc > 5) : 2;
	if (argc == 7 && strcmp(argv[1], "shot") == 0)
		return shot(argv);
	if (argc < 2 || (strcmp(argv[1], "check") != 0 && strcmp(argv[1], "write") != 0)) {
		fprintf(stderr, "usage: tramky-screens check|write [NAME]; shot NAME vi|en COLSxROWS THEME FILE.png\n");
		return 2;
	}
	bool check = strcmp(argv[1], "check") == 0;
	for (size_t i = 0; i < nscenes; i++)
		if (!only || strcmp(only, scenes[i].name) == 0) {
			bad += (check ? check_scene : write_scene)(&scenes[i], "vi");
			bad += (check ? check_scene : write_scene)(&scenes[i], "en");
		}
	if (check && !only)
		bad += all_screens();
	return bad ? 1 : 0;
}
