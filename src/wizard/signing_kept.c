/* A signature after a crash, and what others want to know of one. */
#include "wizard/signing_int.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- after a crash ------------------------------------------------------------------------------------------------ */
void signing_look(struct signing *s)
{
	if (s->state != SIGNING_WATCH)
		return;
	if (s->state_fd < 0 && signing_state_file(s, false) < 0)
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
	signing_to_phase(s, PHASE_RESUME);
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
	s->signer = signing_borrow(saved, "signer");
	s->checked = signing_borrow(saved, "checked");
	s->made = signing_borrow(saved, "made");
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
	return signing_phase_ids[s->phase];
}

bool signing_has_left(const struct signing *s)
{
	return s->phase >= PHASE_SUBMIT && s->phase < PHASE_LASTING && !signing_is_keyfile(s) && (s->state != SIGNING_WORK || s->phase > PHASE_SUBMIT);
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
	json_put(j, "serial", signing_borrow(s->checked, "certificate.serial"));
	json_put(j, "certificate", signing_borrow(s->signer, "certificate"));
	for (size_t i = 0; i < COUNT(copied); i++)
		json_put(j, copied[i], signing_borrow(s->checked, copied[i]));
	json_put(j, "ocsp", signing_borrow(s->checked, "answers.ocsp"));
	if (strlen(crl) > LIST_MAX) {
		sha256_hex(hash, crl, strlen(crl));
		json_put_str(j, "crl_base64_sha256", hash);
	} else {
		json_put(j, "crl", signing_borrow(s->checked, "answers.crl"));
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
