/* The wizard without a terminal and without helpers: a test gives events, and every work that is asked for gets its answer
 * from a table of verbs at once. People and papers are invented; time and chance stand still. */
#ifndef TESTS_WIZARD_PLAY_H
#define TESTS_WIZARD_PLAY_H

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "screen/screen.h"
#include "wizard/wizard.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PLAY_NAME "Nguyễn Lò Thị Mai Thử"
#define PLAY_ID "001190123456"
#define PLAY_PASSWORD "Matkhau-Mau-77"
#define PLAY_OTP "426817"
#define PLAY_TOKEN "token-cua-phien-nay"
#define PLAY_ADDRESS "Bản Mẫu, xã Tuần Giáo, tỉnh Điện Biên"

/* ---- time and chance: these take the place of libc's ------------------------------------------------------------- */
static int64_t play_clock_ms = 1000000;
static bool play_clock_runs;             /* a program with a true terminal needs the true one */
static uint32_t play_seed = 20261120;

int clock_gettime(clockid_t id, struct timespec *t)
{
	if (id != CLOCK_MONOTONIC || play_clock_runs)
		return (int)syscall(SYS_clock_gettime, id, t);
	*t = (struct timespec){ .tv_sec = play_clock_ms / 1000, .tv_nsec = play_clock_ms % 1000 * 1000000 };
	return 0;
}

ssize_t getrandom(void *p, size_t n, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < n; i++) {
		play_seed = play_seed * 1664525u + 1013904223u;
		((unsigned char *)p)[i] = (unsigned char)(play_seed >> 24);
	}
	return (ssize_t)n;
}

/* ---- one play ------------------------------------------------------------------------------------------------------- */
enum { PLAY_ASKED_MAX = 400, PLAY_RULES_MAX = 24, PLAY_HELD_MAX = 8 };
enum play_end { PLAY_RESULT, PLAY_ERROR, PLAY_DIED, PLAY_HOLD };
struct play_rule {
	const char *verb;
	enum play_end end;
	json_t *body;
	enum err_kind kind;
	const char *reason;
	bool always;
};
struct play_asked { const char *verb; json_t *args; size_t nfds; unsigned flags; };
struct play {
	char dir[64];
	struct config *config;
	struct wizard *w;
	struct play_asked asked[PLAY_ASKED_MAX];   /* everything ever asked for, in order */
	size_t n;
	struct play_rule rules[PLAY_RULES_MAX];
	size_t nrules;
	struct { long id; const char *verb; } held[PLAY_HELD_MAX];
	size_t nheld;
	size_t cancels;
	json_t *people_profiles, *drafts, *draft;
	int draft_fds[JOB_FDS_MAX];
	size_t ndraft_fds;
	json_t *saved_body, *saved_files;          /* the last draft.save */
	int saved_fds[JOB_FDS_MAX];
	size_t nsaved_fds;
};

static inline int play_memfd(const char *text)
{
	int fd = fd_memfd("play", NULL);

	if (fd < 0 || fd_write_all(fd, text, strlen(text), NULL) < 0)
		abort();
	return fd;
}

static inline json_t *play_person(void)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "id", PLAY_ID, "name", PLAY_NAME, "birth_date", "05/09/1990", "sex", "Nữ",
	                 "address", PLAY_ADDRESS, "phone", "0900000077", "mail", "mai.thu@vidu.vn", "old_id", "011234567", "ethnic", "Thái",
	                 "nationality", "Việt Nam");
}

static inline json_t *play_profile(const char *name, const char *provider)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:n}", "id", "5f0c6a52-0000-4000-8000-000000000001", "name", name, "phone", "0900000077",
	                 "keyword", "Người yêu cầu", "kind", "NEAC Sign", "account", PLAY_ID, "provider", provider, "image");
}

static inline json_t *play_certificate(const char *source)
{
	json_t *c = json_pack("{s:{s:s,s:s,s:s,s:s,s:s,s:s},s:b,s:s,s:s,s:i,s:[],s:s,s:s,s:s,s:s}", "certificate", "name", PLAY_NAME, "id", PLAY_ID,
		"issuer", "CA Thử Nghiệm Cấp Hai", "serial", "540110000A12", "valid_from", "2026-01-02T03:04:05Z", "valid_to", "2027-01-02T03:04:05Z",
		"usable", 1, "status", source ? "good" : "unknown", "source", source ? source : "", "days_left", 43, "reasons", "anchor", "CA Gốc Thử",
		"ocsp_request", "b2NzcA==", "ocsp_url", "http://ocsp.vidu.vn", "crl_url", "");
	return c;
}

