#include "wizard/signing.h"
#include "wizard/lasting.h"
#include "wizard/wizard.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "dossier/dossier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What is done next; the order is that of src/README.md, "Jobs". */
enum phase {
	PHASE_CLOCK, PHASE_CERTIFICATES, PHASE_CHECK, PHASE_REVOCATION, PHASE_CHECK_AGAIN, PHASE_CONFIRM, PHASE_PREPARE,
	PHASE_SAVE, PHASE_SUBMIT, PHASE_RESUME, PHASE_CMS, PHASE_STAMP, PHASE_EMBED, PHASE_LASTING, PHASE_DONE
};
static const char *const phase_ids[] = {
	[PHASE_CLOCK] = "clock", [PHASE_CERTIFICATES] = "certificates", [PHASE_CHECK] = "certificate-check",
	[PHASE_REVOCATION] = "revocation", [PHASE_CHECK_AGAIN] = "certificate-check", [PHASE_CONFIRM] = "confirm",
	[PHASE_PREPARE] = "preparing", [PHASE_SAVE] = "prepared", [PHASE_SUBMIT] = "submitted", [PHASE_RESUME] = "submitted",
	[PHASE_CMS] = "signature-received", [PHASE_STAMP] = "verified", [PHASE_EMBED] = "verified", [PHASE_LASTING] = "embedded", [PHASE_DONE] = "signed",
};

struct signing {
	const struct config *config;
	json_t *request;
	int file, image, keyfile, prepared, output, state_fd;
	enum phase phase;
	enum signing_state state;
	json_t *signer;          /* {"certificate","chain","serial"} of the provider */
	json_t *checked;         /* answer of doc.certificate */
	json_t *made;            /* answer of doc.prepare: hash, half, hole */
	json_t *signature;       /* base64 */
	json_t *cms;             /* answer of doc.cms, then with tsa_response */
	json_t *result;
	struct lasting *lasting; /* once signed: levels above the signature's own */
	char *transaction, *document_code, *live;   /* live: last state word of the waiting job */
	int64_t left_at;         /* monotonic ms when seconds_left was told */
	long seconds_left;
	time_t when;
	struct err err;
};

static bool is_keyfile(const struct signing *s)
{
	return strcmp(json_str(s->request, "way", ""), "keyfile") == 0;
}

static struct signing *signing_blank(const struct config *c, json_t *request)
{
	struct signing *s = mem_alloc(sizeof *s);

	s->config = c;
	s->request = request;
	s->file = s->image = s->keyfile = s->prepared = s->output = s->state_fd = -1;
	s->seconds_left = -1;
	s->when = clock_now();
	return s;
}

struct signing *signing_new(const struct config *c, json_t *request, int file, int image, int keyfile)
{
	struct signing *s = signing_blank(c, request);

	s->file = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 3);
	s->image = image < 0 ? -1 : fcntl(image, F_DUPFD_CLOEXEC, 3);
	s->keyfile = keyfile < 0 ? -1 : fcntl(keyfile, F_DUPFD_CLOEXEC, 3);
	s->document_code = dossier_document_code();
	/* A key file asks nobody outside, so there is no service clock to compare with; the time-stamp still is. */
	s->phase = is_keyfile(s) ? PHASE_CERTIFICATES : PHASE_CLOCK;
	s->state = SIGNING_WORK;
	return s;
}

void signing_free(struct signing *s)
{
	if (!s)
		return;
	fd_close(&s->file);
	fd_close(&s->image);
	fd_close(&s->keyfile);
	fd_close(&s->prepared);
	fd_close(&s->output);
	fd_close(&s->state_fd);
	const char *password = json_str(s->request, "password", NULL);
	if (password)
		explicit_bzero((char *)(uintptr_t)password, strlen(password));
	json_decref(s->request);
	json_decref(s->signer);
	json_decref(s->checked);
	json_decref(s->made);
	json_decref(s->signature);
	json_decref(s->cms);
	json_decref(s->result);
	lasting_free(s->lasting);
	mem_free(&s->transaction);
	mem_free(&s->document_code);
	mem_free(&s->live);
	mem_free(&s);
}

