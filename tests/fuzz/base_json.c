/* JSON from outside, base64 and hexadecimal: whatever is taken can be written and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(json_release) json_t *j = json_parse(p, n, 1 << 16, NULL);
	if (j) {
		AUTO(mem_free) char *text = json_text(j);
		AUTO(json_release) json_t *again = json_parse(text, strlen(text), 1 << 20, NULL);
		if (!again || !json_equal(j, again))
			abort();
	}
	AUTO(mem_free) char *s = mem_strn((const char *)p, n);
	AUTO(buf_free) struct buf b = { 0 };
	(void)json_at(j, s);
	if (base64_bytes(s, &b, NULL) == 0) {
		AUTO(buf_free) struct buf same = { 0 };
		AUTO(mem_free) char *text = base64_text(b.p, b.n);
		if (base64_bytes(text, &same, NULL) < 0 || same.n != b.n || memcmp(same.p, b.p, b.n))
			abort();
	}
	(void)hex_bytes(s, &b, NULL);
	return 0;
}
