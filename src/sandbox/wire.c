#include "sandbox/wire.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "sandbox/bytes.h"

void wire_request_free(struct wire_request *r)
{
	mem_free(&r->sp_id);
	mem_free(&r->sp_password);
	mem_free(&r->user_id);
	mem_free(&r->ca_name);
	mem_free(&r->serial);
	mem_free(&r->transaction_id);
	mem_free(&r->text);
	for (size_t i = 0; i < r->n; i++) {
		mem_free(&r->items[i].doc_id);
		mem_free(&r->items[i].title);
	}
	mem_free(&r->items);
	r->n = 0;
}

/* A string of at most `max` bytes without control characters, or "" when absent. False: there, but not such a string. */
static bool take(const json_t *j, const char *key, size_t max, char **out)
{
	const json_t *v = json_object_get(j, key);
	const char *s = v && !json_is_null(v) ? json_string_value(v) : "";

	if (!s || strlen(s) > max)
		return false;
	for (const char *c = s; *c; c++)
		if (iscntrl((unsigned char)*c))
			return false;
	mem_free(out);
	*out = mem_str(s);
	return true;
}

/* YYYYMMDDHHmmSS, more digits after it, then perhaps Z: clients send fractions of a second and must not be refused. */
static bool time_ok(const json_t *j)
{
	const json_t *v = json_object_get(j, "time_stamp");
	const char *s = json_string_value(v);
	size_t digits;

	if (!v || json_is_null(v))
		return true;
	if (!s)
		return false;
	digits = strspn(s, "0123456789");
	return digits >= 14 && digits <= 24 && (!s[digits] || !strcmp(s + digits, "Z"));
}

/* Which text form the 32 bytes have is the dialect's own: hex at VNPT, base64 at NEAC; 769 is seen with both. */
static bool take_hash(enum dialect d, const char *s, unsigned char hash[32])
{
	AUTO(buf_free) struct buf raw = { 0 };

	if (!s)
		return false;
	if (d != DIALECT_NEAC && bytes_from_hex(s, hash, 32))
		return true;
	if (d == DIALECT_VNPT || strlen(s) > 64 || !bytes_from_b64(s, &raw) || raw.n != 32)
		return false;
	memcpy(hash, raw.p, 32);
	return true;
}

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

/* file_type and sign_type stand in `file_options` (769), flat (VNPT, NEAC), or nowhere (then: a hash). */
static const char *check_options(enum dialect d, const json_t *item)
{
	static const char *const types[] = { "pdf", "xml", "json", "word", "excel", "office", "", NULL };
	const json_t *in = json_object_get(item, "file_options");
	AUTO(mem_free) char *file_type = NULL, *sign_type = NULL;

	if (!in || json_is_null(in))
		in = item;
	if (!json_is_object(in) || !take(in, "file_type", 16, &file_type) || !take(in, "sign_type", 16, &sign_type))
		return "BAD_REQUEST";
	if (!one_of(file_type, types) || (*sign_type && strcmp(sign_type, "hash")))
		return "INVALID_DOCUMENT";
	if (d == DIALECT_VNPT && (!*file_type || !*sign_type))
		return "BAD_REQUEST";
	return NULL;
}

static const char *parse_item(enum dialect d, const json_t *j, struct wire_item *it)
{
	const char *bad;

	if (!json_is_object(j) || !take(j, "doc_id", 128, &it->doc_id) || !*it->doc_id)
		return "BAD_REQUEST";
	if (!take(j, "doc_name", WIRE_TEXT_MAX, &it->title) || (!*it->title && !take(j, "file_name", WIRE_TEXT_MAX, &it->title)))
		return "BAD_REQUEST";
	bad = check_options(d, j);
	if (bad)
		return bad;
	/* what real providers do with a hash of another length is a guess */
	return take_hash(d, json_string_value(json_object_get(j, "data_to_be_signed")), it->hash) ? NULL : "INVALID_DOCUMENT";
}

static const char *parse_items(enum dialect d, const json_t *files, struct wire_request *out)
{
	size_t n = json_array_size(files);

	if (!n || n > WIRE_ITEMS_MAX)
		return "BAD_REQUEST";
	out->items = mem_array(n, sizeof *out->items);
	for (size_t i = 0; i < n; i++) {
		const char *bad = parse_item(d, json_array_get(files, i), &out->items[out->n++]);

		if (bad)
			return bad;
		for (size_t k = 0; k < i; k++)
			if (!strcmp(out->items[k].doc_id, out->items[i].doc_id))
				return "BAD_REQUEST";
	}
	return NULL;
}

static const char *parse_object(enum dialect d, bool sign, const json_t *j, struct wire_request *out)
{
	if (!json_is_object(j) || !take(j, "sp_id", 128, &out->sp_id) || !take(j, "sp_password", 256, &out->sp_password)
	    || !take(j, "user_id", 32, &out->user_id) || !take(j, "ca_name", 64, &out->ca_name)
	    || !take(j, "serial_number", 64, &out->serial) || !take(j, "transaction_id", 128, &out->transaction_id))
		return "BAD_REQUEST";
	if (!*out->user_id || (d == DIALECT_NEAC && !*out->ca_name))
		return "BAD_REQUEST";
	/* two clients of sign_v2 leave it out; everybody else must name the transaction */
	if (sign && d != DIALECT_NEAC && !*out->transaction_id)
		return "BAD_REQUEST";
	if (!sign)
		return NULL;
	if (!time_ok(j) || !take(j, "transaction_desc", WIRE_TEXT_MAX, &out->text))
		return "BAD_REQUEST";
	return parse_items(d, json_object_get(j, "sign_files"), out);
}

const char *wire_parse(enum dialect d, bool sign, const void *p, size_t n, struct wire_request *out)
{
	json_t *j = json_loadb(p, n, JSON_REJECT_DUPLICATES, NULL);
	const char *bad = parse_object(d, sign, j, out);

	json_decref(j);
	return bad;
}
