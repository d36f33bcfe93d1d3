/* pdf/read.h: opening, our own cross-reference reading, every object, raw checks. */
#include "pdf_help.h"

#include "pdf/read.h"

#include <locale.h>

static const struct {
	const char *file;
	int objects, sections;
	bool stream;
} good[] = {
	{ "table.pdf", 5, 1, false },
	{ "no-id.pdf", 5, 1, false },
	{ "cr-end.pdf", 5, 1, false },
	{ "stream.pdf", 7, 1, true },
	{ "hybrid.pdf", 8, 1, false },
	{ "linear.pdf", 7, 2, false },
	{ "junk-first.pdf", 5, 1, false },
};

static void every_object_is_found_and_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		AUTO(fd_close) int fd = data_fd(good[i].file);
		struct err e = { 0 };
		AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
		const struct pdf_entry *en;
		const struct pdf_section *se;
		size_t n = 0, m = 0;
		if (!p || pdf_entries(p, &en, &n, &e) < 0 || pdf_sections(p, &se, &m, &e) < 0)
			fail_msg("%s: %s", good[i].file, e.cause);
		if ((int)n != good[i].objects || (int)m != good[i].sections || se[0].stream != good[i].stream)
			fail_msg("%s: %zu objects, %zu sections", good[i].file, n, m);
		for (size_t k = 0; k < n; k++) {
			struct pdf_object o;
			assert_int_equal(pdf_object(p, en[k].id.num, &o, &e), 0);
			if (o.odd)
				fail_msg("%s: object %d is odd", good[i].file, en[k].id.num);
			assert_non_null(o.text);
			pdf_object_free(&o);
		}
		assert_int_equal(pdf_complaints(p), 0);
		assert_int_equal(pdf_pages(p), 1);
	}
}

static void a_hidden_xrefstm_gives_the_form(void **state)
{
	(void)state;
	AUTO(fd_close) int fd = data_fd("hybrid.pdf");
	struct err e = { 0 };
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	assert_non_null(p);
	const struct pdf_entry *en = pdf_entry(p, 6);
	assert_non_null(en);
	assert_int_equal(en->stream, 7);
	assert_true(en->at == 0);
	assert_int_equal(pdf_kind(p, pdf_acroform(p)), PDF_DICT);
	struct pdf_object o;
	assert_int_equal(pdf_object(p, 6, &o, &e), 0);
	assert_string_equal(o.text, "<< /DA (/Helv 0 Tf 0 g) /Fields [ ] >>");
	pdf_object_free(&o);
}

static void a_reference_to_nothing_is_seen(void **state)
{
	(void)state;
	AUTO(fd_close) int fd = data_fd("dangling.pdf");
	struct err e = { 0 };
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	struct pdf_object o;
	assert_non_null(p);
	assert_int_equal(pdf_object(p, 1, &o, &e), 0);
	assert_int_equal(o.nrefs, 2);
	assert_int_equal(o.refs[0].num, 2);
	assert_int_equal(o.refs[1].num, 99);
	assert_null(pdf_entry(p, 99));
	pdf_object_free(&o);
}

static void streams_are_hashed_raw(void **state)
{
	(void)state;
	NEED("sha256sum");
	AUTO(fd_close) int fd = data_fd("table.pdf");
	AUTO(buf_free) struct buf out = { 0 };
	struct err e = { 0 };
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	struct pdf_object o;
	char hex[65];
	assert_non_null(p);
	assert_int_equal(pdf_object(p, 4, &o, &e), 0);
	assert_true(o.is_stream);
	run(&out, "dd if='%s/tests/data/pdf/table.pdf' bs=1 skip=%llu count=%llu status=none | sha256sum",
	    getenv("PWD") ? getenv("PWD") : ".", (unsigned long long)o.stream_at, (unsigned long long)o.stream_len);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", o.sha256[i]);
	assert_memory_equal(out.p, hex, 64);
	pdf_object_free(&o);
}

static const struct {
	const char *file;
	unsigned flags;
	enum err_kind want;
} refused[] = {
	{ "encrypted.pdf", 0, ERR_PDF_ENCRYPTED },
	{ "bad-startxref.pdf", PDF_STRICT, ERR_PDF_DAMAGED },
	{ "bomb-xref.pdf", 0, ERR_FILE_HOSTILE },
	{ "bomb-xref.pdf", PDF_STRICT, ERR_FILE_HOSTILE },
};