static void end_with(struct signing *s, const struct err *e)
{
	s->err = *e;
	s->state = SIGNING_ENDED;
}

static void end_kind(struct signing *s, enum err_kind kind, const char *reason, const char *cause)
{
	struct err e = { 0 };

	err_set(&e, kind, "%s", cause);
	err_reason(&e, reason);
	end_with(s, &e);
}

static json_t *keep(const json_t *j)
{
	return json_incref((json_t *)(uintptr_t)j);
}

static json_t *borrow_at(const json_t *from, const char *path)
{
	json_t *v = json_at(from, path);
	return v ? json_incref(v) : json_null();
}

static void work_begin(struct work *w, enum job_kind kind, const char *verb, json_t *args)
{
	*w = (struct work){ .kind = kind, .verb = verb, .args = args };
}

static void work_fd(struct work *w, int fd)
{
	if (fd >= 0 && w->nfds < JOB_FDS_MAX)
		w->fds[w->nfds++] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* ---- building each phase's work ------------------------------------------------------------------------------- */
static void ask_certificates(struct signing *s, struct work *w)
{
	json_t *args = json_object();

	if (is_keyfile(s)) {
		json_put_str(args, "password", json_str(s->request, "password", ""));
		work_begin(w, JOB_DOC, "doc.keyfile", args);
		work_fd(w, s->keyfile);
		return;
	}
	json_put_str(args, "way", json_str(s->request, "way", "neac"));
	json_put_str(args, "provider", json_str(s->request, "provider", ""));
	json_put_str(args, "account", json_str(s->request, "account", ""));
	if (json_str(s->request, "serial", NULL))
		json_put_str(args, "serial", json_str(s->request, "serial", ""));
	work_begin(w, JOB_NET, "sign.certificates", args);
}

static void ask_check(struct signing *s, struct work *w)
{
	json_t *args = json_object();
	char at[32];

	clock_rfc3339(clock_now(), at);
	json_put(args, "certificate", borrow_at(s->signer, "certificate"));
	json_put(args, "chain", borrow_at(s->signer, "chain"));
	json_put_str(args, "at", at);
	if (s->phase == PHASE_CHECK_AGAIN) {
		json_put(args, "ocsp", borrow_at(s->checked, "answers.ocsp"));
		json_put(args, "crl", borrow_at(s->checked, "answers.crl"));
		json_put(args, "ocsp_request", borrow_at(s->checked, "ocsp_request"));
	}
	work_begin(w, JOB_DOC, "doc.certificate", args);
}

static void ask_revocation(struct signing *s, struct work *w)
{
	json_t *args = json_object();

	json_put(args, "ocsp_url", borrow_at(s->checked, "ocsp_url"));
	json_put(args, "ocsp_request", borrow_at(s->checked, "ocsp_request"));
	json_put(args, "crl_url", borrow_at(s->checked, "crl_url"));
	work_begin(w, JOB_NET, "revocation.fetch", args);
}

static void ask_prepare(struct signing *s, struct work *w)
{
	static const char *const copied[] = { "place", "more_places", "show", "show_values", "look", "color", "size_mm", "reason", "location", "level", "certify",
		                              "hash" };
	json_t *args = json_object();
	char when[32];

	s->when = clock_now();
	clock_rfc3339(s->when, when);
	for (size_t i = 0; i < COUNT(copied); i++)
		if (json_at(s->request, copied[i]))
			json_put(args, copied[i], borrow_at(s->request, copied[i]));
	json_put(args, "certificate", borrow_at(s->signer, "certificate"));
	json_put(args, "chain", borrow_at(s->signer, "chain"));
	json_put_str(args, "when", when);
	json_put(args, "image", json_boolean(s->image >= 0));
	/* A key file signs any hash; what a provider signs is SHA-256 by its contract. */
	if (is_keyfile(s) && !json_at(args, "hash"))
		json_put_str(args, "hash", "fit");
	if (lasting_token_bytes(s->config))
		json_put(args, "token_bytes", json_integer((json_int_t)lasting_token_bytes(s->config)));
	work_begin(w, JOB_DOC, "doc.prepare", args);
	work_fd(w, s->file);
	work_fd(w, s->image);
}

/* DATA/wait/TRANSACTION.json: what a crash of the screen cannot take away (src/README.md, state files). Opened anew for every
 * job: a lock belongs to the open file, and two jobs must never share one. The job's own fsync of the new file also writes its
 * name (ext4, xfs), so the screen does not wait for the disk here. */
static int state_file_open(struct signing *s, bool make)
{
	struct err e = { 0 };
	const char *data = config_data_dir(s->config, &e);
	AUTO(mem_free) char *dir = mem_printf("%s/wait", data ? data : "");
	AUTO(mem_free) char *path = mem_printf("%s/%s.json", dir, s->transaction);

	if (!data || file_mkdirs(dir, 0700, &e) < 0) {
		end_with(s, &e);
		return -1;
	}
	fd_close(&s->state_fd);
	s->state_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT | O_EXCL : 0), 0600);
	if (s->state_fd < 0) {
		end_kind(s, make ? ERR_STORE_FULL : ERR_NETWORK_UNKNOWN, "sign.state-file", strerror(errno));
		return -1;
	}
	return 0;
}