static inline json_t *play_text_page(void)
{
	json_t *lines = json_array();

	for (int i = 0; i < 56; i++) {
		const char *text = i == 2 ? "                 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" : i == 3 ? "                    Độc lập - Tự do - Hạnh phúc" :
			i == 6 ? "                  TỜ KHAI ĐĂNG KÝ KHAI SINH" : i == 10 ? "  Họ, chữ đệm, tên người yêu cầu: " PLAY_NAME :
			i == 42 ? "                                                 Người yêu cầu" :
			i == 43 ? "                                        (Ký, ghi rõ họ, chữ đệm, tên)" : i % 2 ? "  ........................................................" : "";
		json_array_append_new(lines, json_string(text));
	}
	return json_pack("{s:i,s:i,s:f,s:f,s:i,s:i,s:o}", "page", 1, "pages", 2, "width", 595.0, "height", 842.0, "cols", 78, "rows", 56, "lines", lines);
}

static inline json_t *play_status(int state)
{
	json_t *receipt = state != 2 ? json_null() : json_pack("{s:s,s:s,s:s,s:s,s:[s,s]}", "number", "01/TNHS", "agency", "UBND Xã Tuần Giáo",
		"accepted_at", "2026-11-20T03:10:00Z", "due", "2026-11-20T10:00:00Z", "components", "Giấy chứng sinh", "Tờ khai đăng ký khai sinh");
	return json_pack("{s:s,s:i,s:s,s:s,s:o,s:[s*,s*]}", "code", "H18.57-20261120-000001", "state", state, "state_text",
		state == 5 ? "Yêu cầu bổ sung" : state == 2 ? "Đã tiếp nhận" : "Chờ tiếp nhận", "due", "2026-11-20T10:00:00Z", "receipt", receipt,
		"missing", state == 5 ? "Giấy chứng sinh" : NULL, state == 5 ? "Giấy cam đoan về việc sinh" : NULL);
}

