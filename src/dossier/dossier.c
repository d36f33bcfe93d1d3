#include "dossier/dossier.h"

#include "base/mem.h"
#include "base/text.h"
#include "dossier/limits.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Without random bytes a UUID would repeat and two dossiers would share one delivery: better no program at all. */
static void random_bytes(unsigned char *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = getrandom(p + done, n - done, 0);

		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0)
			done += (size_t)got;
	}
}

char *dossier_uuid(void)
{
	unsigned char r[16];

	random_bytes(r, sizeof r);
	r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
	r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
	return mem_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
	                  r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
}

char *dossier_document_code(void)
{
	/* 32 signs, so that a byte maps without bias; read aloud and typed without mistaking 0/O or 1/I. */
	static const char signs[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	_Static_assert(sizeof signs == 33, "a byte must map without bias");
	unsigned char r[5];
	char code[6] = "";

	random_bytes(r, sizeof r);
	for (size_t i = 0; i < sizeof r; i++)
		code[i] = signs[r[i] % 32];
	return mem_printf("KS-%s", code);
}

struct dossier *dossier_new(void)
{
	struct dossier *d = mem_alloc(sizeof *d);

	d->id = dossier_uuid();
	d->person = json_object();
	d->answers = json_object();
	return d;
}

static void file_clear(struct dossier_file *f)
{
	free(f->name);
	free(f->sha256);
	free(f->signer);
	free(f->transaction);
	free(f->signed_at);
	free(f->level);
	free(f->reason);
	free(f->original_sha256);
}

static void component_clear(struct dossier_component *c)
{
	for (size_t i = 0; i < c->nfiles; i++)
		file_clear(&c->files[i]);
	free(c->files);
	free(c->id);
	free(c->name);
}

void dossier_free(struct dossier *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->ncomponents; i++)
		component_clear(&d->components[i]);
	free(d->components);
	free(d->id);
	free(d->code);
	free(d->procedure);
	free(d->procedure_name);
	free(d->province);
	free(d->commune);
	free(d->agency);
	free(d->step);
	free(d->receive);
	json_decref(d->person);
	json_decref(d->answers);
	json_decref(d->pending);
	free(d);
}

void dossier_release(struct dossier **d)
{
	dossier_free(*d);
	*d = NULL;
}

/* JSON holds UTF-8 only and reading back refuses what is too long: what is kept must survive the way to disk and back. */
static char *keepable(const char *s)
{
	size_t n = strnlen(s, DOSSIER_TEXT_MAX + 1);

	if (n > DOSSIER_TEXT_MAX) {
		n = DOSSIER_TEXT_MAX;
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	char *copy = mem_strn(s, n);

	if (text_is_utf8(copy, n))
		return copy;
	AUTO(mem_free) char *bad = copy;
	return text_nfc(bad);
}

void dossier_set_text(char **slot, const char *value)
{
	char *fresh = value ? keepable(value) : NULL;

	free(*slot);
	*slot = fresh;
}

const char *dossier_answer(const struct dossier *d, const char *field)
{
	const char *s = json_string_value(json_object_get(d->answers, field));

	return s ? s : "";
}

void dossier_answer_set(struct dossier *d, const char *field, const char *value)
{
	if (!value) {
		json_object_del(d->answers, field);
		return;
	}
	AUTO(mem_free) char *copy = keepable(value);

	if (!*field || strlen(field) > DOSSIER_KEY_MAX)
		return;
	if (!json_object_get(d->answers, field) && json_object_size(d->answers) >= DOSSIER_ANSWERS_MAX)
		return;
	json_object_set_new(d->answers, field, json_string(copy));
}

struct dossier_component *dossier_component(struct dossier *d, const char *id)
{
	for (size_t i = 0; i < d->ncomponents; i++)
		if (d->components[i].id && strcmp(d->components[i].id, id) == 0)
			return &d->components[i];
	return NULL;
}

struct dossier_component *dossier_add_component(struct dossier *d, const char *id, const char *name)
{
	if (d->ncomponents >= DOSSIER_COMPONENTS_MAX)
		return NULL;
	d->components = mem_grow(d->components, d->ncomponents + 1, sizeof *d->components);
	struct dossier_component *c = &d->components[d->ncomponents++];

	*c = (struct dossier_component){ .count = 1 };
	dossier_set_text(&c->id, id);
	dossier_set_text(&c->name, name);
	return c;
}

struct dossier_file *dossier_add_file(struct dossier_component *c, const char *name)
{
	if (c->nfiles >= DOSSIER_FILES_MAX)
		return NULL;
	c->files = mem_grow(c->files, c->nfiles + 1, sizeof *c->files);
	struct dossier_file *f = &c->files[c->nfiles++];

	*f = (struct dossier_file){ .state = FILE_ATTACHED };
	/* The name came from a stick or a scanner and is shown (D1). */
	AUTO(mem_free) char *kept = keepable(name ? name : "");
	f->name = text_clean(kept, false);
	return f;
}

void dossier_drop_file(struct dossier_component *c, size_t i)
{
	if (i >= c->nfiles)
		return;
	file_clear(&c->files[i]);
	memmove(&c->files[i], &c->files[i + 1], (c->nfiles - i - 1) * sizeof *c->files);
	c->nfiles--;
}

/* A file whose signature is under way or failed is not yet what the agency asked for. */
static bool handed_in(const struct dossier_component *c)
{
	bool any = false;

	for (size_t i = 0; i < c->nfiles; i++) {
		switch (c->files[i].state) {
		case FILE_ATTACHED:
		case FILE_SIGNED:
			any = true;
			break;
		case FILE_NONE:
			break;
		case FILE_WAITING:
		case FILE_FAILED:
			return false;
		}
	}
	return any;
}

static bool there(const char *s)
{
	return s && *s;
}

bool dossier_complete(const struct dossier *d, json_t *missing)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "procedure", d->procedure },
		{ "province", d->province },
		{ "agency", d->agency },
		{ "person", json_string_value(json_object_get(d->person, "id")) },
	};
	bool whole = true;

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (there(texts[i].value))
			continue;
		whole = false;
		if (missing)
			json_array_append_new(missing, json_string(texts[i].name));
	}
	for (size_t i = 0; i < d->ncomponents; i++) {
		const struct dossier_component *c = &d->components[i];

		if ((!c->required && !c->ticked) || handed_in(c))
			continue;
		whole = false;
		if (missing)
			json_array_append_new(missing, json_string(there(c->name) ? c->name : c->id));
	}
	return whole;
}

/* The digits of `want` (NULL: none) are those of the certificate. Lengths other than those of CCCD (12), CMND (9) and MST
 * (10, branches 13) name nobody: an empty or cut number must not match an empty or cut number. */
static bool same_number(const char *digits, const char *want)
{
	if (!there(want))
		return false;
	AUTO(mem_free) char *known = text_digits(want);
	size_t n = strlen(known);

	return (n == 9 || n == 10 || n == 12 || n == 13) && strcmp(digits, known) == 0;
}

bool dossier_may_sign(const struct dossier *d, const char *cert_id)
{
	if (!there(cert_id))
		return false;
	AUTO(mem_free) char *digits = text_digits(cert_id);

	return same_number(digits, json_string_value(json_object_get(d->person, "id"))) ||
	       same_number(digits, json_string_value(json_object_get(d->person, "old_id"))) ||
	       same_number(digits, dossier_answer(d, "mst"));
}