static void ask_submit(struct signing *s, struct work *w)
{
	bool again = s->phase == PHASE_RESUME;
	json_t *args = json_object(), *item = json_object();

	json_put_str(args, "way", json_str(s->request, "way", "neac"));
	json_put_str(args, "provider", json_str(s->request, "provider", ""));
	json_put_str(args, "account", json_str(s->request, "account", ""));
	json_put(args, "serial", borrow_at(s->signer, "serial"));
	json_put_str(args, "transaction", s->transaction);
	json_put_str(args, "text", json_str(s->request, "title", ""));
	json_put_str(item, "document_code", s->document_code);
	json_put_str(item, "title", json_str(s->request, "title", ""));
	json_put(item, "hash", borrow_at(s->made, "hash"));
	json_put(args, "items", json_pack("[o]", item));
	json_put(args, "certificate", borrow_at(s->signer, "certificate"));
	if (json_int(s->request, "timeout", 0) > 0)
		json_put(args, "timeout", json_integer(json_int(s->request, "timeout", 0)));
	work_begin(w, JOB_NET, again ? "sign.resume" : "sign.submit", args);
	w->flags = JOB_OUTLIVES;
	work_fd(w, s->state_fd);
}

static void ask_keyfile_sign(struct signing *s, struct work *w)
{
	json_t *args = json_object();

	json_put_str(args, "password", json_str(s->request, "password", ""));
	json_put(args, "hash", borrow_at(s->made, "hash"));
	json_put(args, "pss", json_boolean(json_is(s->request, "pss")));
	work_begin(w, JOB_DOC, "doc.keyfile", args);
	work_fd(w, s->keyfile);
}

static void ask_embed(struct signing *s, struct work *w)
{
	json_t *args = json_object();

	json_put(args, "hole", borrow_at(s->made, "hole"));
	json_put(args, "cms", borrow_at(s->cms, "cms"));
	if (json_at(s->cms, "tsa_response")) {
		json_put(args, "tsa_request", borrow_at(s->cms, "tsa_request"));
		json_put(args, "tsa_response", borrow_at(s->cms, "tsa_response"));
	}
	work_begin(w, JOB_DOC, "doc.embed", args);
	work_fd(w, s->prepared);
}

static bool wants_stamp(const struct signing *s)
{
	return strcmp(json_str(s->request, "level", "B-T"), "B-B") != 0;
}

