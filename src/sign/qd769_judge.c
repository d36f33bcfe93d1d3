/* Code tables and status words (Decision 769 and the providers' published descriptions): profile data, which configuration may add to. */
#include "sign/qd769.h"

#include "base/config.h"
#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct word {
	const char *word;            /* upper case, whole message or a part of it */
	enum err_kind end;
	const char *reason;
};
/* Whole messages first: they are the provider's own words. */
static const struct word exact[] = {
	{ "REJECTED",  ERR_REFUSED, "" },
	{ "CANCELLED", ERR_REFUSED, "" },
	{ "CANCELED",  ERR_REFUSED, "" },
	{ "REFUSED",   ERR_REFUSED, "" },
	{ "EXPIRED",   ERR_EXPIRED, "" },
	{ "TIMEOUT",   ERR_EXPIRED, "" },
	{ "FAILED",    ERR_PROVIDER_ERROR, "sign.failed" },
};
/* NEAC's words are not published: read as parts, and only where the code says no more.
 * "Certificate expired" must be found before "expired". */
static const struct word parts[] = {
	{ "CERTIFICATE",  ERR_CERT_UNUSABLE, "cert.refused" },
	{ "CREDENTIAL_STATUS", ERR_CERT_UNUSABLE, "cert.refused" },
	{ "REVOKED",      ERR_CERT_UNUSABLE, "cert.revoked" },
	{ "QUOTA",        ERR_QUOTA, "" },
	{ "LIMIT_EXCEED", ERR_QUOTA, "" },
	{ "REJECT",       ERR_REFUSED, "" },
	{ "REFUSE",       ERR_REFUSED, "" },
	{ "CANCEL",       ERR_REFUSED, "" },
	{ "EXPIRE",       ERR_EXPIRED, "" },
	{ "TIMEOUT",      ERR_EXPIRED, "" },
	{ "TIMED_OUT",    ERR_EXPIRED, "" },
};
static const struct {
	long code;
	enum err_kind end;
	const char *reason;
} codes[] = {
	{ 400,  ERR_PROVIDER_ERROR, "sign.our-fault" },
	{ 401,  ERR_PROVIDER_AUTH, "" },
	{ 402,  ERR_QUOTA, "" },
	{ 403,  ERR_CERT_UNUSABLE, "cert.refused" },
	{ 404,  ERR_PROVIDER_ERROR, "sign.unknown-transaction" },
	{ 408,  ERR_EXPIRED, "" },
	{ 409,  ERR_PROVIDER_ERROR, "sign.request-open" },
	{ 429,  ERR_QUOTA, "sign.too-many" },
	{ 500,  ERR_PROVIDER_ERROR, "sign.provider-500" },
	{ 1003, ERR_SECRET_WRONG, "" },
	{ 65000, ERR_QUOTA, "" },
};

static void upper(const char *s, char *out, size_t size)
{
	size_t n = 0;

	while (*s == ' ')
		s++;
	for (; *s && n + 1 < size; s++)
		out[n++] = *s == ' ' || *s == '-' ? '_' : (char)toupper((unsigned char)*s);
	while (n && out[n - 1] == '_')
		n--;
	out[n] = '\0';
}

/* The provider's own text is for the log (rule 6), cleaned: it comes from outside. */
static int end(enum err_kind kind, const char *reason, long code, const char *message, struct err *e)
{
	AUTO(mem_free) char *clean = text_clean(message, false);

	err_set(e, kind, "provider: code %ld \"%.60s\"", code, clean);
	return err_reason(e, reason);
}

/* signing.WAY.words: { refused: [..], expired: [..], quota: [..], certificate-unusable: [..], waiting: [..] } */
static bool configured(const struct sign_link *l, const char *message, enum err_kind *kind, bool *waiting)
{
	static const struct { const char *name; enum err_kind kind; } lists[] = {
		{ "refused", ERR_REFUSED }, { "expired", ERR_EXPIRED }, { "quota", ERR_QUOTA },
		{ "certificate-unusable", ERR_CERT_UNUSABLE }, { "waiting", ERR_NONE },
	};
	char path[128], want[128];

	for (size_t i = 0; i < COUNT(lists); i++) {
		snprintf(path, sizeof path, "%s.words.%s", l->section, lists[i].name);
		const json_t *list = config_at(l->config, path);
		for (size_t k = 0; k < json_array_size(list); k++) {
			const char *one = json_string_value(json_array_get(list, k));
			upper(one ? one : "", want, sizeof want);
			if (*want && strcmp(want, message) == 0) {
				*kind = lists[i].kind;
				*waiting = lists[i].kind == ERR_NONE;
				return true;
			}
		}
	}
	return false;
}

static const struct word *find(const struct word *w, size_t n, const char *message, bool whole)
{
	for (size_t i = 0; i < n; i++)
		if (whole ? strcmp(w[i].word, message) == 0 : strstr(message, w[i].word) != NULL)
			return &w[i];
	return NULL;
}

int qd769_judge(const struct sign_link *l, long http, const json_t *body, struct err *e)
{
	/* The code may be the HTTP status with a body {code,message}, or stand in a 200 reply: read both. */
	long code = (long)json_int(body, "status_code", json_int(body, "code", 0));
	const char *text = json_str(body, "message", "");
	char message[128];
	enum err_kind kind = ERR_NONE;
	bool waiting = false;

	if (code == 0 || (http >= 400 && code == 200))
		code = http;
	upper(text, message, sizeof message);
	if (configured(l, message, &kind, &waiting))
		return waiting ? 0 : end(kind, "", code, text, e);
	const struct word *w = find(exact, COUNT(exact), message, true);
	if (w)
		return end(w->end, w->reason, code, text, e);
	if (code == 200)
		return 0;
	bool plain = code == 400 || code == 408 || code >= 600;
	w = plain || code == 403 || code == 429 ? find(parts, COUNT(parts), message, false) : NULL;
	/* 401 and 500 say enough; 403 and 429 may be told finer, but not turned into a refusal by the person. */
	if (w && (plain || w->end == ERR_CERT_UNUSABLE || w->end == ERR_QUOTA))
		return end(w->end, w->reason, code, text, e);
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].code == code)
			return end(codes[i].end, codes[i].reason, code, text, e);
	return end(ERR_PROVIDER_ERROR, code >= 500 && code < 600 ? "sign.provider-500" : "sign.unknown-code", code, text, e);
}
