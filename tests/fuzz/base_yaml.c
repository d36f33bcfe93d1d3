/* Configuration and screens: refused with a place, or taken as values that JSON can carry. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct err e = { 0 };
	AUTO(mem_free) char *s = mem_strn((const char *)p, n);
	AUTO(json_release) json_t *j = yaml_parse(s, "f", &e);

	if (!j && (e.kind == ERR_NONE || strncmp(e.cause, "f:", 2) != 0))
		abort();
	if (j) {
		AUTO(mem_free) char *text = json_text(j);
		if (strcmp(text, "null") == 0 && !json_is_null(j))
			abort();
	}
	return 0;
}
