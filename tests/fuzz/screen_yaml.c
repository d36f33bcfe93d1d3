/* A screen's YAML: refused with a place, or a screen that can be shown. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "screen/screen.h"
#include "screen/screen_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = { 0 };
	AUTO(fd_close) int fd = fd_memfd("screen", &e);
	char path[40];

	if (fd < 0 || fd_write_all(fd, data, n, &e))
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct screen *s = screen_load(path, &e);
	if (!s) {
		if (e.kind == ERR_NONE)
			abort();
		return 0;
	}
	struct view *v = view_new(s);
	for (size_t i = 0; i < s->nfields; i++) {
		view_set(v, s->fields[i].id, "Ia H'Drai 12/34");
		AUTO(mem_free) char *normal = rule_normal(&s->fields[i], "001090123456");
		rule_check(&s->fields[i], normal ? normal : "");
	}
	view_check(v);
	view_free(v);
	screen_free(s);
	return 0;
}