static void build(struct signing *s, struct work *w)
{
	switch (s->phase) {
	case PHASE_CLOCK:
		work_begin(w, JOB_NET, "clock.check", json_object());
		return;
	case PHASE_CERTIFICATES:
		ask_certificates(s, w);
		return;
	case PHASE_CHECK:
	case PHASE_CHECK_AGAIN:
		ask_check(s, w);
		return;
	case PHASE_REVOCATION:
		ask_revocation(s, w);
		return;
	case PHASE_PREPARE:
		ask_prepare(s, w);
		return;
	case PHASE_SUBMIT:
		if (is_keyfile(s)) {
			ask_keyfile_sign(s, w);
			return;
		}
		if (state_file_open(s, true) == 0)
			ask_submit(s, w);
		return;
	case PHASE_RESUME:
		if (state_file_open(s, false) == 0)
			ask_submit(s, w);
		return;
	case PHASE_CMS:
		work_begin(w, JOB_DOC, "doc.cms", json_pack("{s:O,s:O}", "half", json_at(s->made, "half"), "signature", s->signature));
		return;
	case PHASE_STAMP:
		work_begin(w, JOB_NET, "tsa.stamp", json_pack("{s:o}", "request", borrow_at(s->cms, "tsa_request")));
		return;
	case PHASE_EMBED:
		ask_embed(s, w);
		return;
	case PHASE_LASTING:
		lasting_next(s->lasting, w);
		return;
	case PHASE_CONFIRM:
	case PHASE_SAVE:
	case PHASE_DONE:
		return;
	}
}

bool signing_next(struct signing *s, struct work *out)
{
	if (s->state != SIGNING_WORK)
		return false;
	*out = (struct work){ 0 };
	build(s, out);
	fd_close(&s->state_fd);
	if (!out->verb) {
		if (s->state == SIGNING_WORK)
			end_kind(s, ERR_INTERNAL, "sign.no-work", phase_ids[s->phase]);
		work_clear(out);
		return false;
	}
	s->state = SIGNING_RUNNING;
	return true;
}

/* ---- taking answers --------------------------------------------------------------------------------------------- */
static void to_phase(struct signing *s, enum phase p)
{
	s->phase = p;
	s->state = p == PHASE_CONFIRM ? SIGNING_CONFIRM : p == PHASE_SAVE ? SIGNING_SAVE : p == PHASE_DONE ? SIGNING_DONE : SIGNING_WORK;
}

static void took_certificates(struct signing *s, const json_t *body)
{
	const json_t *list = json_at(body, "certificates");
	const char *wanted = json_str(s->request, "serial", NULL);

	json_decref(s->signer);
	s->signer = NULL;
	if (is_keyfile(s)) {
		s->signer = keep(body);
		to_phase(s, PHASE_CHECK);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *one = json_array_get(list, i);
		if (!s->signer && (!wanted || strcasecmp(wanted, json_str(one, "serial", "")) == 0))
			s->signer = json_incref(one);
	}
	if (!s->signer)
		end_kind(s, ERR_CERT_UNUSABLE, wanted ? "cert.serial-unknown" : "cert.none", "no certificate for this account");
	else
		to_phase(s, PHASE_CHECK);
}

/* Rule G2: the certificate must name somebody who may sign this dossier; asked before sending. */
static bool signer_allowed(const struct signing *s)
{
	const json_t *allowed = json_at(s->request, "signers");
	const char *id = json_str(s->checked, "certificate.id", "");

	if (!allowed)
		return true;
	for (size_t i = 0; i < json_array_size(allowed); i++) {
		const char *a = json_string_value(json_array_get(allowed, i));
		if (a && *a && strcmp(a, id) == 0)
			return true;
	}
	return false;
}

