/* Keys to the typing engine: what stands there is UTF-8, as long as it may be; taking all back leaves nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/typing.h"

static void one_word(const uint8_t *data, size_t n, enum typing_mode mode)
{
	struct typing t = { .mode = mode, .new_style = n & 1, .raw_backspace = n >> 1 & 1 };

	for (size_t i = 0; i < n; i++) {
		if (data[i] == '<')
			typing_backspace(&t);
		else if (!typing_key(&t, (char)data[i]))
			typing_reset(&t);
		if (t.nkeys > TYPING_KEYS_MAX || strnlen(t.text, sizeof t.text) == sizeof t.text || !text_is_utf8(t.text, strlen(t.text)))
			abort();
	}
	for (int i = 0; i <= TYPING_KEYS_MAX && typing_backspace(&t); i++)
		;
	if (*t.text && t.nkeys)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(mem_free) char *keys = mem_strn((const char *)data, n);

	for (enum typing_mode m = TYPING_OFF; m <= TYPING_VNI; m++) {
		AUTO(mem_free) char *line = typing_line(m, keys);
		if (!line || (text_is_utf8(keys, strlen(keys)) && !text_is_utf8(line, strlen(line))))
			abort();
		one_word(data, n, m);
	}
	return 0;
}
