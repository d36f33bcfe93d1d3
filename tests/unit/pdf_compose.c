/* Composed declarations and slips: every letter drawn, pages broken well, room to sign under the keyword. */
#include "pdf_help.h"

static const char form[] = "{\"title\":\"Tờ khai\",\"lines\":["
	"{\"kind\":\"footer\",\"text\":\"Lập tại quầy\"},{\"kind\":\"motto\"},{\"kind\":\"title\",\"text\":\"TỜ KHAI ĐĂNG KÝ\"},"
	"{\"kind\":\"field\",\"text\":\"Họ, chữ đệm, tên\",\"value\":\"Lò Thị Ướm Thử\"},"
	"{\"kind\":\"pair\",\"left\":{\"text\":\"Ngày sinh\",\"value\":\"01/11/2026\"},\"right\":{\"text\":\"Giới tính\",\"value\":\"\"}},"
	"{\"kind\":\"check\",\"text\":\"Đề nghị cấp bản sao\",\"value\":true},{\"kind\":\"rule\"},{\"kind\":\"gap\",\"size\":6},"
	"{\"kind\":\"table\",\"head\":[\"STT\",\"Giấy tờ\"],\"widths\":[1,6],\"rows\":[[\"1\",\"Giấy chứng sinh\"]]},"
	"{\"kind\":\"qr\",\"text\":\"H17.99-261120-0001\",\"caption\":\"Quét để tra cứu\"},"
	"{\"kind\":\"sign\",\"place\":\"Thử Nghiệm, ngày 20 tháng 11 năm 2026\",\"text\":\"Người yêu cầu\",\"name\":\"Lò Văn Thử\"}]}";

static int compose(int fd, const char *text, struct err *e)
{
	json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	int rc = pdf_compose(fd, doc, e);
	json_decref(doc);
	return rc;
}

static void an_official_form(void **state)
{
	(void)state;
	NEED("pdftotext");
	static const char *const said[] = { "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "TỜ KHAI ĐĂNG KÝ",
		"Họ, chữ đệm, tên: Lò Thị Ướm Thử", "Ngày sinh: 01/11/2026", "Giới tính: ....", "Giấy chứng sinh", "Quét để tra cứu",
		"Người yêu cầu", "Lò Văn Thử", "Lập tại quầy" };
	AUTO(buf_free) struct buf out = { 0 };
	AUTO(fd_close) int fd = scratch_fd("form.pdf");
	struct err e = { 0 };
	if (compose(fd, form, &e) < 0)
		fail_msg("%s", e.cause);
	assert_int_equal(run(&out, "qpdf --check form.pdf"), 0);
	assert_int_equal(run(&out, "pdftotext -layout form.pdf - 2>/dev/null"), 0);
	for (size_t i = 0; i < COUNT(said); i++)
		if (!strstr((char *)out.p, said[i]))
			fail_msg("missing: %s", said[i]);
	assert_true(lseek(fd, 0, SEEK_END) < 60000);
}

/* The keyword has room below for the box, and the box covers nothing. */
static void the_keyword_has_room_to_sign(void **state)
{
	(void)state;
	NEED("pdftoppm");
	AUTO(fd_close) int fd = scratch_fd("room.pdf");
	struct err e = { 0 };
	struct pdf_hit *h;
	struct pdf_page pg = { .width = 595, .height = 842 };
	size_t n;
	assert_int_equal(compose(fd, form, &e), 0);
	assert_int_equal(pdf_find(fd, "Người yêu cầu", &h, &n, &e), 0);
	assert_int_equal(n, 1);
	struct pdf_place pl = pdf_place_under(&h[0], &pg, 0, 0, 0, 0);
	if (pdf_place_check(fd, &pl, NULL, &e) < 0)
		fail_msg("%s %s", e.reason, e.cause);
	pdf_hits_free(h, n);
}

/* Text extraction is no test of rendering (HA1): a letter that is a box or nothing has the wrong ink. Each Vietnamese
 * letter must differ from the same letter without marks, and from the empty box. */
static void letters_are_ink(void **state)
{
	(void)state;
	NEED("pdftoppm");
	static const char *const letters[] = { "a", "ă", "ắ", "ẵ", "ậ", "e", "ệ", "ễ", "o", "ơ", "ợ", "ỡ", "u", "ư", "ự", "ữ", "y",
		"ỵ", "d", "đ", "Đ", "Ư", "Ở", "₫" };
	char sum[COUNT(letters)][65];
	for (size_t i = 0; i < COUNT(letters); i++) {
		AUTO(buf_free) struct buf out = { 0 };
		AUTO(fd_close) int fd = scratch_fd("letter.pdf");
		struct err e = { 0 };
		char text[128];
		snprintf(text, sizeof text, "{\"lines\":[{\"kind\":\"text\",\"text\":\"%s\",\"size\":24}]}", letters[i]);
		assert_int_equal(compose(fd, text, &e), 0);
		run(&out, "pdftoppm -gray -r 72 letter.pdf 2>/dev/null | sha256sum");
		memcpy(sum[i], out.p, 64);
		sum[i][64] = '\0';
		for (size_t k = 0; k < i; k++)
			if (strcmp(sum[i], sum[k]) == 0)
				fail_msg("%s looks like %s", letters[i], letters[k]);
	}
}

