#include "wizard/signing_int.h"
#include "wizard/lasting.h"
#include "wizard/wizard.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "dossier/dossier.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

const char *const signing_phase_ids[] = {
	[PHASE_CLOCK] = "clock", [PHASE_CERTIFICATES] = "certificates", [PHASE_CHECK] = "certificate-check",
	[PHASE_REVOCATION] = "revocation", [PHASE_CHECK_AGAIN] = "certificate-check", [PHASE_CONFIRM] = "confirm",
	[PHASE_PREPARE] = "preparing", [PHASE_SAVE] = "prepared", [PHASE_SUBMIT] = "submitted", [PHASE_RESUME] = "submitted",
	[PHASE_CMS] = "signature-received", [PHASE_STAMP] = "verified", [PHASE_EMBED] = "verified", [PHASE_LASTING] = "embedded", [PHASE_DONE] = "signed",
};

bool signing_is_keyfile(const struct signing *s)
{
	return strcmp(json_str(s->request, "way", ""), "keyfile") == 0;
}

struct signing *signing_blank(const struct config *c, json_t *request)
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
	s->phase = signing_is_keyfile(s) ? PHASE_CERTIFICATES : PHASE_CLOCK;
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

void signing_end(struct signing *s, const struct err *e)
{
	s->err = *e;
	s->state = SIGNING_ENDED;
}

void signing_end_kind(struct signing *s, enum err_kind kind, const char *reason, const char *cause)
{
	struct err e = { 0 };

	err_set(&e, kind, "%s", cause);
	err_reason(&e, reason);
	signing_end(s, &e);
}

static json_t *keep(const json_t *j)
{
	return json_incref((json_t *)(uintptr_t)j);
}

json_t *signing_borrow(const json_t *from, const char *path)
{
	json_t *v = json_at(from, path);
	return v ? json_incref(v) : json_null();
}

/* ---- taking answers --------------------------------------------------------------------------------------------- */
void signing_to_phase(struct signing *s, enum phase p)
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
	if (signing_is_keyfile(s)) {
		s->signer = keep(body);
		signing_to_phase(s, PHASE_CHECK);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *one = json_array_get(list, i);
		if (!s->signer && (!wanted || strcasecmp(wanted, json_str(one, "serial", "")) == 0))
			s->signer = json_incref(one);
	}
	if (!s->signer)
		signing_end_kind(s, ERR_CERT_UNUSABLE, wanted ? "cert.serial-unknown" : "cert.none", "no certificate for this account");
	else
		signing_to_phase(s, PHASE_CHECK);
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
		signing_end_kind(s, ERR_CERT_UNUSABLE, first ? first : "cert.unusable", "certificate may not sign");
	} else if (!signer_allowed(s)) {
		signing_end_kind(s, ERR_NOT_THE_SIGNER, "cert.other-person", "certificate of somebody the dossier does not name");
	} else {
		signing_to_phase(s, PHASE_CONFIRM);
	}
}

static void took_check(struct signing *s, const json_t *body)
{
	bool again = s->phase == PHASE_CHECK_AGAIN;

	json_decref(s->checked);
	s->checked = json_deep_copy(body);
	if (!again && (*json_str(body, "ocsp_url", "") || *json_str(body, "crl_url", "")))
		signing_to_phase(s, PHASE_REVOCATION);
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
		signing_end_kind(s, ERR_INTERNAL, "sign.prepare", "doc.prepare gave no file");
		return;
	}
	mem_free(&s->transaction);
	s->transaction = dossier_uuid();
	signing_to_phase(s, PHASE_SAVE);
}

static void took_signature(struct signing *s, const json_t *body)
{
	const json_t *list = json_at(body, "signatures");

	json_decref(s->signature);
	s->signature = NULL;
	if (signing_is_keyfile(s))
		s->signature = signing_borrow(body, "signature");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		if (strcmp(json_str(one, "document_code", ""), s->document_code) == 0)
			s->signature = signing_borrow(one, "signature");
	}
	if (!json_is_string(s->signature))
		signing_end_kind(s, ERR_PROVIDER_ERROR, "sign.no-signature", "no signature for our document code");
	else
		signing_to_phase(s, PHASE_CMS);
}