static void certificate_known(struct signing *s)
{
	if (!json_is(s->checked, "usable")) {
		const json_t *why = json_at(s->checked, "reasons");
		const char *first = json_string_value(json_array_get(why, 0));
		end_kind(s, ERR_CERT_UNUSABLE, first ? first : "cert.unusable", "certificate may not sign");
	} else if (!signer_allowed(s)) {
		end_kind(s, ERR_NOT_THE_SIGNER, "cert.other-person", "certificate of somebody the dossier does not name");
	} else {
		to_phase(s, PHASE_CONFIRM);
	}
}

static void took_check(struct signing *s, const json_t *body)
{
	bool again = s->phase == PHASE_CHECK_AGAIN;

	json_decref(s->checked);
	s->checked = json_deep_copy(body);
	if (!again && (*json_str(body, "ocsp_url", "") || *json_str(body, "crl_url", "")))
		to_phase(s, PHASE_REVOCATION);
	else
		certificate_known(s);
}

static void took_prepared(struct signing *s, struct job_message *m)
{
	fd_close(&s->prepared);
	s->prepared = job_take_fd(m, 0);
	json_decref(s->made);
	s->made = json_incref(m->body);
	if (s->prepared < 0 || !json_str(s->made, "hash", NULL)) {
		end_kind(s, ERR_INTERNAL, "sign.prepare", "doc.prepare gave no file");
		return;
	}
	mem_free(&s->transaction);
	s->transaction = dossier_uuid();
	to_phase(s, PHASE_SAVE);
}

static void took_signature(struct signing *s, const json_t *body)
{
	const json_t *list = json_at(body, "signatures");

	json_decref(s->signature);
	s->signature = NULL;
	if (is_keyfile(s))
		s->signature = borrow_at(body, "signature");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		if (strcmp(json_str(one, "document_code", ""), s->document_code) == 0)
			s->signature = borrow_at(one, "signature");
	}
	if (!json_is_string(s->signature))
		end_kind(s, ERR_PROVIDER_ERROR, "sign.no-signature", "no signature for our document code");
	else
		to_phase(s, PHASE_CMS);
}

/* ---- once it is signed: the file is there and can no longer be lost, only lack something (rule G14) ---------------- */
static void say_missing(struct signing *s, const char *level)
{
	bool less = lasting_rank(level) < lasting_rank(json_str(s->request, "level", "B-T"));

	json_put_str(s->result, "level", level);
	json_put_str(s->result, "missing", !less ? "" : lasting_rank(level) < 1 ? "sign.no-timestamp" : "sign.no-long-term");
}

static void signed_now(struct signing *s)
{
	AUTO(mem_free) char *level = mem_str(json_str(s->result, "level", ""));
	const char *wanted = json_str(s->request, "level", "B-T");
	bool stamp_left_out = strcmp(json_str(s->result, "stamp_missing", ""), "tsa.no-room") == 0;

	if (json_int(s->result, "token_bytes", 0) > 0)
		lasting_token_seen(s->config, (size_t)json_int(s->result, "token_bytes", 0));
	say_missing(s, level);
	/* Who had no stamp a moment ago has none now: completed later. A stamp that was only too big goes over the document. */
	if (lasting_rank(level) >= lasting_rank(wanted) || (lasting_rank(level) < 1 && !stamp_left_out)) {
		to_phase(s, PHASE_DONE);
		return;
	}
	s->lasting = lasting_new(s->config, s->output, level, wanted);
	to_phase(s, PHASE_LASTING);
}

static void took_lasting(struct signing *s, enum job_event ev, struct job_message *m)
{
	static const char *const newer[] = { "sha256", "bytes", "report" };

	lasting_answer(s->lasting, ev, m);
	if (!lasting_done(s->lasting)) {
		to_phase(s, PHASE_LASTING);
		return;
	}
	if (lasting_gained(s->lasting)) {
		fd_close(&s->output);
		s->output = fcntl(lasting_output(s->lasting), F_DUPFD_CLOEXEC, 3);
		for (size_t i = 0; i < COUNT(newer); i++)
			json_put(s->result, newer[i], borrow_at(lasting_result(s->lasting), newer[i]));
	}
	if (lasting_err(s->lasting)->kind) {
		log_err("sign.level", lasting_err(s->lasting));
		json_put_str(s->result, "missing_reason", *lasting_err(s->lasting)->reason ? lasting_err(s->lasting)->reason : err_id(lasting_err(s->lasting)->kind));
	}
	say_missing(s, lasting_level(s->lasting));
	to_phase(s, PHASE_DONE);
}