/* What each verb answers when no rule says otherwise; descriptors that come back go to `fds`. */
static inline json_t *play_default(struct play *p, const struct work *k, int *fds, size_t *nfds)
{
	const char *v = k->verb;

	if (!strcmp(v, "identity.login"))
		return json_pack("{s:s,s:s,s:i,s:i,s:i,s:i}", "attempt", "lan-1", "phone", "09****0077", "otp_digits", 6, "expires_in", 300, "resend_in", 60, "tries", 5);
	if (!strcmp(v, "identity.otp"))
		return json_pack("{s:s,s:o}", "token", PLAY_TOKEN, "person", play_person());
	if (!strcmp(v, "identity.resend"))
		return json_pack("{s:i,s:i}", "expires_in", 300, "resend_in", 60);
	if (!strcmp(v, "profiles.get"))
		return json_pack("{s:O}", "profiles", p->people_profiles);
	if (!strcmp(v, "profiles.put"))
		return json_pack("{s:O}", "profiles", json_at(k->args, "profiles"));
	if (!strcmp(v, "draft.list"))
		return json_pack("{s:O}", "drafts", p->drafts);
	if (!strcmp(v, "draft.save"))
		return json_pack("{s:s}", "saved_at", "2026-11-20T03:00:00Z");
	if (!strcmp(v, "draft.load")) {
		for (size_t i = 0; i < p->ndraft_fds; i++)
			fds[(*nfds)++] = dup(p->draft_fds[i]);
		return json_deep_copy(p->draft);
	}
	if (!strcmp(v, "doc.inspect")) {
		fds[(*nfds)++] = play_memfd("%PDF giay");
		return json_pack("{s:i,s:i,s:s,s:i,s:[],s:[]}", "pages", 2, "bytes", 421337, "sha256",
			"1f5ea0c4d27b9a66e3f2b7a9c8d1e0f4a5b6c7d8e9f00112233445566778899a", "signatures", 0, "sizes", "warnings");
	}
	if (!strcmp(v, "doc.compose")) {
		fds[(*nfds)++] = play_memfd("%PDF to khai");
		return json_pack("{s:i,s:s,s:i}", "bytes", 51234, "sha256", "aa5ea0c4d27b9a66e3f2b7a9c8d1e0f4a5b6c7d8e9f00112233445566778899b", "pages", 1);
	}
	if (!strcmp(v, "doc.find"))
		return json_pack("{s:[{s:i,s:s,s:{s:i,s:f,s:f,s:f,s:f}}]}", "hits", "page", 1, "words", "Người yêu cầu", "box", "page", 1, "x", 370.0,
			"y", 90.0, "w", 170.0, "h", 60.0);
	if (!strcmp(v, "doc.text"))
		return play_text_page();
	if (!strcmp(v, "doc.thumb"))
		return json_pack("{s:i,s:i,s:s}", "w", 2, "h", 2, "gray", "/wD/AA==");
	if (!strcmp(v, "doc.place"))
		return json_pack("{s:b,s:s,s:s}", "ok", 1, "covers", "", "reason", "");
	if (!strcmp(v, "doc.image"))
		return json_pack("{s:i,s:i,s:b,s:s}", "w", 300, "h", 120, "alpha", 1, "png", "iVBORw0KGgo=");
	if (!strcmp(v, "clock.check"))
		return json_pack("{s:i}", "skew", 1);
	if (!strcmp(v, "sign.certificates"))
		return json_pack("{s:[{s:s,s:[],s:s,s:s}]}", "certificates", "certificate", "Y2VydA==", "chain", "serial", "540110000A12", "status", "good");
	if (!strcmp(v, "doc.certificate"))
		return play_certificate(json_at(k->args, "ocsp") && !json_is_null(json_at(k->args, "ocsp")) ? "ocsp" : NULL);
	if (!strcmp(v, "revocation.fetch"))
		return json_pack("{s:s}", "ocsp", "b2s=");
	if (!strcmp(v, "doc.prepare")) {
		fds[(*nfds)++] = play_memfd("%PDF chuan bi");
		return json_pack("{s:s,s:s,s:{s:s}}", "hash", "aGFzaA==", "half", "aGFsZg==", "hole", "field", "ChuKy1");
	}
	if (!strcmp(v, "sign.submit") || !strcmp(v, "sign.resume"))
		return json_pack("{s:s,s:[{s:s,s:s}]}", "state", "signature-received", "signatures", "document_code",
			json_str(json_array_get(json_at(k->args, "items"), 0), "document_code", ""), "signature", "a3k=");
	if (!strcmp(v, "doc.cms"))
		return json_pack("{s:s,s:s,s:s}", "cms", "Y21z", "algorithm", "sha256WithRSAEncryption", "tsa_request", "dHNx");
	if (!strcmp(v, "tsa.stamp"))
		return json_pack("{s:s}", "response", "dHNy");
	if (!strcmp(v, "doc.embed")) {
		fds[(*nfds)++] = play_memfd("%PDF da ky");
		return json_pack("{s:s,s:i,s:s,s:s,s:{}}", "sha256", "bb5ea0c4d27b9a66e3f2b7a9c8d1e0f4a5b6c7d8e9f00112233445566778899c", "bytes", 98765,
			"level", json_at(k->args, "tsa_response") ? "B-T" : "B-B", "signed_at", "2026-11-20T03:05:00Z", "report");
	}
	if (!strcmp(v, "portal.send") || !strcmp(v, "portal.find"))
		return json_pack("{s:s,s:i,s:s,s:s}", "code", "H18.57-20261120-000001", "state", 1, "received_at", "2026-11-20T03:06:00Z", "due", "2026-11-20T10:00:00Z");
	if (!strcmp(v, "portal.status"))
		return play_status(1);
	return json_object();
}

/* ---- rules ------------------------------------------------------------------------------------------------------------ */
static inline struct play_rule *play_rule(struct play *p, const char *verb, enum play_end end)
{
	if (p->nrules == PLAY_RULES_MAX)
		abort();
	p->rules[p->nrules] = (struct play_rule){ .verb = verb, .end = end };
	return &p->rules[p->nrules++];
}

static inline void play_fail(struct play *p, const char *verb, enum err_kind kind, const char *reason)
{
	struct play_rule *r = play_rule(p, verb, PLAY_ERROR);

	r->kind = kind;
	r->reason = reason;
}

static inline void play_dies(struct play *p, const char *verb) { play_rule(p, verb, PLAY_DIED)->kind = ERR_INTERNAL; }
static inline void play_hold(struct play *p, const char *verb) { play_rule(p, verb, PLAY_HOLD); }
static inline void play_says(struct play *p, const char *verb, json_t *body) { play_rule(p, verb, PLAY_RESULT)->body = body; }

