#include <stdio.h>

#include "pdf/blocks.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS_MAX = 4000, TEXT_MAX = 1 << 20 };

static const struct block_kind *kind_of(const json_t *block)
{
	const char *name = json_string_value(json_object_get(block, "kind"));

	for (size_t i = 0; name && i < block_kinds_count; i++)
		if (strcmp(block_kinds[i].name, name) == 0)
			return &block_kinds[i];
	return NULL;
}

/* Everything is looked at before the first page: an unknown kind is a mistake of the form, not something to leave out. */
static int check_blocks(const json_t *lines, const char **footer, char **letters, struct err *e)
{
	const json_t *b;
	size_t i;

	if (!json_is_array(lines) || json_array_size(lines) > BLOCKS_MAX)
		return err_set(e, ERR_USAGE, "compose: no \"lines\", or too many");
	json_array_foreach (lines, i, b) {
		const struct block_kind *k = kind_of(b);
		if (!k)
			return err_set(e, ERR_USAGE, "compose: kind of block %zu", i);
		if (strcmp(k->name, "footer") == 0)
			*footer = json_string_value(json_object_get(b, "text"));
	}
	AUTO(mem_free) char *all = json_dumps(lines, JSON_COMPACT);
	if (!all || strlen(all) > TEXT_MAX)
		return err_set(e, ERR_FILE_TOO_BIG, "compose: more than %d bytes", TEXT_MAX);
	AUTO(mem_free) char *with_motto = mem_printf("%s" BLOCK_COUNTRY BLOCK_MOTTO, all);
	*letters = text_nfc(with_motto);
	return 0;
}

int pdf_compose(int fd, const json_t *doc, struct err *e)
{
	const json_t *lines = json_object_get(doc, "lines"), *b;
	const char *footer = NULL;
	AUTO(sheet_close) struct sheet s = { 0 };
	AUTO(mem_free) char *title = block_text(doc, "title"), *letters = NULL;
	size_t i;

	if (check_blocks(lines, &footer, &letters, e) < 0 || sheet_open(&s, title, footer, letters, e) < 0)
		return -1;
	json_array_foreach (lines, i, b)
		if (!s.failed)
			kind_of(b)->draw(&s, b);
	return sheet_write(&s, fd);
}
