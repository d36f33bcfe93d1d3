/* Any bytes as a PDF, strictly and forgivingly: refused with a reason, or every page, signature and object told, nothing of it
 * outside the file. (Strict reading may take what repair refuses: another trailer, found by searching, may be encrypted.) */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "pdf/pdf.h"
#include "pdf/read.h"

static void walk(struct pdf *p)
{
	const struct pdf_entry *entries;
	struct pdf_signature *sigs;
	uint64_t *eofs = NULL;
	size_t n;

	for (int i = 1; i <= pdf_pages(p) && i < 50; i++) {
		struct pdf_page page;
		pdf_page(p, i, &page, NULL);
	}
	if (pdf_signatures(p, &sigs, &n, NULL) == 0) {
		for (size_t i = 0; i < n; i++)
			if (sigs[i].byte_range_ok && sigs[i].byte_range[2] + sigs[i].byte_range[3] > pdf_size(p))
				abort();
		pdf_signatures_free(sigs, n);
	}
	if (pdf_entries(p, &entries, &n, NULL) == 0)
		for (size_t i = 0; i < n && i < 500; i++) {
			AUTO(pdf_object_free) struct pdf_object o = { 0 };
			if (pdf_object(p, entries[i].id.num, &o, NULL) == 0 && o.end > pdf_size(p))
				abort();
		}
	if (pdf_eofs(p, &eofs, &n, NULL) == 0)
		for (size_t i = 0; i < n; i++)
			if (eofs[i] > pdf_size(p))
				abort();
	free(eofs);
	pdf_looks_signed(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = { 0 };
	AUTO(fd_close) int fd = fd_memfd("fuzz", &e);

	if (fd < 0 || fd_write_all(fd, data, n, &e) || fd_seal(fd, &e))
		abort();
	for (int way = 0; way < 2; way++) {
		struct err why = { 0 };
		AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, way == 0 ? PDF_STRICT : 0, &why);
		if (!p && why.kind == ERR_NONE)
			abort();
		if (p)
			walk(p);
	}
	return 0;
}