static inline bool play_take_rule(struct play *p, const char *verb, struct play_rule *out)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (!strcmp(p->rules[i].verb, verb)) {
			*out = p->rules[i];
			if (!out->always)
				memmove(&p->rules[i], &p->rules[i + 1], (--p->nrules - i) * sizeof *p->rules);
			return true;
		}
	return false;
}

/* ---- answering ---------------------------------------------------------------------------------------------------------- */
static inline void play_remember(struct play *p, const struct work *k)
{
	if (p->n == PLAY_ASKED_MAX)
		abort();
	p->asked[p->n++] = (struct play_asked){ k->verb, json_deep_copy(k->args), k->nfds, k->flags };
	if (strcmp(k->verb, "draft.save"))
		return;
	json_decref(p->saved_body);
	json_decref(p->saved_files);
	p->saved_body = json_deep_copy(json_at(k->args, "body"));
	p->saved_files = json_deep_copy(json_at(k->args, "files"));
	while (p->nsaved_fds)
		fd_close(&p->saved_fds[--p->nsaved_fds]);
	for (size_t i = 0; i < k->nfds; i++)
		p->saved_fds[p->nsaved_fds++] = dup(k->fds[i]);
}

static inline void play_answer(struct play *p, struct work *k)
{
	struct job_message m = { .id = k->id };
	struct play_rule r = { .end = PLAY_RESULT };
	bool ruled = play_take_rule(p, k->verb, &r);

	play_remember(p, k);
	if (ruled && r.end == PLAY_HOLD) {
		p->held[p->nheld].id = k->id;
		p->held[p->nheld++].verb = k->verb;
		return;
	}
	if (r.end == PLAY_RESULT) {
		m.body = play_default(p, k, m.fds, &m.nfds);
		if (r.body) {
			json_decref(m.body);
			m.body = json_incref(r.body);
		}
	} else {
		err_set(&m.err, r.kind, "told by the test");
		err_reason(&m.err, r.reason ? r.reason : "");
	}
	if (!r.always)
		json_decref(r.body);
	wizard_answer(p->w, k->id, r.end == PLAY_RESULT ? JOB_RESULT : r.end == PLAY_ERROR ? JOB_ERROR : JOB_DIED, &m);
	job_message_clear(&m);
}

static inline void play_pump(struct play *p)
{
	struct work k;

	while (wizard_take_cancel(p->w) > 0)
		p->cancels++;
	while (wizard_take_work(p->w, &k)) {
		play_answer(p, &k);
		work_clear(&k);
		while (wizard_take_cancel(p->w) > 0)
			p->cancels++;
	}
}

/* The answer of a work that was held back; body NULL: the default of a verb without descriptors. */
static inline void play_release(struct play *p, const char *verb, enum job_event ev, json_t *body)
{
	struct job_message m = { .body = body };
	size_t i = 0;

	while (i < p->nheld && strcmp(p->held[i].verb, verb))
		i++;
	if (i == p->nheld)
		abort();
	m.id = p->held[i].id;
	if (!m.body) {
		struct work k = { .verb = verb };
		m.body = play_default(p, &k, m.fds, &m.nfds);
	}
	if (ev == JOB_DIED || ev == JOB_ERROR)
		err_set(&m.err, ERR_INTERNAL, "told by the test");
	if (ev != JOB_PROGRESS) {
		p->held[i] = p->held[--p->nheld];
	}
	wizard_answer(p->w, m.id, ev, &m);
	job_message_clear(&m);
	play_pump(p);
}

/* ---- a person's keys ------------------------------------------------------------------------------------------------------ */
static inline struct view *play_view(struct play *p) { return wizard_view(p->w); }
static inline const char *play_at(struct play *p) { return play_view(p)->screen->id; }

static inline size_t play_index(struct play *p, const char *field)
{
	struct view_field *f = view_field(play_view(p), field);

	if (!f) {
		fprintf(stderr, "no field %s on %s\n", field, play_at(p));
		abort();
	}
	return (size_t)(f - play_view(p)->fields);
}

static inline void play_event(struct play *p, struct wizard_event ev)
{
	wizard_handle(p->w, &ev);
	play_pump(p);
}

static inline void play_set(struct play *p, const char *field, const char *value)
{
	(void)play_index(p, field);
	view_set(play_view(p), field, value);
}

