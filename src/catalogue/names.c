/* What search knows about names: word ids, the head that says nothing, rarer variants, everyday names. */
#include "catalogue/catalogue_int.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Pairs of words that mark the rarer variant of something common: asked for by name, or behind the plain one. */
static const char *const rare_pairs[][2] = {
	{ "luu", "dong" }, { "nuoc", "ngoai" }, { "bien", "gioi" }, { "lien", "thong" }, { "ky", "lai" }, { "cap", "lai" },
	{ "cap", "doi" },  { "gia", "han" },    { "cham", "dut" },  { "ket", "hop" },    { "thu", "hoi" }, { "trung", "uong" },
	{ "xoa", "dang" }, { "giam", "sat" },   { "da", "co" },     { "tam", "thoi" },
};
/* Words a name begins with before it says what it is about. */
static const char *const head_words[] = { "thu", "tuc", "dang", "ky", "cap", "viec", "giai", "quyet", "thuc", "hien" };

struct flags {
	uint32_t *first, *second;
	bool *head;
};

static void flag_words(struct flags *f, const struct vocabulary *v)
{
	f->first = mem_array(v->count, sizeof *f->first);
	f->second = mem_array(v->count, sizeof *f->second);
	f->head = mem_array(v->count, sizeof *f->head);
	for (size_t i = 0; i < v->count; i++) {
		for (size_t k = 0; k < COUNT(rare_pairs); k++) {
			f->first[i] |= strcmp(v->words[i].folded, rare_pairs[k][0]) == 0 ? 1u << k : 0;
			f->second[i] |= strcmp(v->words[i].folded, rare_pairs[k][1]) == 0 ? 1u << k : 0;
		}
		for (size_t k = 0; k < COUNT(head_words); k++)
			f->head[i] |= strcmp(v->words[i].folded, head_words[k]) == 0;
	}
}

static void judge(struct catalogue *c, struct indexed_name *n, const struct flags *f)
{
	const uint32_t *ids = c->ids + n->first;

	while (n->head < n->count && f->head[ids[n->head]])
		n->head++;
	for (uint32_t i = 0; i + 1 < n->count; i++)
		n->rare |= f->first[ids[i]] & f->second[ids[i + 1]];
}

static struct indexed_name index_text(struct catalogue *c, const char *text)
{
	struct indexed_name n = { .first = (uint32_t)c->nids };

	if (c->nids + WORDS_PER_NAME > c->ids_room) {
		c->ids_room = c->ids_room * 2 + 65536;
		c->ids = mem_grow(c->ids, c->ids_room, sizeof *c->ids);
	}
	n.count = (uint32_t)words_of(&c->words, text, c->ids + c->nids, WORDS_PER_NAME);
	c->nids += n.count;
	return n;
}

static void index_names(struct catalogue *c)
{
	size_t count = c->procedure_rows.rows;
	struct flags f = { 0 };

	c->names = mem_array(count, sizeof *c->names);
	c->fields = mem_array(count, sizeof *c->fields);
	for (size_t i = 0; i < count; i++) {
		c->names[i] = index_text(c, c->procedures[i].name);
		c->fields[i] = i > 0 && strcmp(c->procedures[i].field, c->procedures[i - 1].field) == 0
		                       ? c->fields[i - 1]
		                       : index_text(c, c->procedures[i].field);
	}
	flag_words(&f, &c->words);
	for (size_t i = 0; i < count; i++)
		judge(c, &c->names[i], &f);
	free(f.first);
	free(f.second);
	free(f.head);
}

bool catalogue_is_code(const char *s)
{
	if (!isdigit((unsigned char)s[0]) || s[1] != '.' || strlen(s) != 8)
		return false;
	return strspn(s + 2, "0123456789") == 6;
}

static int read_common(struct catalogue *c, const struct table *t, struct err *e)
{
	c->common = mem_array(t->rows, sizeof *c->common);
	for (size_t i = 0; i < t->rows; i++) {
		const char *target = table_cell(t, i, 1);
		struct common_name *n = &c->common[c->ncommon];

		if (catalogue_is_code(target)) {
			n->procedure = catalogue_index(c, target);
			if (n->procedure == SIZE_MAX)
				return err_set(e, ERR_CONFIG, "common_names.tsv:%zu: unknown code %s", i + 2, target);
		} else {
			n->expansion = text_fold(target);
		}
		n->phrase = text_fold(table_cell(t, i, 0));
		c->ncommon++;
	}
	return 0;
}

int catalogue_read_names(struct catalogue *c, struct err *e)
{
	AUTO(table_clear) struct table t = { 0 };

	index_names(c);
	if (table_read(&t, c->dir, "common_names.tsv", 2, e))
		return -1;
	return read_common(c, &t, e);
}