static void decomposed_text_is_composed(void **state)
{
	(void)state;
	NEED("pdftotext");
	AUTO(buf_free) struct buf out = { 0 };
	AUTO(fd_close) int fd = scratch_fd("nfd.pdf");
	struct err e = { 0 };
	assert_int_equal(compose(fd, "{\"lines\":[{\"kind\":\"text\",\"text\":\"Ngu\u031bo\u031b\u0300i\"}]}", &e), 0);
	run(&out, "pdftotext nfd.pdf - 2>/dev/null");
	assert_non_null(strstr((char *)out.p, "Người"));
}

static void long_text_goes_over_pages_and_a_signature_stays_whole(void **state)
{
	(void)state;
	NEED("pdftotext");
	AUTO(buf_free) struct buf doc = { 0 }, out = { 0 };
	AUTO(fd_close) int fd = scratch_fd("long.pdf");
	struct err e = { 0 };
	buf_str(&doc, "{\"lines\":[{\"kind\":\"table\",\"head\":[\"Cột\"],\"rows\":[[\"\"]");
	for (int i = 0; i < 60; i++)
		buf_printf(&doc, ",[\"hàng %d\"]", i);
	buf_str(&doc, "]},{\"kind\":\"text\",\"align\":\"justify\",\"text\":\"");
	for (int i = 0; i < 400; i++)
		buf_str(&doc, "Tôi cam đoan điều này. ");
	buf_str(&doc, "Atmotthatdaikhongcochotrongnaodengatdongnennophaibicatragiuachungkhongthitranrakhoilepetrang\"},"
	              "{\"kind\":\"gap\",\"size\":150},{\"kind\":\"sign\",\"text\":\"KÝ TÊN\",\"name\":\"Bùi Mẫu\"}]}");
	assert_int_equal(compose(fd, (char *)doc.p, &e), 0);
	run(&out, "pdftotext -layout long.pdf - 2>/dev/null");
	assert_int_equal(times((char *)out.p, "đoan"), 400); /* nothing is lost at a page's end */
	assert_true(times((char *)out.p, "Cột") >= 2); /* the head comes again */
	assert_true(times((char *)out.p, "\f") >= 4);
	const char *sign = strstr((char *)out.p, "KÝ TÊN"), *name = strstr((char *)out.p, "Bùi Mẫu");
	assert_non_null(sign);
	assert_non_null(name);
	assert_null(memchr(sign, '\f', (size_t)(name - sign)));
	/* Nothing leaves the sheet. */
	run(&out, "pdftotext -bbox long.pdf - 2>/dev/null | sed -n 's/.*xMax=\"\\([0-9]*\\).*/\\1/p' | sort -n | tail -1");
	assert_true(atoi((char *)out.p) <= 550 && atoi((char *)out.p) > 500);
}

static const struct {
	const char *doc;
	enum err_kind want;
} no[] = {
	{ "{}", ERR_USAGE },
	{ "{\"lines\":[{\"kind\":\"khong-co\"}]}", ERR_USAGE },
	{ "{\"lines\":[{\"text\":\"x\"}]}", ERR_USAGE },
	{ "{\"lines\":[{\"kind\":\"table\"}]}", ERR_USAGE },
	{ "{\"lines\":[{\"kind\":\"text\",\"text\":\"\u0e01\"}]}", ERR_FONT_MISSING },
	{ "{\"lines\":[{\"kind\":\"head\",\"text\":\"\u0e01\"}]}", ERR_FONT_MISSING },
	{ "{\"lines\":[{\"kind\":\"qr\",\"text\":\"\"}]}", ERR_USAGE },
};

static void what_cannot_be_drawn_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(no); i++) {
		AUTO(fd_close) int fd = scratch_fd("no.pdf");
		struct err e = { 0 };
		assert_int_equal(compose(fd, no[i].doc, &e), -1);
		if (e.kind != no[i].want)
			fail_msg("%s: %s %s", no[i].doc, err_id(e.kind), e.cause);
		assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_official_form),
		cmocka_unit_test(the_keyword_has_room_to_sign),
		cmocka_unit_test(letters_are_ink),
		cmocka_unit_test(decomposed_text_is_composed),
		cmocka_unit_test(long_text_goes_over_pages_and_a_signature_stays_whole),
		cmocka_unit_test(what_cannot_be_drawn_is_refused),
	};
	return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
