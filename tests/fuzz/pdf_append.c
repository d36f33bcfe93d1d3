/* One more signature on any PDF: refused with a reason, or appended so that not one earlier byte changed and a strict reader
 * finds the new field with its hole where it was said to be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "pdf/pdf.h"

static void strict_reader_finds(int out, const struct pdf_hole *hole)
{
	struct err e = { 0 };
	AUTO(pdf_release) struct pdf *p = pdf_open(out, 0, PDF_STRICT, &e);
	struct pdf_signature *sigs = NULL;
	size_t n = 0, found = 0;

	if (!p || pdf_signatures(p, &sigs, &n, &e))
		return;      /* the doc job verifies what it made, and gives nothing else back */
	for (size_t i = 0; i < n; i++)
		found += !strcmp(sigs[i].field, hole->field) && sigs[i].byte_range_ok && !memcmp(sigs[i].byte_range, hole->byte_range, 32);
	pdf_signatures_free(sigs, n);
	if (found > 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = { 0 };
	AUTO(fd_close) int in = fd_memfd("in", &e);
	AUTO(fd_close) int out = fd_memfd("out", &e);
	AUTO(buf_free) struct buf got = { 0 };
	struct pdf_prepare how = { .reserve = 600, .when = 1795000000, .name = "Nguyễn Văn Thử" };
	struct pdf_hole hole;

	if (in < 0 || out < 0 || n < 2 || fd_write_all(in, data + 1, n - 1, &e) || fd_seal(in, &e))
		return 0;
	how.place.page = data[0] & 1;
	how.place.x = how.place.y = 20;
	how.place.w = 170;
	how.place.h = 60;
	how.certify = data[0] >> 1 & 3;
	if (pdf_prepare(in, out, &how, &hole, &e)) {
		if (e.kind == ERR_NONE)
			abort();
		return 0;
	}
	if (fd_read_all(out, &got, 64 << 20, &e) || (!hole.repaired && (got.n < n || memcmp(got.p, data + 1, n - 1))))
		abort();
	if (pdf_embed(out, &hole, "0123", 4, &e))
		abort();
	strict_reader_finds(out, &hole);
	return 0;
}
