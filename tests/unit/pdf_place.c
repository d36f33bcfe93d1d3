/* Places by words, what a box would cover, the page as text and as a thumbnail. */
#include "pdf_help.h"

#include <locale.h>
#include <math.h>
#include <sys/resource.h>

static const struct {
	const char *words;
	size_t hits;
	const char *first;
} finds[] = {
	{ "Người yêu cầu", 2, "Người yêu cầu" },          /* decomposed on one line; composed over a line break */
	{ "NGƯỜI   YÊU CẦU", 2, "Người yêu cầu" },
	{ "nguoi yeu cau", 2, "Người yêu cầu" },           /* second try without marks */
	{ "yêu cầu yên", 0, NULL },
	{ "Ngu\u031bo\u031b\u0300i ye\u0302u", 2, "Người yêu" },
	{ "làm đơn", 1, "làm đơn" },
	{ "lam don", 1, "làm đơn" },
	{ "gười", 2, "Người" },                            /* part of a word, when no whole word fits */
	{ "khong co", 0, NULL },
};

static void words_are_found_as_a_person_would(void **state)
{
	(void)state;
	NEED("pdftotext");
	setlocale(LC_ALL, "");
	for (size_t i = 0; i < COUNT(finds); i++) {
		AUTO(fd_close) int fd = data_fd("words.pdf");
		struct err e = { 0 };
		struct pdf_hit *h;
		size_t n;
		int rc = pdf_find(fd, finds[i].words, &h, &n, &e);
		if (n != finds[i].hits || (rc < 0) != (n == 0) || (rc < 0 && e.kind != ERR_PLACE_NOT_FOUND))
			fail_msg("%s: %zu hits, %s", finds[i].words, n, e.cause);
		if (n)
			assert_string_equal(h[0].words, finds[i].first);
		pdf_hits_free(h, n);
	}
}

/* "To khai" is drawn at (100, 700), "Nguoi yeu cau" at (100, 400) of user space: the same text on four turned pages. */
static void hits_are_where_the_page_shows_them(void **state)
{
	(void)state;
	NEED("pdftotext");
	static const struct { const char *file; double u, v; } at[] = {
		{ "table.pdf", 100, 400 }, { "turn-0.pdf", 180, 440 }, { "turn-90.pdf", 440, 320 }, { "turn-180.pdf", 320, 240 },
		{ "turn-270.pdf", 240, 180 },
	};
	for (size_t i = 0; i < COUNT(at); i++) {
		AUTO(fd_close) int fd = data_fd(at[i].file);
		struct err e = { 0 };
		struct pdf_hit *h;
		size_t n;
		if (pdf_find(fd, "nguoi", &h, &n, &e) < 0)
			fail_msg("%s: %s", at[i].file, e.cause);
		assert_int_equal(n, 1);
		/* The start of the baseline lies in the box or at its edge. */
		if (at[i].u < h->x - 4 || at[i].u > h->x + h->w + 4 || at[i].v < h->y - 4 || at[i].v > h->y + h->h + 4)
			fail_msg("%s: %.0f %.0f %.0fx%.0f", at[i].file, h->x, h->y, h->w, h->h);
		pdf_hits_free(h, n);
	}
}

static void a_box_is_put_under_the_words(void **state)
{
	(void)state;
	struct pdf_page pg = { .width = 595, .height = 842 };
	struct pdf_hit h = { .page = 3, .x = 100, .y = 400, .w = 80, .h = 12 };
	struct pdf_place pl = pdf_place_under(&h, &pg, 0, 0, 0, 0);
	assert_true(pl.page == 3 && pl.x == 100 && pl.y == 336 && pl.w == 170 && pl.h == 60);
	h.x = 550; /* moved inside */
	pl = pdf_place_under(&h, &pg, 0, 0, 170, 60);
	assert_true(pl.x == 425);
	h.y = 30; /* no room below: above, not on the words */
	pl = pdf_place_under(&h, &pg, 0, 0, 170, 60);
	assert_true(pl.y == 46);
	pl = pdf_place_under(&h, &pg, -300, 5, 100, 30);
	assert_true(pl.x == 250 && pl.y == 1 && pl.w == 100 && pl.h == 30);
}