static void took_result(struct signing *s, struct job_message *m)
{
	switch (s->phase) {
	case PHASE_CLOCK:
		to_phase(s, PHASE_CERTIFICATES);
		return;
	case PHASE_CERTIFICATES:
		took_certificates(s, m->body);
		return;
	case PHASE_CHECK:
	case PHASE_CHECK_AGAIN:
		took_check(s, m->body);
		return;
	case PHASE_REVOCATION:
		json_object_set(s->checked, "answers", m->body);
		to_phase(s, PHASE_CHECK_AGAIN);
		return;
	case PHASE_PREPARE:
		took_prepared(s, m);
		return;
	case PHASE_SUBMIT:
	case PHASE_RESUME:
		took_signature(s, m->body);
		return;
	case PHASE_CMS:
		json_decref(s->cms);
		s->cms = json_incref(m->body);
		to_phase(s, wants_stamp(s) ? PHASE_STAMP : PHASE_EMBED);
		return;
	case PHASE_STAMP:
		json_object_set_new(s->cms, "tsa_response", borrow_at(m->body, "response"));
		to_phase(s, PHASE_EMBED);
		return;
	case PHASE_EMBED:
		fd_close(&s->output);
		s->output = job_take_fd(m, 0);
		json_decref(s->result);
		s->result = json_incref(m->body);
		if (s->output < 0)
			end_kind(s, ERR_INTERNAL, "sign.embed", "doc.embed gave no file");
		else
			signed_now(s);
		return;
	case PHASE_LASTING:
		took_lasting(s, JOB_RESULT, m);
		return;
	case PHASE_CONFIRM:
	case PHASE_SAVE:
	case PHASE_DONE:
		return;
	}
}

/* An error that must not end it: without revocation data the person is warned and may stop (Phụ lục II 1.2); without a
 * time-stamp the file is "signed, no long-term data yet" and completed later (rule G14). */
static bool carried_on(struct signing *s, struct job_message *m)
{
	if (s->phase == PHASE_REVOCATION) {
		json_object_set_new(s->checked, "answers", json_object());
		to_phase(s, PHASE_CHECK_AGAIN);
		return true;
	}
	if (s->phase == PHASE_STAMP) {
		to_phase(s, PHASE_EMBED);
		return true;
	}
	if (s->phase == PHASE_LASTING) {
		took_lasting(s, JOB_ERROR, m);
		return true;
	}
	return false;
}

static void took_progress(struct signing *s, const json_t *p)
{
	if (json_str(p, "state", NULL)) {
		mem_free(&s->live);
		s->live = mem_str(json_str(p, "state", ""));
	}
	if (json_at(p, "seconds_left")) {
		s->seconds_left = (long)json_int(p, "seconds_left", -1);
		s->left_at = clock_ms();
	}
}

void signing_answer(struct signing *s, enum job_event ev, struct job_message *m)
{
	if (s->state != SIGNING_RUNNING)
		return;
	switch (ev) {
	case JOB_NOTHING:
		return;
	case JOB_PROGRESS:
		took_progress(s, m->body);
		return;
	case JOB_RESULT:
		took_result(s, m);
		return;
	case JOB_DIED:
		/* The waiting helper died after the request had left: what the provider knows is not lost, ask for it. */
		if (s->phase == PHASE_SUBMIT && !is_keyfile(s)) {
			to_phase(s, PHASE_RESUME);
			return;
		}
		if (!carried_on(s, m))
			end_with(s, &m->err);
		return;
	case JOB_ERROR:
		if (!carried_on(s, m))
			end_with(s, &m->err);
		return;
	}
}