static inline void play_type(struct play *p, const char *field, const char *value)
{
	play_set(p, field, value);
	play_event(p, (struct wizard_event){ .kind = WIZARD_CHANGED, .field = play_index(p, field) });
}

static inline void play_choose(struct play *p, const char *field, const char *option)
{
	play_set(p, field, option);
	play_event(p, (struct wizard_event){ .kind = WIZARD_CHOSEN, .field = play_index(p, field) });
}

static inline void play_enter(struct play *p) { play_event(p, (struct wizard_event){ .kind = WIZARD_SUBMIT }); }
static inline void play_back(struct play *p) { play_event(p, (struct wizard_event){ .kind = WIZARD_BACK }); }
static inline void play_done(struct play *p) { play_event(p, (struct wizard_event){ .kind = WIZARD_DONE }); }
static inline void play_act(struct play *p, const char *action) { play_event(p, (struct wizard_event){ .kind = WIZARD_ACTION, .action = action }); }

/* Time goes on second by second, as the loop would see it. */
static inline void play_wait(struct play *p, int seconds)
{
	for (int i = 0; i <= seconds; i++) {
		wizard_tick(p->w);
		play_pump(p);
		play_clock_ms += i < seconds ? 1000 : 0;
	}
}

/* ---- beginning and end ------------------------------------------------------------------------------------------------------ */
static inline int play_remove_one(const char *path, const struct stat *s, int flag, struct FTW *f)
{
	(void)s;
	(void)flag;
	(void)f;
	return remove(path);
}

static inline void play_config(struct play *p, const char *more)
{
	static const char text[] =
		"sandbox: true\nprovince: dienbien\ndata: \"%s/data\"\nsession: \"%s/session\"\nhotline: \"1900 0000 (thí dụ)\"\n"
		"signing:\n  neac:\n    providers:\n"
		"      - { id: vnpt, name: \"VNPT SmartCA\", app: \"VNPT SmartCA\", button: \"Ký số\", app_link: \"https://app.vidu.vn/smartca\" }\n"
		"      - { id: dai, name: \"Nhà cung cấp chữ ký số có tên rất dài để thử\", app: \"Ký Dài\", button: \"Đồng ý\" }\n"
		"      - { id: viettel, name: \"Viettel MySign\", app: \"MySign\", button: \"Xác nhận\" }\n"
		"files:\n  - { name: \"USB: thẻ nhớ\", path: \"%s/usb\" }\n%s";
	AUTO(mem_free) char *yaml = mem_printf(text, p->dir, p->dir, p->dir, more ? more : "");
	AUTO(mem_free) char *path = mem_printf("%s/tramky.yaml", p->dir), *usb = mem_printf("%s/usb", p->dir);
	struct err e = { 0 };

	if (file_replace(path, yaml, strlen(yaml), 0600, &e) < 0 || file_mkdirs(usb, 0700, &e) < 0 ||
	    !(p->config = config_load(path, "dienbien", &e))) {
		fprintf(stderr, "%s\n", e.cause);
		abort();
	}
}

static inline void play_file(struct play *p, const char *name)
{
	AUTO(mem_free) char *path = mem_printf("%s/usb/%s", p->dir, name);

	if (file_replace(path, "%PDF-1.7 mau", 12, 0600, NULL) < 0)
		abort();
}

static inline void play_start_with(struct play *p, const char *more)
{
	struct err e = { 0 };

	*p = (struct play){ .dir = "/dev/shm/play-XXXXXX" };
	if (!mkdtemp(p->dir) && !mkdtemp(strcpy(p->dir, "/tmp/play-XXXXXX")))
		abort();
	play_config(p, more);
	setenv("TRAMKY_TEST_NOW", "2026-11-20T03:00:00Z", 1);
	clock_setup(p->config);
	play_file(p, "giay-chung-sinh.pdf");
	p->people_profiles = json_array();
	json_array_append_new(p->people_profiles, play_profile("Chữ ký của Mai", "vnpt"));
	p->drafts = json_array();
	if (msg_setup(config_str(p->config, "lang", "vi"), "dienbien", &e) == 0)
		p->w = wizard_new(p->config, &e);
	if (!p->w) {
		fprintf(stderr, "%s\n", e.cause);
		abort();
	}
	play_pump(p);
}

static inline void play_start(struct play *p) { play_start_with(p, NULL); }