static const struct {
	const char *name;
	struct pdf_place pl;
	enum err_kind want;
	const char *reason, *covers;
} places[] = {
	{ "free", { .page = 1, .x = 80, .y = 100, .w = 170, .h = 60 }, ERR_NONE, "", "" },
	{ "invisible", { .page = 0 }, ERR_NONE, "", "" },
	{ "on words", { .page = 1, .x = 60, .y = 740, .w = 170, .h = 60 }, ERR_PLACE_COVERS, "place.text", "Người yêu cầu" },
	{ "on a black picture", { .page = 1, .x = 290, .y = 290, .w = 170, .h = 60 }, ERR_PLACE_COVERS, "place.mark", "" },
	{ "on dots to sign on", { .page = 1, .x = 70, .y = 440, .w = 170, .h = 60 }, ERR_NONE, "", "" },
	{ "too small", { .page = 1, .x = 80, .y = 100, .w = 50, .h = 60 }, ERR_PLACE_BAD, "place.too-small", "" },
	{ "off the page", { .page = 1, .x = 500, .y = 100, .w = 170, .h = 60 }, ERR_PLACE_BAD, "place.off-page", "" },
	{ "no such page", { .page = 2, .x = 80, .y = 100, .w = 170, .h = 60 }, ERR_PLACE_BAD, "place.off-page", "" },
	{ "not a number", { .page = 1, .x = NAN, .y = 100, .w = 170, .h = 60 }, ERR_PLACE_BAD, "place.off-page", "" },
};

static void what_a_box_would_cover_is_told(void **state)
{
	(void)state;
	NEED("pdftoppm");
	for (size_t i = 0; i < COUNT(places); i++) {
		AUTO(fd_close) int fd = data_fd("words.pdf");
		AUTO(buf_free) struct buf covers = { 0 };
		struct err e = { 0 };
		buf_str(&covers, "");
		int rc = pdf_place_check(fd, &places[i].pl, &covers, &e);
		if ((rc == 0) != (places[i].want == ERR_NONE) || e.kind != places[i].want || strcmp(e.reason, places[i].reason) != 0 ||
		    strcmp((char *)covers.p, places[i].covers) != 0)
			fail_msg("%s: %s %s '%s' %s", places[i].name, err_id(e.kind), e.reason, (char *)covers.p, e.cause);
	}
}

static void the_page_as_text(void **state)
{
	(void)state;
	NEED("pdftotext");
	AUTO(fd_close) int fd = data_fd("words.pdf");
	struct err e = { 0 };
	char **lines;
	int rows;
	assert_int_equal(pdf_text_grid(fd, 1, 80, &lines, &rows, &e), 0);
	/* Cells are 595/80 wide and twice as high: 842 / 14.875 */
	assert_int_equal(rows, 57);
	assert_non_null(strstr(lines[5], "Người yêu cầu"));
	/* 380 points from the left, two lines below one another */
	assert_int_equal(strspn(lines[12], " "), 51);
	assert_string_equal(lines[12] + 51, "Người");
	assert_string_equal(lines[13] + strspn(lines[13], " "), "yêu cầu");
	assert_null(lines[rows]);
	pdf_grid_free(lines);
	assert_int_equal(pdf_text_grid(fd, 1, 3, &lines, &rows, &e), -1);
	assert_int_equal(pdf_text_grid(fd, 9, 80, &lines, &rows, &e), -1);
}

static void the_page_as_a_thumbnail(void **state)
{
	(void)state;
	NEED("pdftoppm");
	AUTO(fd_close) int fd = data_fd("words.pdf");
	struct err e = { 0 };
	unsigned char *g = NULL;
	int w, h;
	assert_int_equal(pdf_thumb(fd, 1, 60, 200, &g, &w, &h, &e), 0);
	assert_int_equal(w, 60);
	assert_int_equal(h, 84);
	/* The black box of 300..360 x 300..330 from below; paper beside it. */
	assert_true(g[(int)(84 - 315 / 842.0 * 84) * 60 + 33] < 60);
	assert_true(g[80 * 60 + 5] > 240);
	free(g);
	assert_int_equal(pdf_thumb(fd, 1, 0, 9, &g, &w, &h, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found_as_a_person_would),
		cmocka_unit_test(hits_are_where_the_page_shows_them),
		cmocka_unit_test(a_box_is_put_under_the_words),
		cmocka_unit_test(what_a_box_would_cover_is_told),
		cmocka_unit_test(the_page_as_text),
		cmocka_unit_test(the_page_as_a_thumbnail),
	};
	return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