void signing_confirm(struct signing *s)
{
	if (s->state == SIGNING_CONFIRM)
		to_phase(s, PHASE_PREPARE);
}

void signing_saved(struct signing *s)
{
	if (s->state == SIGNING_SAVE)
		to_phase(s, PHASE_SUBMIT);
}

void signing_cancel(struct signing *s)
{
	if (s->state == SIGNING_DONE || s->state == SIGNING_ENDED)
		return;
	if (s->phase == PHASE_LASTING) {
		to_phase(s, PHASE_DONE);   /* it is signed; only more data was being gathered */
		return;
	}
	end_kind(s, ERR_CANCELLED, signing_has_left(s) ? "sign.left" : "sign.before", "stopped by the person");
}

void signing_fail(struct signing *s, const struct err *e)
{
	if (s->state != SIGNING_DONE && s->state != SIGNING_ENDED)
		end_with(s, e);
}

void signing_change(struct signing *s, const char *key, json_t *value)
{
	bool other_account = strcmp(key, "account") == 0 || strcmp(key, "provider") == 0 || strcmp(key, "way") == 0;

	json_object_set_new(s->request, key, value);
	if (other_account && s->phase <= PHASE_CONFIRM)
		to_phase(s, PHASE_CERTIFICATES);
}

/* ---- after a crash ------------------------------------------------------------------------------------------------ */
void signing_look(struct signing *s)
{
	if (s->state != SIGNING_WATCH)
		return;
	if (s->state_fd < 0 && state_file_open(s, false) < 0)
		return;
	/* The waiting helper holds the lock as long as it lives. */
	if (flock(s->state_fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		struct buf text = { 0 };
		struct err e = { 0 };
		if (fd_read_all(s->state_fd, &text, 65536, &e) == 0) {
			AUTO(json_release) json_t *now = json_parse(text.p, text.n, 65536, &e);
			time_t end = 0;
			if (now && clock_parse(json_str(now, "deadline", ""), &end)) {
				s->seconds_left = (long)(end - clock_now());
				s->left_at = clock_ms();
			}
		}
		buf_free(&text);
		return;
	}
	flock(s->state_fd, LOCK_UN);
	to_phase(s, PHASE_RESUME);
}

json_t *signing_save(const struct signing *s)
{
	json_t *j = json_object();
	AUTO(json_release) json_t *request = json_deep_copy(s->request);

	json_object_del(request, "password");
	json_put(j, "request", json_incref(request));
	json_put(j, "signer", s->signer ? json_incref(s->signer) : json_null());
	/* Without the answers themselves: a CRL can be megabytes. */
	json_t *checked = s->checked ? json_deep_copy(s->checked) : json_null();
	json_object_del(checked, "answers");
	json_put(j, "checked", checked);
	json_put(j, "made", s->made ? json_incref(s->made) : json_null());
	json_put_str(j, "transaction", s->transaction);
	json_put_str(j, "document_code", s->document_code);
	json_put(j, "when", json_integer(s->when));
	return j;
}

struct signing *signing_restore(const struct config *c, const json_t *saved, int prepared, struct err *e)
{
	if (!json_str(saved, "transaction", NULL) || !json_str(saved, "document_code", NULL) || !json_at(saved, "made.hash") || prepared < 0) {
		err_set(e, ERR_INTERNAL, "the saved signing request is not whole");
		return NULL;
	}
	struct signing *s = signing_blank(c, json_deep_copy(json_at(saved, "request")));
	s->signer = borrow_at(saved, "signer");
	s->checked = borrow_at(saved, "checked");
	s->made = borrow_at(saved, "made");
	s->transaction = mem_str(json_str(saved, "transaction", ""));
	s->document_code = mem_str(json_str(saved, "document_code", ""));
	s->when = (time_t)json_int(saved, "when", 0);
	s->prepared = fcntl(prepared, F_DUPFD_CLOEXEC, 3);
	s->phase = PHASE_RESUME;
	s->state = SIGNING_WATCH;
	signing_look(s);
	return s;
}

/* ---- looking at it --------------------------------------------------------------------------------------------------- */
enum signing_state signing_state(const struct signing *s) { return s->state; }
const json_t *signing_request(const struct signing *s) { return s->request; }
const json_t *signing_certificate(const struct signing *s) { return s->checked; }
const json_t *signing_result(const struct signing *s) { return s->result; }
int signing_output(const struct signing *s) { return s->output; }
int signing_prepared(const struct signing *s) { return s->prepared; }
const struct err *signing_err(const struct signing *s) { return &s->err; }
const char *signing_algorithm(const struct signing *s) { return json_str(s->cms, "algorithm", ""); }
const char *signing_transaction(const struct signing *s) { return s->transaction ? s->transaction : ""; }
const char *signing_document_code(const struct signing *s) { return s->document_code ? s->document_code : ""; }

const char *signing_phase(const struct signing *s)
{
	if ((s->phase == PHASE_SUBMIT || s->phase == PHASE_RESUME) && s->live)
		return s->live;
	return phase_ids[s->phase];
}

bool signing_has_left(const struct signing *s)
{
	return s->phase >= PHASE_SUBMIT && s->phase < PHASE_LASTING && !is_keyfile(s) && (s->state != SIGNING_WORK || s->phase > PHASE_SUBMIT);
}

long signing_seconds_left(const struct signing *s)
{
	if (s->seconds_left < 0)
		return -1;
	long left = s->seconds_left - (long)((clock_ms() - s->left_at) / 1000);
	return left > 0 ? left : 0;
}

/* A list of megabytes is told by its hash: the note it goes into is small. */
json_t *signing_evidence(const struct signing *s)
{
	enum { LIST_MAX = 2 << 20 };
	static const char *const copied[] = { "status", "source", "reasons", "anchor" };
	const char *crl = json_str(s->checked, "answers.crl", "");
	json_t *j = json_object();
	char at[32], hash[65];

	clock_rfc3339(s->when, at);
	json_put_str(j, "at", at);
	json_put(j, "serial", borrow_at(s->checked, "certificate.serial"));
	json_put(j, "certificate", borrow_at(s->signer, "certificate"));
	for (size_t i = 0; i < COUNT(copied); i++)
		json_put(j, copied[i], borrow_at(s->checked, copied[i]));
	json_put(j, "ocsp", borrow_at(s->checked, "answers.ocsp"));
	if (strlen(crl) > LIST_MAX) {
		sha256_hex(hash, crl, strlen(crl));
		json_put_str(j, "crl_base64_sha256", hash);
	} else {
		json_put(j, "crl", borrow_at(s->checked, "answers.crl"));
	}
	return j;
}

json_t *signing_history(const struct signing *s, const char *dossier, const char *component)
{
	json_t *h = json_object();
	char at[32];

	clock_rfc3339(clock_now(), at);
	json_put_str(h, "kind", "signature");
	json_put_str(h, "dossier", dossier);
	json_put_str(h, "component", component);
	json_put_str(h, "label", json_str(s->request, "title", ""));
	json_put_str(h, "sha256", json_str(s->result, "sha256", ""));
	json_put_str(h, "way", json_str(s->request, "way", ""));
	json_put_str(h, "transaction", signing_transaction(s));
	json_put_str(h, "certificate", json_str(s->checked, "certificate.serial", ""));
	json_put_str(h, "signer", json_str(s->checked, "certificate.name", ""));
	json_put_str(h, "result", s->state == SIGNING_DONE ? "signed" : err_id(s->err.kind));
	json_put_str(h, "reason", s->state == SIGNING_DONE ? "" : s->err.reason);
	json_put_str(h, "at", at);
	return h;
}