static void what_cannot_be_used_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		AUTO(fd_close) int fd = data_fd(refused[i].file);
		struct err e = { 0 };
		struct pdf *p = pdf_open(fd, 0, refused[i].flags, &e);
		if (p || e.kind != refused[i].want)
			fail_msg("%s: %s", refused[i].file, err_id(e.kind));
	}
	AUTO(fd_close) int fd = data_fd("bad-startxref.pdf");
	struct err e = { 0 };
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, 0, &e);
	assert_non_null(p);
	assert_true(pdf_complaints(p) > 0);
	AUTO(fd_close) int nothing = fd_memfd("empty", &e);
	assert_null(pdf_open(nothing, 0, 0, &e));
	assert_int_equal(e.kind, ERR_PDF_EMPTY);
	assert_int_equal(fd_write_all(nothing, "PK\3\4 no paper at all", 20, &e), 0);
	assert_null(pdf_open(nothing, 0, 0, &e));
	assert_int_equal(e.kind, ERR_NOT_PDF);
}

/* The three ways to reach the bytes give the same objects. */
static void first_bytes_sealed_or_not(void **state)
{
	(void)state;
	AUTO(fd_close) int fd = data_fd("table.pdf");
	struct err e = { 0 };
	AUTO(fd_close) int longer = fd_memfd("longer", &e);
	AUTO(fd_close) int sealed = fd_memfd("sealed", &e);
	off_t n = lseek(fd, 0, SEEK_END);
	assert_int_equal(fd_copy(fd, longer, 0, &e), 0);
	assert_int_equal(fd_write_all(longer, "garbage that would hide startxref", 33, &e), 0);
	assert_int_equal(fd_copy(longer, sealed, 0, &e), 0);
	assert_int_equal(fd_seal(sealed, &e), 0);
	for (int i = 0; i < 2; i++) {
		AUTO(pdf_release) struct pdf *p = pdf_open(i ? sealed : longer, (size_t)n, PDF_STRICT, &e);
		assert_non_null(p);
		assert_int_equal(pdf_size(p), n);
		assert_true(pdf_ends_at(p, (uint64_t)n));
		assert_false(pdf_ends_at(p, (uint64_t)n - 3));
		assert_int_equal(pdf_pages(p), 1);
		struct pdf_object o;
		assert_int_equal(pdf_object(p, 3, &o, &e), 0);
		assert_false(o.odd);
		pdf_object_free(&o);
	}
	assert_null(pdf_open(longer, (size_t)n + 1000, PDF_STRICT, &e));
}

static void boxes_are_inherited_and_turned(void **state)
{
	(void)state;
	static const int turns[] = { 0, 90, 180, 270 };
	/* A comma locale must not turn 595.28 into 595: numbers are read by our own reader. */
	setlocale(LC_ALL, "vi_VN.UTF-8");
	for (size_t i = 0; i < COUNT(turns); i++) {
		char name[32];
		snprintf(name, sizeof name, "turn-%d.pdf", turns[i]);
		AUTO(fd_close) int fd = data_fd(name);
		struct err e = { 0 };
		AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
		struct pdf_page pg;
		assert_non_null(p);
		assert_int_equal(pdf_page(p, 1, &pg, &e), 0);
		assert_int_equal(pg.rotate, turns[i]);
		assert_true(pg.x0 == -80 && pg.y0 == -40);
		assert_true(pg.width == (turns[i] % 180 ? 680 : 500));
		assert_true(pg.height == (turns[i] % 180 ? 500 : 680));
		assert_int_equal(pdf_page(p, 2, &pg, &e), -1);
	}
	setlocale(LC_ALL, "C");
}

static void doubled_keys_are_counted(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(fd_close) int fd = data_fd("table.pdf");
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	uint64_t from, to, a, b;
	char raw[64] = "";
	assert_non_null(p);
	assert_int_equal(pdf_object_extent(p, 3, &from, &to), 0);
	assert_true(to - from > 50 && pdf_raw(p, to - 6, raw, 6) == 0);
	assert_string_equal(raw, "endobj");
	uint64_t dict = from + strlen("3 0 obj\n");
	assert_int_equal(pdf_raw_key(p, dict, "/Parent", &a, &b), 1);
	memset(raw, 0, sizeof raw);
	assert_int_equal(pdf_raw(p, a, raw, (size_t)(b - a)), 0);
	assert_string_equal(raw, "2 0 R");
	assert_int_equal(pdf_raw_key(p, dict, "/Nothing", &a, &b), 0);
	assert_int_equal(pdf_raw_key(p, from, "/Parent", &a, &b), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_object_is_found_and_fits),
		cmocka_unit_test(a_hidden_xrefstm_gives_the_form),
		cmocka_unit_test(a_reference_to_nothing_is_seen),
		cmocka_unit_test(streams_are_hashed_raw),
		cmocka_unit_test(what_cannot_be_used_says_why),
		cmocka_unit_test(first_bytes_sealed_or_not),
		cmocka_unit_test(boxes_are_inherited_and_turned),
		cmocka_unit_test(doubled_keys_are_counted),
	};
	return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