static inline void play_end(struct play *p)
{
	wizard_free(p->w);
	config_free(p->config);
	for (size_t i = 0; i < p->n; i++)
		json_decref(p->asked[i].args);
	for (size_t i = 0; i < p->nrules; i++)
		json_decref(p->rules[i].body);
	for (size_t i = 0; i < p->ndraft_fds; i++)
		fd_close(&p->draft_fds[i]);
	for (size_t i = 0; i < p->nsaved_fds; i++)
		fd_close(&p->saved_fds[i]);
	json_decref(p->people_profiles);
	json_decref(p->drafts);
	json_decref(p->draft);
	json_decref(p->saved_body);
	json_decref(p->saved_files);
	screen_drop_all();
	nftw(p->dir, play_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- what was asked ------------------------------------------------------------------------------------------------------------ */
static inline size_t play_count(const struct play *p, const char *verb)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += !strcmp(p->asked[i].verb, verb);
	return n;
}

/* The first (last) place of a verb among all that was asked, -1 when never. */
static inline long play_first(const struct play *p, const char *verb)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->asked[i].verb, verb))
			return (long)i;
	return -1;
}

static inline const json_t *play_args(const struct play *p, const char *verb)
{
	for (size_t i = p->n; i > 0; i--)
		if (!strcmp(p->asked[i - 1].verb, verb))
			return p->asked[i - 1].args;
	return NULL;
}

/* ---- the journey, leg by leg ------------------------------------------------------------------------------------------------------ */
static inline void play_to_login(struct play *p)
{
	play_choose(p, "start", "begin");
	play_choose(p, "lang", msg_lang());
}

static inline void play_to_otp(struct play *p)
{
	play_to_login(p);
	play_set(p, "id", "001 190 123 456");
	play_set(p, "password", PLAY_PASSWORD);
	play_enter(p);
}

static inline void play_to_home(struct play *p)
{
	play_to_otp(p);
	play_set(p, "code", PLAY_OTP);
	play_enter(p);
}

static inline void play_to_procedure(struct play *p)
{
	play_to_home(p);
	play_choose(p, "menu", "services");
	play_type(p, "search", "khai sinh");
	play_choose(p, "results", "1.001193");
}

static inline void play_to_agency(struct play *p)
{
	play_to_procedure(p);
	play_enter(p);
}

static inline void play_form_page(struct play *p, int page)
{
	static const char *const answers[5][5][2] = {
		{ { "relation", "mother" } },
		{ { "child_name", "Nguyễn Lò Mai An" }, { "child_birth", "10112026" }, { "child_birthplace", "Trung tâm Y tế Mẫu" },
		  { "child_home", PLAY_ADDRESS }, { "child_sex", "female" } },
		{ { "mother_birth", "1990" } },
		{ { "father_name", "Lò Văn Mẫu" }, { "father_birth", "1988" } },
		{ { "copies", "2" }, { "receive", "counter" } },
	};
	for (size_t i = 0; i < 5 && answers[page][i][0]; i++)
		play_set(p, answers[page][i][0], answers[page][i][1]);
}

static inline void play_to_form(struct play *p, int page)
{
	play_to_agency(p);
	play_choose(p, "commune", "03253");
	for (int i = 0; i < page; i++) {
		play_form_page(p, i);
		play_enter(p);
	}
}

static inline void play_to_components(struct play *p)
{
	play_to_form(p, 5);
}

static inline void play_attach(struct play *p)
{
	play_choose(p, "component", "0");
	play_choose(p, "do", "file");
	play_choose(p, "file", "0:giay-chung-sinh.pdf");
}

static inline void play_to_place(struct play *p)
{
	play_to_components(p);
	play_attach(p);
	play_back(p);
	play_choose(p, "component", "1");
	play_choose(p, "do", "sign");
	play_wait(p, 0);
}

static inline void play_to_confirm(struct play *p)
{
	play_to_place(p);
	play_enter(p);
	play_wait(p, 0);
}

/* As far as the request on the phone, when sign.submit is held; else to the end of it. */
static inline void play_to_wait(struct play *p)
{
	play_to_confirm(p);
	play_enter(p);
	play_wait(p, 4);
}

static inline void play_to_review(struct play *p)
{
	play_to_wait(p);
	play_enter(p);
	play_act(p, "next");
}

static inline void play_to_slip(struct play *p)
{
	play_to_review(p);
	play_act(p, "send");
	play_wait(p, 0);
}

#endif
