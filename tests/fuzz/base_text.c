/* Text from outside: clean is clean, cleaning twice changes nothing, and lines fit. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(mem_free) char *s = mem_strn((const char *)p, n);
	AUTO(mem_free) char *clean = text_clean(s, true), *twice = text_clean(clean, true), *fold = text_fold(s);
	AUTO(mem_free) char *cut = text_cut(clean, 10), *mask = text_mask_id(s), *fold2 = text_fold(fold);
	size_t count;

	if (strcmp(clean, twice) || !text_is_utf8(clean, strlen(clean)) || text_width(cut) > 10 || !mask ||
	    strcmp(fold, fold2))
		abort();
	for (const char *c = clean; *c; c++)
		if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f)
			abort();
	char **lines = text_wrap(clean, 7, &count);
	for (size_t i = 0; i < count; i++)
		if (text_width(lines[i]) > 7)
			abort();
	text_lines_free(lines);
	size_t ends[2] = { 0, strlen(s) };
	for (size_t g; (g = text_next_grapheme(s, ends[0])); ends[0] += g)
		;
	for (size_t g; (g = text_prev_grapheme(s, ends[1])); ends[1] -= g)
		;
	if (ends[0] != strlen(s) || ends[1] != 0)
		abort();
	return 0;
}
