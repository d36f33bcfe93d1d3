/* Appended revisions: judged by outsiders (openssl makes the CMS, qpdf, pdfsig and mutool read the result). */
#include "pdf_help.h"

#include "pdf/read.h"

#include <sys/stat.h>

static unsigned char picture[4 * 30 * 20];

static int setup(void **state)
{
	AUTO(buf_free) struct buf out = { 0 };

	if (make_scratch(state) < 0)
		return -1;
	for (size_t i = 0; i < 30 * 20; i++) { /* blue, fading to nothing at the left */
		picture[4 * i + 2] = 220;
		picture[4 * i + 3] = (unsigned char)(i % 30 * 8);
	}
	if (run(&out, "openssl req -x509 -newkey rsa:2048 -nodes -keyout s.key -out s.pem -subj '/CN=THU NGHIEM' -days 9 && "
	              "openssl req -x509 -newkey rsa:2048 -nodes -keyout t.key -out t.pem -subj '/CN=TSA THU' -days 9 "
	              "-addext extendedKeyUsage=critical,timeStamping && echo 01 > serial && "
	              "printf '[t]\\nserial=serial\\ndefault_policy=1.2.3.4\\ndigests=sha256\\nsigner_digest=sha256\\n' > ts.cnf"))
		print_message("%s\n", (char *)out.p);
	return 0;
}

static struct pdf_prepare plain_look(void)
{
	return (struct pdf_prepare){
		.place = { .page = 1, .x = 60, .y = 90, .w = 170, .h = 60 },
		.look = { .lines = { "Người ký: Lò Thị Ướm Thử", "Ký ngày 20/11/2026 17:03:05" }, .nlines = 2, .color = 0x0000aa },
		.name = "Lò Thị Ướm Thử",
		.reason = "Ký tờ khai (thử \\ nghiệm)",
		.when = 1795168985,
		.reserve = 8192,
	};
}

/* Byte range to a file by the numbers alone, hashed and signed by openssl, put into the hole. */
static void finish(int fd, const struct pdf_hole *h, bool timestamp)
{
	AUTO(buf_free) struct buf out = { 0 }, part = { 0 }, der = { 0 };
	AUTO(fd_close) int range = scratch_fd("range");
	struct err e = { 0 };
	char hex[65];

	for (int i = 0; i < 4; i += 2) {
		part.n = 0;
		unsigned char *p = mem_alloc(h->byte_range[i + 1]);
		assert_int_equal(pread(fd, p, h->byte_range[i + 1], (off_t)h->byte_range[i]), h->byte_range[i + 1]);
		buf_add(&part, p, h->byte_range[i + 1]);
		free(p);
		assert_int_equal(fd_write_all(range, part.p, part.n, &e), 0);
	}
	assert_int_equal(run(&out, "openssl dgst -sha256 -r range"), 0);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", h->sha256[i]);
	assert_memory_equal(out.p, hex, 64);
	if (timestamp)
		assert_int_equal(run(&out, "openssl ts -query -data range -sha256 -cert -no_nonce -out q && openssl ts -reply "
		                           "-config ts.cnf -section t -queryfile q -signer t.pem -inkey t.key -token_out -out der"), 0);
	else
		assert_int_equal(run(&out, "openssl cms -sign -binary -md sha256 -cades -in range -signer s.pem -inkey s.key "
		                           "-outform DER -out der"), 0);
	char path[256];
	snprintf(path, sizeof path, "%s/der", scratch);
	AUTO(fd_close) int f = open(path, O_RDONLY);
	assert_int_equal(fd_read_all(f, &der, 1 << 20, &e), 0);
	assert_int_equal(pdf_embed(fd, h, der.p, der.n, &e), 0);
}

