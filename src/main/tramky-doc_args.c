#include <string.h>

#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "main/doc.h"
#include "pdf/pdf.h"

int arg_bytes(const json_t *args, const char *path, struct buf *out, struct err *e)
{
	const char *text = json_str(args, path, "");

	if (base64_bytes(text, out, e)) {
		err_set(e, ERR_USAGE, "%s is no base64", path);
		return -1;
	}
	return 0;
}

int arg_need_bytes(const json_t *args, const char *path, struct buf *out, struct err *e)
{
	if (arg_bytes(args, path, out, e))
		return -1;
	return out->n ? 0 : err_set(e, ERR_USAGE, "%s is missing", path);
}

void put_bytes(json_t *to, const char *path, const void *p, size_t n)
{
	AUTO(mem_free) char *text = base64_text(p, n);

	json_put_str(to, path, text);
}

int arg_chain(const json_t *args, const char *path, struct arg_chain *out, struct err *e)
{
	const json_t *list = json_at(args, path);
	size_t n = json_array_size(list);

	*out = (struct arg_chain){ 0 };
	if (n > ARG_CHAIN_MAX)
		n = ARG_CHAIN_MAX;
	out->bytes = mem_array(n, sizeof *out->bytes);
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text || base64_bytes(text, &out->bytes[i], e)) {
			out->n = i + 1;
			return err_set(e, ERR_USAGE, "%s.%zu is no base64", path, i);
		}
		out->der[i] = (struct der){ out->bytes[i].p, out->bytes[i].n };
		out->n = i + 1;
	}
	return 0;
}

void arg_chain_clear(struct arg_chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		buf_free(&c->bytes[i]);
	mem_free(&c->bytes);
}

struct cert *arg_cert(const json_t *args, struct err *e)
{
	AUTO(buf_free) struct buf der = { 0 };

	if (arg_need_bytes(args, "certificate", &der, e))
		return NULL;
	return cert_parse(der.p, der.n, e);
}

int doc_trust(const struct config *c, const struct trust_store **out, struct err *e)
{
	static struct trust_store *kept;
	AUTO(mem_free) char *dir = config_path(c, "trust");

	if (!kept && dir && !(kept = trust_open(dir, e)))
		return -1;
	*out = kept;
	return 0;
}

static double number(const json_t *j, const char *key, double none)
{
	const json_t *v = json_object_get(j, key);

	return json_is_number(v) ? json_number_value(v) : none;
}

static int one_place(const json_t *j, struct pdf_place *pl, struct err *e)
{
	const char *field = json_str(j, "field", "");

	*pl = (struct pdf_place){ 0 };
	if (json_is(j, "invisible") || json_is(j, "corner"))   /* the corner is found by what is drawn there */
		return 0;
	if (*field) {
		if (strlen(field) >= sizeof pl->field)
			return err_set(e, ERR_PLACE_NOT_FOUND, "field name too long");
		strcpy(pl->field, field);
		return 0;
	}
	pl->page = (int)json_int(j, "page", 0);
	pl->x = number(j, "x", 0);
	pl->y = number(j, "y", 0);
	pl->w = number(j, "w", 170);
	pl->h = number(j, "h", 60);
	if (pl->page < 1)
		return err_set(e, ERR_USAGE, "place without a page, a field or invisible");
	return 0;
}

int place_from(const json_t *args, void *pdf_place, struct err *e)
{
	return one_place(json_at(args, "place"), pdf_place, e);
}

int more_places_from(const json_t *args, struct pdf_place out[PDF_PLACES_MAX], struct err *e)
{
	const json_t *list = json_at(args, "more_places");
	size_t n = json_array_size(list);

	if (n > PDF_PLACES_MAX)
		return err_set(e, ERR_USAGE, "%zu more places", n);
	for (size_t i = 0; i < n; i++)
		if (one_place(json_array_get(list, i), &out[i], e))
			return -1;
	return (int)n;
}