static bool wants_stamp(const struct signing *s)
{
	return strcmp(json_str(s->request, "level", "B-T"), "B-B") != 0;
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
		signing_to_phase(s, PHASE_DONE);
		return;
	}
	s->lasting = lasting_new(s->config, s->output, level, wanted);
	signing_to_phase(s, PHASE_LASTING);
}

static void took_lasting(struct signing *s, enum job_event ev, struct job_message *m)
{
	static const char *const newer[] = { "sha256", "bytes", "report" };

	lasting_answer(s->lasting, ev, m);
	if (!lasting_done(s->lasting)) {
		signing_to_phase(s, PHASE_LASTING);
		return;
	}
	if (lasting_gained(s->lasting)) {
		fd_close(&s->output);
		s->output = fcntl(lasting_output(s->lasting), F_DUPFD_CLOEXEC, 3);
		for (size_t i = 0; i < COUNT(newer); i++)
			json_put(s->result, newer[i], signing_borrow(lasting_result(s->lasting), newer[i]));
	}
	if (lasting_err(s->lasting)->kind) {
		log_err("sign.level", lasting_err(s->lasting));
		json_put_str(s->result, "missing_reason", *lasting_err(s->lasting)->reason ? lasting_err(s->lasting)->reason : err_id(lasting_err(s->lasting)->kind));
	}
	say_missing(s, lasting_level(s->lasting));
	signing_to_phase(s, PHASE_DONE);
}

static void took_result(struct signing *s, struct job_message *m)
{
	switch (s->phase) {
	case PHASE_CLOCK:
		signing_to_phase(s, PHASE_CERTIFICATES);
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
		signing_to_phase(s, PHASE_CHECK_AGAIN);
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
		signing_to_phase(s, wants_stamp(s) ? PHASE_STAMP : PHASE_EMBED);
		return;
	case PHASE_STAMP:
		json_object_set_new(s->cms, "tsa_response", signing_borrow(m->body, "response"));
		signing_to_phase(s, PHASE_EMBED);
		return;
	case PHASE_EMBED:
		fd_close(&s->output);
		s->output = job_take_fd(m, 0);
		json_decref(s->result);
		s->result = json_incref(m->body);
		if (s->output < 0)
			signing_end_kind(s, ERR_INTERNAL, "sign.embed", "doc.embed gave no file");
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
		signing_to_phase(s, PHASE_CHECK_AGAIN);
		return true;
	}
	if (s->phase == PHASE_STAMP) {
		signing_to_phase(s, PHASE_EMBED);
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
		if (s->phase == PHASE_SUBMIT && !signing_is_keyfile(s)) {
			signing_to_phase(s, PHASE_RESUME);
			return;
		}
		if (s->phase == PHASE_RESUME) {
			/* Dead a second time: whether it was signed is not known, and nothing may be sent again (rule G7). */
			struct err unknown = { .kind = ERR_NETWORK_UNKNOWN, .reason = "sign.helper-died" };
			signing_end(s, &unknown);
			return;
		}
		if (!carried_on(s, m))
			signing_end(s, &m->err);
		return;
	case JOB_ERROR:
		if (!carried_on(s, m))
			signing_end(s, &m->err);
		return;
	}
}

void signing_confirm(struct signing *s)
{
	if (s->state == SIGNING_CONFIRM)
		signing_to_phase(s, PHASE_PREPARE);
}

void signing_saved(struct signing *s)
{
	if (s->state == SIGNING_SAVE)
		signing_to_phase(s, PHASE_SUBMIT);
}

void signing_cancel(struct signing *s)
{
	if (s->state == SIGNING_DONE || s->state == SIGNING_ENDED)
		return;
	if (s->phase == PHASE_LASTING) {
		signing_to_phase(s, PHASE_DONE);   /* it is signed; only more data was being gathered */
		return;
	}
	signing_end_kind(s, ERR_CANCELLED, signing_has_left(s) ? "sign.left" : "sign.before", "stopped by the person");
}

void signing_fail(struct signing *s, const struct err *e)
{
	if (s->state != SIGNING_DONE && s->state != SIGNING_ENDED)
		signing_end(s, e);
}

void signing_change(struct signing *s, const char *key, json_t *value)
{
	bool other_account = strcmp(key, "account") == 0 || strcmp(key, "provider") == 0 || strcmp(key, "way") == 0;

	json_object_set_new(s->request, key, value);
	if (other_account && s->phase <= PHASE_CONFIRM)
		signing_to_phase(s, PHASE_CERTIFICATES);
}