/* `want` signatures, all valid (pdfsig cannot read the last `stamps`, which are time-stamps), a clean structure, the old bytes unchanged, and our own raw checks. */
static void judge_all(const char *name, const char *was, size_t want, size_t stamps)
{
	AUTO(buf_free) struct buf out = { 0 };
	struct err e = { 0 };
	struct pdf_signature *s;
	size_t n;
	char path[256];

	if (run(&out, "qpdf --check %s", name))
		fail_msg("%s: %s", name, (char *)out.p);
	if (was && run(&out, "cmp -n $(stat -c %%s %s) %s %s", was, was, name))
		fail_msg("%s: earlier bytes changed: %s", name, (char *)out.p);
	run(&out, "qpdf --qdf --object-streams=disable %s - | grep -a -c '/SigFlags 3'", name);
	if (atoi((char *)out.p) < 1)
		fail_msg("%s: no /SigFlags 3", name);
	run(&out, "tail -c +$(($(stat -c %%s %s) + 1)) %s | head -c 1; tail -c 1 %s", was ? was : name, name, was ? was : name);
	if (was && out.n == 2 && out.p[0] != '\n' && out.p[1] != '\n' && out.p[1] != '\r')
		fail_msg("%s: appended to the same line", name);
	run(&out, "pdfsig -nocert %s", name);
	if (times((char *)out.p, "Signature is Valid") != want - stamps || times((char *)out.p, "Total document signed") != 1)
		fail_msg("%s: %s", name, (char *)out.p);
	if (!stamps && has_tool("mutool")) {
		run(&out, "mutool sign -v %s", name);
		if (!strstr((char *)out.p, "unchanged since signing"))
			fail_msg("%s: mutool: %s", name, (char *)out.p);
	}
	snprintf(path, sizeof path, "%s/%s", scratch, name);
	AUTO(fd_close) int fd = open(path, O_RDONLY);
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	assert_non_null(p);
	assert_int_equal(pdf_signatures(p, &s, &n, &e), 0);
	assert_int_equal(n, want);
	for (size_t i = 0; i < n; i++)
		assert_true(s[i].byte_range_ok && pdf_ends_at(p, s[i].byte_range[2] + s[i].byte_range[3]));
	const struct pdf_entry *en;
	size_t k;
	assert_int_equal(pdf_entries(p, &en, &k, &e), 0);
	for (size_t i = 0; i < k; i++) {
		struct pdf_object o;
		assert_int_equal(pdf_object(p, en[i].id.num, &o, &e), 0);
		if (o.odd)
			fail_msg("%s: object %d is odd", name, en[i].id.num);
		pdf_object_free(&o);
	}
	pdf_signatures_free(s, n);
}

static void judge(const char *name, const char *was, size_t want)
{
	judge_all(name, was, want, 0);
}

/* Copies a data file into the scratch folder under its own name. */
static void fetch(const char *name)
{
	AUTO(fd_close) int from = data_fd(name);
	AUTO(fd_close) int to = scratch_fd(name);
	struct err e = { 0 };

	assert_int_equal(fd_copy(from, to, 0, &e), 0);
}

