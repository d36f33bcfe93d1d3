/* The validity sheet of tramky verify (23/2025 art. 6: what a check shows at least). Its sentences are messages, its drawing is doc.compose. */
#include "main/verify_sheet.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/text.h"
#include "screen/screen.h"
#include "verify/reasons.h"

enum finding { FINDING_HOLDS, FINDING_OPEN, FINDING_BROKEN };

/* The table of reasons as data: the command line is not linked with what judges. */
enum forced { INVALID, INCONCLUSIVE, OUTDATED, VALID };
static const struct reason {
	const char *id;
	enum forced forced;
	const char *etsi;
} reasons[] = {
#define ROW(id_, forced_, etsi_) { .id = id_, .forced = forced_, .etsi = etsi_ },
	VERIFY_REASONS(ROW)
#undef ROW
};

static const struct reason *reason_of(const char *id)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (strcmp(reasons[i].id, id) == 0)
			return &reasons[i];
	return NULL;
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* About who signed and when, not about the bytes. */
static bool about_person(const char *id)
{
	return begins(id, "cert.") || begins(id, "time");
}

static enum finding integrity_of(const json_t *s)
{
	const json_t *list = json_at(s, "reasons"), *v;
	enum finding worst = FINDING_HOLDS;
	size_t i;

	json_array_foreach (list, i, v) {
		const char *id = json_string_value(v);
		const struct reason *r = reason_of(id);
		if (!r)
			return FINDING_BROKEN;
		if (about_person(id) || r->forced == OUTDATED || r->forced == VALID)
			continue;
		/* A missing certificate or a refused algorithm leaves the bytes unproven, not changed. */
		if (r->forced == INVALID && (strcmp(r->etsi, "FORMAT_FAILURE") == 0 || strcmp(r->etsi, "HASH_FAILURE") == 0 || strcmp(r->etsi, "SIG_CRYPTO_FAILURE") == 0))
			return FINDING_BROKEN;
		worst = FINDING_OPEN;
	}
	return worst;
}

/* In force is said only where nothing stands against it: a judge that stopped earlier has not looked at the certificate. */
static enum finding certificate_of(const json_t *s)
{
	const json_t *list = json_at(s, "reasons"), *v;
	const char *verdict = json_str(s, "verdict", "");
	bool doubt = !*json_str(s, "anchor", "") || strcmp(json_str(s, "revocation.status", ""), "good") != 0;
	size_t i;

	if (strcmp(verdict, "valid") == 0 || strcmp(verdict, "valid_outdated_algorithm") == 0)
		return FINDING_HOLDS;
	json_array_foreach (list, i, v) {
		const struct reason *r = reason_of(json_string_value(v));
		if (!r || !about_person(r->id))
			continue;
		if (r->forced == INVALID && begins(r->id, "cert."))
			return FINDING_BROKEN;
		doubt |= r->forced == INVALID || r->forced == INCONCLUSIVE;
	}
	return doubt ? FINDING_OPEN : FINDING_HOLDS;
}

const char *verify_word(const char *verdict)
{
	/* An old algorithm is no "valid" on its own: its reason says why. */
	if (strcmp(verdict, "valid") == 0)
		return msg("verdict.valid");
	return msg(strcmp(verdict, "invalid") == 0 || strcmp(verdict, "unsigned") == 0 ? "verdict.invalid" : "verdict.open");
}

/* Letters that the sheet's font may lack would leave the person without a sheet: they are named by their number. */
static char *printable(const char *text)
{
	AUTO(mem_free) char *clean = text_clean(text, false);
	AUTO(buf_free) struct buf out = { 0 };
	const char *s = clean;

	for (uint32_t cp; (cp = text_next(&s));) {
		char name[16];
		bool known = (cp >= 0x20 && cp < 0x250) || (cp >= 0x1EA0 && cp <= 0x1EF9) || (cp >= 0x2010 && cp <= 0x2026);
		if (known)
			text_put(name, cp);
		else
			snprintf(name, sizeof name, "[U+%04X]", (unsigned)cp);
		buf_add(&out, name, strlen(name));
	}
	buf_add(&out, "", 1);
	return (char *)STEAL(&out.p);
}

static void add(struct verify_sheet *s, json_t *block)
{
	json_array_append_new(s->lines, block);
}

static void field(struct verify_sheet *s, const char *label, const char *value, bool bold)
{
	AUTO(mem_free) char *clean = printable(*value ? value : msg("sheet.not-given"));

	add(s, json_pack("{s:s,s:s,s:s,s:f,s:b}", "kind", "field", "text", msg(label), "value", clean, "size", 12.0, "bold", bold));
}

static void sentence(struct verify_sheet *s, const char *text)
{
	AUTO(mem_free) char *line = mem_printf("– %s", text);

	add(s, json_pack("{s:s,s:s,s:f,s:f}", "kind", "text", "text", line, "size", 12.0, "left", 14.0));
}

/* "20/11/2026 17:03:05 (UTC+7)"; "" when there is none. */
static void when(const json_t *from, const char *key, char out[64])
{
	char vn[32];
	time_t t;

	*out = '\0';
	if (!clock_parse(json_str(from, key, ""), &t))
		return;
	clock_vn(t, vn);
	snprintf(out, 64, "%s (UTC+7)", vn);
}