static int open_scratch(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", scratch, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void sign(const char *in, const char *out, const struct pdf_prepare *how, struct pdf_hole *hole)
{
	AUTO(fd_close) int from = open_scratch(in);
	AUTO(fd_close) int to = scratch_fd(out);
	struct err e = { 0 };

	if (pdf_prepare(from, to, how, hole, &e) < 0)
		fail_msg("%s: %s: %s", in, err_id(e.kind), e.cause);
	finish(to, hole, how->timestamp);
}

static const char *const every_style[] = {
	"table.pdf", "stream.pdf", "hybrid.pdf", "linear.pdf", "no-id.pdf", "cr-end.pdf", "annots-indirect.pdf",
	"form-direct.pdf", "form-indirect.pdf", "dangling.pdf",
};

static void two_signatures_on_every_style(void **state)
{
	(void)state;
	NEED("pdfsig");
	for (size_t i = 0; i < COUNT(every_style); i++) {
		struct pdf_prepare how = plain_look();
		struct pdf_hole a, b;
		fetch(every_style[i]);
		how.look.rgba = picture;
		how.look.img_w = 30;
		how.look.img_h = 20;
		sign(every_style[i], "one.pdf", &how, &a);
		judge("one.pdf", every_style[i], 1);
		assert_false(a.repaired);
		how.place.x = 300;
		sign("one.pdf", "two.pdf", &how, &b);
		judge("two.pdf", "one.pdf", 2);
		assert_string_not_equal(a.field, b.field);
	}
}

static void the_file_keeps_its_first_id(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf out = { 0 };
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	fetch("table.pdf");
	sign("table.pdf", "id.pdf", &how, &h);
	assert_int_equal(run(&out, "qpdf --show-object=trailer id.pdf"), 0);
	assert_non_null(strstr((char *)out.p, "/ID [ <00112233445566778899aabbccddeeff> <"));
	assert_int_equal(times((char *)out.p, "00112233445566778899aabbccddeeff"), 1);
}

static void a_name_in_use_is_not_taken(void **state)
{
	(void)state;
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	fetch("form-indirect.pdf");
	sign("form-indirect.pdf", "named.pdf", &how, &h);
	assert_string_equal(h.field, "Signature2");
}

/* Blue pixels of the rendered page must lie where the box was asked for, as the page is shown. */
static void the_box_lands_where_asked_on_turned_pages(void **state)
{
	(void)state;
	NEED("pdftoppm");
	static const int turns[] = { 0, 90, 180, 270 };
	for (size_t i = 0; i < COUNT(turns); i++) {
		AUTO(buf_free) struct buf out = { 0 }, ppm = { 0 };
		struct pdf_prepare how = plain_look();
		struct pdf_hole h;
		struct err e = { 0 };
		char name[32];
		int w, ht, at, x0 = 9999, x1 = -1, y0 = 9999, y1 = -1;
		snprintf(name, sizeof name, "turn-%d.pdf", turns[i]);
		fetch(name);
		how.look.nlines = 0;
		how.look.rgba = picture;
		how.look.img_w = 30;
		how.look.img_h = 20;
		/* Solid blue, red in its upper left quarter: upside down would show. */
		for (size_t k = 0; k < 600; k++) {
			bool corner = k / 30 < 10 && k % 30 < 15;
			memcpy(picture + 4 * k, (unsigned char[]){ corner ? 220 : 0, 0, corner ? 0 : 220, 255 }, 4);
		}
		how.place = (struct pdf_place){ .page = 1, .x = 120, .y = 40, .w = 96, .h = 66 };
		sign(name, "turned.pdf", &how, &h);
		judge("turned.pdf", name, 1);
		assert_int_equal(run(&out, "pdftoppm -r 72 -cropbox turned.pdf > turned.ppm"), 0);
		AUTO(fd_close) int fd = open_scratch("turned.ppm");
		assert_int_equal(fd_read_all(fd, &ppm, 8 << 20, &e), 0);
		assert_int_equal(sscanf((char *)ppm.p, "P6 %d %d 255%n", &w, &ht, &at), 2);
		for (int y = 0; y < ht; y++)
			for (int x = 0; x < w; x++) {
				const unsigned char *px = ppm.p + at + 1 + 3 * (y * w + x);
				bool red = px[0] > 150 && px[2] < 60;
				if (!red && (px[0] > 60 || px[2] < 150))
					continue;
				if (red && (x > 120 + 50 || ht - 1 - y < 40 + 31))
					fail_msg("turn %d: the picture stands wrong", turns[i]);
				x0 = x < x0 ? x : x0;
				x1 = x > x1 ? x : x1;
				y0 = y < y0 ? y : y0;
				y1 = y > y1 ? y : y1;
			}
		/* 3 points of air, the picture's shape 90 x 60 inside 96 x 66 */
		if (abs(x0 - 123) > 1 || abs(x1 - 212) > 1 || abs(ht - 1 - y1 - 43) > 1 || abs(ht - 1 - y0 - 102) > 1)
			fail_msg("turn %d: %d..%d, %d..%d from below", turns[i], x0, x1, ht - 1 - y1, ht - 1 - y0);
	}
}

static void letters_are_drawn_not_boxes(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf out = { 0 };
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	fetch("table.pdf");
	sign("table.pdf", "letters.pdf", &how, &h);
	assert_int_equal(run(&out, "pdftotext letters.pdf -"), 0);
	assert_non_null(strstr((char *)out.p, "Lò Thị Ướm Thử"));
	assert_int_equal(run(&out, "pdffonts letters.pdf | grep TramKySerif | grep -c 'yes yes yes'"), 0);
	struct err e = { 0 };
	AUTO(fd_close) int in = open_scratch("table.pdf");
	AUTO(fd_close) int to = scratch_fd("boxes.pdf");
	how.look.lines[0] = "Tên \xe0\xb8\x81"; /* a Thai letter: not in the font */
	assert_int_equal(pdf_prepare(in, to, &how, &h, &e), -1);
	assert_int_equal(e.kind, ERR_FONT_MISSING);
}

static void an_empty_field_is_filled_and_its_lock_put_in_force(void **state)
{
	(void)state;
	static const struct { const char *field; const char *keeps; } cases[] = {
		{ "ChuKy", "/Rect [ 60 60 230 120 ]" }, { "nhom", "/Rect [ 300 60 470 120 ]" },
	};
	AUTO(buf_free) struct buf out = { 0 };
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	struct err e = { 0 };
	fetch("fields.pdf");
	for (size_t i = 0; i < COUNT(cases); i++) {
		how.place = (struct pdf_place){ .page = 1 };
		snprintf(how.place.field, sizeof how.place.field, "%s", cases[i].field);
		sign("fields.pdf", cases[i].field, &how, &h);
		judge(cases[i].field, "fields.pdf", 1);
		assert_string_equal(h.field, cases[i].field);
		assert_int_equal(run(&out, "qpdf --qdf --object-streams=disable %s - | tr '\\n' ' ' | tr -s ' '", cases[i].field), 0);
		assert_non_null(strstr((char *)out.p, cases[i].keeps));
		assert_int_equal(times((char *)out.p, "/FieldMDP"), i == 0);
	}
	/* Signed already; unknown; and locked by the first signature's field. */
	static const struct { const char *file, *field, *reason; enum err_kind kind; } no[] = {
		{ "ChuKy", "ChuKy", "place.field-used", ERR_PLACE_BAD },
		{ "ChuKy", "khong-co", "place.no-field", ERR_PLACE_BAD },
		{ "ChuKy", "nhom", "pdf.locked", ERR_PDF_FORBIDS },
	};
	for (size_t i = 0; i < COUNT(no); i++) {
		AUTO(fd_close) int in = open_scratch(no[i].file);
		AUTO(fd_close) int to = scratch_fd("no.pdf");
		snprintf(how.place.field, sizeof how.place.field, "%s", no[i].field);
		assert_int_equal(pdf_prepare(in, to, &how, &h, &e), -1);
		if (e.kind != no[i].kind || strcmp(e.reason, no[i].reason) != 0)
			fail_msg("%s: %s %s", no[i].field, err_id(e.kind), e.reason);
	}
}

static void certifying_is_obeyed(void **state)
{
	(void)state;
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	struct err e = { 0 };
	fetch("stream.pdf");
	for (int level = 1; level <= 3; level++) {
		struct pdf_prepare second = plain_look();
		how.certify = level;
		sign("stream.pdf", "certified.pdf", &how, &h);
		judge("certified.pdf", "stream.pdf", 1);
		AUTO(fd_close) int in = open_scratch("certified.pdf");
		AUTO(fd_close) int to = scratch_fd("second.pdf");
		AUTO(pdf_release) struct pdf *p = pdf_open(in, 0, PDF_STRICT, &e);
		struct pdf_signature *s;
		size_t n;
		assert_int_equal(pdf_signatures(p, &s, &n, &e), 0);
		assert_int_equal(s[0].certify, level);
		pdf_signatures_free(s, n);
		int rc = pdf_prepare(in, to, &second, &h, &e);
		assert_int_equal(rc, level == 1 ? -1 : 0);
		if (level == 1) {
			assert_int_equal(e.kind, ERR_PDF_FORBIDS);
			assert_string_equal(e.reason, "pdf.certified");
		} else {
			finish(to, &h, false);
			judge("second.pdf", "certified.pdf", 2);
		}
		second.certify = 2;
		assert_int_equal(pdf_prepare(in, to, &second, &h, &e), -1);
		assert_int_equal(e.kind, ERR_PDF_FORBIDS);
		assert_string_equal(e.reason, "pdf.certify-later");
	}
}

/* Even where P=1 stands, time-stamps and validation data may follow. */
static void dss_and_time_stamp_follow(void **state)
{
	(void)state;
	static const char *const files[] = { "table.pdf", "stream.pdf" };
	for (size_t i = 0; i < COUNT(files); i++) {
		AUTO(buf_free) struct buf out = { 0 };
		struct pdf_prepare how = plain_look();
		struct pdf_hole h;
		struct err e = { 0 };
		unsigned char big[9000];
		memset(big, 'c', sizeof big);
		struct pdf_der certs[] = { { (const unsigned char *)"cert-one", 8 }, { big, sizeof big }, { (const unsigned char *)"cert-one", 8 } };
		struct pdf_der crls[] = { { (const unsigned char *)"crl", 3 } }, contents = { (const unsigned char *)"abc", 3 };
		struct pdf_evidence first = { contents, certs, NULL, crls, 3, 0, 1 };
		struct pdf_evidence more[] = { { { (const unsigned char *)"abd", 3 }, certs, certs, NULL, 2, 1, 0 },
		                               { { (const unsigned char *)"abe", 3 }, certs, certs, NULL, 1, 1, 0 } };
		size_t added = 0;
		how.certify = 1;
		fetch(files[i]);
		sign(files[i], "bb.pdf", &how, &h);
		AUTO(fd_close) int in = open_scratch("bb.pdf");
		AUTO(fd_close) int lt = scratch_fd("lt.pdf");
		assert_int_equal(pdf_append_dss(in, lt, &first, 1, &added, &e), 0);
		assert_int_equal(added, 3);
		AUTO(fd_close) int lt2 = scratch_fd("lt2.pdf");
		assert_int_equal(pdf_append_dss(lt, lt2, more, 2, &added, &e), 0);
		assert_int_equal(added, 1); /* the one new answer, shared by both */
		AUTO(fd_close) int lt3 = scratch_fd("lt3.pdf");
		assert_int_equal(pdf_append_dss(lt2, lt3, more, 2, &added, &e), 0);
		assert_int_equal(added, 0);
		assert_int_equal(lseek(lt3, 0, SEEK_END), 0);
		assert_int_equal(run(&out, "qpdf --check lt2.pdf && cmp -n $(stat -c %%s bb.pdf) bb.pdf lt.pdf && "
		                           "cmp -n $(stat -c %%s lt.pdf) lt.pdf lt2.pdf"), 0);
		assert_int_equal(run(&out, "qpdf --qdf --object-streams=disable lt2.pdf - | tr '\\n' ' ' | tr -s ' '"), 0);
		/* SHA-1 of "abc": FIPS 180 */
		assert_non_null(strstr((char *)out.p, "/A9993E364706816ABA3E25717850C26C9CD0D89D << /CRL [ "));
		assert_non_null(strstr((char *)out.p, "/CB4CC28DF0FDBE0ECF9D9662E294B118092A5735 << /Cert [ "));
		assert_int_equal(times((char *)out.p, "cert-one"), 2); /* once as certificate, once as the OCSP answer of this test */
		how = (struct pdf_prepare){ .timestamp = true, .reserve = 8192, .when = 1795168985 };
		sign("lt2.pdf", "lta.pdf", &how, &h);
		judge_all("lta.pdf", "lt2.pdf", 2, 1);
		/* What stands in the file is a token over its own byte range. */
		assert_int_equal(run(&out, "openssl ts -verify -data range -in der -token_in -CAfile t.pem"), 0);
	}
}

static void an_unsigned_wreck_is_written_anew_a_signed_one_refused(void **state)
{
	(void)state;
	static const char *const wrecks[] = { "bad-startxref.pdf", "junk-first.pdf" };
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	struct err e = { 0 };
	AUTO(buf_free) struct buf out = { 0 };
	for (size_t i = 0; i < COUNT(wrecks); i++) {
		fetch(wrecks[i]);
		sign(wrecks[i], "mended.pdf", &how, &h);
		judge("mended.pdf", NULL, 1);
		assert_true(h.repaired);
	}
	fetch("table.pdf");
	sign("table.pdf", "whole.pdf", &how, &h);
	assert_int_equal(run(&out, "sed 's/^startxref$/startxxxx/' whole.pdf > cut.pdf"), 0);
	AUTO(fd_close) int in = open_scratch("cut.pdf");
	AUTO(fd_close) int to = scratch_fd("no.pdf");
	assert_int_equal(pdf_prepare(in, to, &how, &h, &e), -1);
	assert_int_equal(e.kind, ERR_PDF_DAMAGED);
	fetch("encrypted.pdf");
	AUTO(fd_close) int enc = open_scratch("encrypted.pdf");
	assert_int_equal(pdf_prepare(enc, to, &how, &h, &e), -1);
	assert_int_equal(e.kind, ERR_PDF_ENCRYPTED);
}

/* A /Size that lies must not make the second signature take the numbers of the first. */
static void numbers_in_use_are_not_taken_again(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf out = { 0 };
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	struct err e = { 0 };
	struct pdf_signature *s;
	size_t n;
	fetch("table.pdf");
	sign("table.pdf", "one.pdf", &how, &h);
	assert_int_equal(run(&out, "sed 's:^<< /Size [0-9][0-9]:<< /Size 06:' one.pdf > lies.pdf; grep -a -c '^<< /Size 06' lies.pdf"), 0);
	how.place.x = 300;
	sign("lies.pdf", "two.pdf", &how, &h);
	AUTO(fd_close) int fd = open_scratch("two.pdf");
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	assert_int_equal(pdf_signatures(p, &s, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_true(s[0].byte_range_ok && s[1].byte_range_ok);
	assert_int_not_equal(s[0].value_id.num, s[1].value_id.num);
	pdf_signatures_free(s, n);
}

/* The hole must be the dictionary's own and only /Contents: a second key is a second truth. */
static void a_doubled_contents_is_seen(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf out = { 0 };
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	struct err e = { 0 };
	struct pdf_signature *s;
	size_t n;
	how.reason = "aaaaaaaaaaaaaaaaaaaa";
	fetch("table.pdf");
	sign("table.pdf", "one.pdf", &how, &h);
	assert_int_equal(run(&out, "sed 's:/Reason (aaaaaaaaaaaaaaaaaaaa):/Contents <0123456789abcdef>  :' one.pdf > two-truths.pdf"), 0);
	AUTO(fd_close) int fd = open_scratch("two-truths.pdf");
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	assert_int_equal(pdf_signatures(p, &s, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_false(s[0].byte_range_ok);
	pdf_signatures_free(s, n);
}

/* A gap that is some other hex string of the file leaves /Contents inside the signed range. */
static void a_gap_elsewhere_is_seen(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	struct err e = { 0 };
	struct pdf_signature *s;
	size_t n;
	char text[64];
	fetch("table.pdf");
	sign("table.pdf", "one.pdf", &how, &h);
	AUTO(fd_close) int in = open_scratch("one.pdf");
	assert_int_equal(fd_read_all(in, &b, 1 << 20, &e), 0);
	char *name = memmem(b.p, b.n, "/Name <", 7), *range = memmem(b.p, b.n, "/ByteRange [", 12);
	assert_true(name && range);
	size_t from = (size_t)(name - (char *)b.p) + 6, to = from + strcspn(name + 6, ">") + 1;
	int k = snprintf(text, sizeof text, "/ByteRange [0 %zu %zu %zu]", from, to, b.n - to);
	int room = (int)strcspn(range, "]") + 1;
	memset(range, ' ', (size_t)(room > k ? room : k));
	memcpy(range, text, (size_t)k);
	AUTO(fd_close) int fd = scratch_fd("elsewhere.pdf");
	assert_int_equal(fd_write_all(fd, b.p, b.n, &e), 0);
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	assert_non_null(p);
	assert_int_equal(pdf_signatures(p, &s, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_true(s[0].byte_range[1] == from);
	assert_false(s[0].byte_range_ok);
	pdf_signatures_free(s, n);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	struct err e = { 0 };
	unsigned char big[600] = { 0 };
	fetch("table.pdf");
	AUTO(fd_close) int in = open_scratch("table.pdf");
	AUTO(fd_close) int to = scratch_fd("no.pdf");
	how.place.x = 500;
	assert_int_equal(pdf_prepare(in, to, &how, &h, &e), -1);
	assert_string_equal(e.reason, "place.off-page");
	how.place.page = 2;
	assert_int_equal(pdf_prepare(in, to, &how, &h, &e), -1);
	assert_string_equal(e.reason, "place.off-page");
	how = plain_look();
	how.reserve = 1 << 20;
	assert_int_equal(pdf_prepare(in, to, &how, &h, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	how.reserve = 512;
	assert_int_equal(pdf_prepare(in, to, &how, &h, &e), 0);
	assert_int_equal(pdf_embed(to, &h, big, 513, &e), -1);
	assert_int_equal(pdf_embed(to, &h, big, 512, &e), 0);
	h.contents_at += 1;
	assert_int_equal(pdf_embed(to, &h, big, 512, &e), -1);
}

static void an_invisible_signature_changes_nothing_seen(void **state)
{
	(void)state;
	NEED("pdftoppm");
	AUTO(buf_free) struct buf out = { 0 };
	struct pdf_prepare how = plain_look();
	struct pdf_hole h;
	how.place = (struct pdf_place){ .page = 0 };
	fetch("table.pdf");
	sign("table.pdf", "unseen.pdf", &how, &h);
	judge("unseen.pdf", "table.pdf", 1);
	assert_int_equal(run(&out, "pdftoppm -r 50 table.pdf > a && pdftoppm -r 50 unseen.pdf > b && cmp a b"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_signatures_on_every_style),
		cmocka_unit_test(the_file_keeps_its_first_id),
		cmocka_unit_test(a_name_in_use_is_not_taken),
		cmocka_unit_test(the_box_lands_where_asked_on_turned_pages),
		cmocka_unit_test(letters_are_drawn_not_boxes),
		cmocka_unit_test(an_empty_field_is_filled_and_its_lock_put_in_force),
		cmocka_unit_test(certifying_is_obeyed),
		cmocka_unit_test(dss_and_time_stamp_follow),
		cmocka_unit_test(an_unsigned_wreck_is_written_anew_a_signed_one_refused),
		cmocka_unit_test(numbers_in_use_are_not_taken_again),
		cmocka_unit_test(a_doubled_contents_is_seen),
		cmocka_unit_test(a_gap_elsewhere_is_seen),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(an_invisible_signature_changes_nothing_seen),
	};
	return cmocka_run_group_tests(tests, setup, drop_scratch);
}