static void times(struct verify_sheet *s, const json_t *sig)
{
	char at[64], from[64], to[64];

	when(sig, "signing_time", at);
	when(sig, "cert_valid_from", from);
	when(sig, "cert_valid_to", to);
	AUTO(mem_free) char *signed_at =
	    *at ? mem_printf("%s, %s", at, msg(strcmp(json_str(sig, "time_source", ""), "timestamp") == 0 ? "sheet.time-stamped" : "sheet.time-claimed")) : mem_str("");
	AUTO(mem_free) char *valid = *from && *to ? mem_printf("%s – %s", from, to) : mem_str("");
	field(s, "sheet.signed-at", signed_at, false);
	field(s, "sheet.valid-period", valid, false);
}

static void explain(struct verify_sheet *s, const json_t *list, bool objects)
{
	const json_t *v;
	size_t i;

	json_array_foreach (list, i, v) {
		AUTO(mem_free) char *id = mem_printf("verify.%s", objects ? json_str(v, "id", "") : json_string_value(v));
		sentence(s, msg(id));
	}
}

static void signature(struct verify_sheet *s, size_t n, const json_t *sig)
{
	static const char *const intact[] = { "sheet.intact", "sheet.intact-open", "sheet.intact-broken" };
	static const char *const force[] = { "sheet.in-force", "sheet.in-force-open", "sheet.in-force-not" };
	const char *type = json_str(sig, "type", ""), *word = verify_word(json_str(sig, "verdict", ""));
	const char *kind = msg(strcmp(type, "timestamp") == 0       ? "sheet.kind-timestamp"
	                       : strcmp(type, "certification") == 0 ? "sheet.kind-certification"
	                                                            : "sheet.kind-signature");
	AUTO(mem_free) char *head = mem_printf("%s %zu: %s", kind, n, word);

	add(s, json_pack("{s:s,s:s}", "kind", "head", "text", head));
	field(s, "sheet.signer", json_str(sig, "signer.name", ""), true);
	if (*json_str(sig, "signer.organisation", ""))
		field(s, "sheet.organisation", json_str(sig, "signer.organisation", ""), false);
	field(s, "sheet.issuer", json_str(sig, "issuer", ""), false);
	field(s, "sheet.managed-by", json_str(sig, "managed_by", ""), false);
	times(s, sig);
	field(s, "sheet.integrity", msg(intact[integrity_of(sig)]), false);
	field(s, "sheet.at-signing", msg(force[certificate_of(sig)]), false);
	field(s, "sheet.covers", msg(json_is(sig, "covers_whole_file") ? "verdict.covers" : "verdict.covers-part"), false);
	explain(s, json_at(sig, "reasons"), false);
}

int verify_sheet_add(struct verify_sheet *s, const char *file, int fd, const json_t *report, struct err *e)
{
	const char *slash = strrchr(file, '/'), *verdict = json_str(report, "verdict", "");
	const json_t *list = json_at(report, "signatures"), *sig;
	unsigned char hash[32];
	struct stat st;
	size_t i;

	if (fstat(fd, &st) < 0)
		return err_set(e, ERR_NO_FILE, "fstat");
	if (sha256_fd(hash, fd, e) < 0)
		return -1;
	AUTO(mem_free) char *hex = hex_text(hash, sizeof hash);
	AUTO(mem_free) char *bytes = mem_printf("%lld", (long long)st.st_size);
	AUTO(mem_free) char *head = mem_printf("%s %zu", msg("sheet.file"), ++s->files);
	if (!s->lines)
		s->lines = json_array();
	if (s->files > 1)
		add(s, json_pack("{s:s}", "kind", "rule"));
	add(s, json_pack("{s:s,s:s}", "kind", "head", "text", head));
	field(s, "sheet.name", slash ? slash + 1 : file, false);
	field(s, "sheet.bytes", bytes, false);
	field(s, "sheet.sha256", hex, false);
	field(s, "sheet.verdict", verify_word(verdict), true);
	if (strcmp(verdict, "unsigned") == 0)
		sentence(s, msg("sheet.unsigned"));
	explain(s, json_at(report, "warnings"), true);
	json_array_foreach (list, i, sig)
		signature(s, i + 1, sig);
	return 0;
}

int verify_sheet_write(const struct verify_sheet *s, const struct command_env *env, struct err *e)
{
	AUTO(job_message_clear) struct job_message m = { 0 };
	AUTO(json_release) json_t *lines = json_array();
	char vn[32];

	clock_vn(clock_now(), vn);
	AUTO(mem_free) char *checked = mem_printf("%s %s (UTC+7)", msg("sheet.checked-at"), vn);
	json_array_append_new(lines, json_pack("{s:s,s:s,s:s}", "kind", "title", "text", msg("sheet.title"), "sub", checked));
	json_array_append_new(lines, json_pack("{s:s,s:s,s:b}", "kind", "text", "text", msg("sheet.informative"), "italic", 1));
	json_array_extend(lines, s->lines);
	json_array_append_new(lines, json_pack("{s:s,s:s}", "kind", "footer", "text", msg("sheet.footer")));
	AUTO(json_release) json_t *args = json_pack("{s:{s:s,s:O}}", "doc", "title", msg("sheet.title"), "lines", lines);
	if (job_run(env->config, JOB_DOC, 0, "doc.compose", args, NULL, 0, &m, NULL, NULL, e) < 0)
		return -1;
	AUTO(fd_close) int got = job_take_fd(&m, 0);
	return file_replace_fd(s->path, got, 0644, e);
}

void verify_sheet_clear(struct verify_sheet *s)
{
	json_decref(s->lines);
	s->lines = NULL;
}
