/* What each phase of a signature asks of which helper. */
#include "wizard/signing_int.h"
#include "wizard/lasting.h"
#include "wizard/wizard.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

	if (signing_is_keyfile(s)) {
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
	json_put(args, "certificate", signing_borrow(s->signer, "certificate"));
	json_put(args, "chain", signing_borrow(s->signer, "chain"));
	json_put_str(args, "at", at);
	if (s->phase == PHASE_CHECK_AGAIN) {
		json_put(args, "ocsp", signing_borrow(s->checked, "answers.ocsp"));
		json_put(args, "crl", signing_borrow(s->checked, "answers.crl"));
		json_put(args, "ocsp_request", signing_borrow(s->checked, "ocsp_request"));
	}
	work_begin(w, JOB_DOC, "doc.certificate", args);
}

static void ask_revocation(struct signing *s, struct work *w)
{
	json_t *args = json_object();

	json_put(args, "ocsp_url", signing_borrow(s->checked, "ocsp_url"));
	json_put(args, "ocsp_request", signing_borrow(s->checked, "ocsp_request"));
	json_put(args, "crl_url", signing_borrow(s->checked, "crl_url"));
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
			json_put(args, copied[i], signing_borrow(s->request, copied[i]));
	json_put(args, "certificate", signing_borrow(s->signer, "certificate"));
	json_put(args, "chain", signing_borrow(s->signer, "chain"));
	json_put_str(args, "when", when);
	json_put(args, "image", json_boolean(s->image >= 0));
	/* A key file signs any hash; what a provider signs is SHA-256 by its contract. */
	if (signing_is_keyfile(s) && !json_at(args, "hash"))
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
int signing_state_file(struct signing *s, bool make)
{
	struct err e = { 0 };
	const char *data = config_data_dir(s->config, &e);
	AUTO(mem_free) char *dir = mem_printf("%s/wait", data ? data : "");
	AUTO(mem_free) char *path = mem_printf("%s/%s.json", dir, s->transaction);

	if (!data || file_mkdirs(dir, 0700, &e) < 0) {
		signing_end(s, &e);
		return -1;
	}
	fd_close(&s->state_fd);
	s->state_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (make ? O_CREAT | O_EXCL : 0), 0600);
	if (s->state_fd < 0) {
		signing_end_kind(s, make ? ERR_STORE_FULL : ERR_NETWORK_UNKNOWN, "sign.state-file", strerror(errno));
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
	json_put(args, "serial", signing_borrow(s->signer, "serial"));
	json_put_str(args, "transaction", s->transaction);
	json_put_str(args, "text", json_str(s->request, "title", ""));
	json_put_str(item, "document_code", s->document_code);
	json_put_str(item, "title", json_str(s->request, "title", ""));
	json_put(item, "hash", signing_borrow(s->made, "hash"));
	json_put(args, "items", json_pack("[o]", item));
	json_put(args, "certificate", signing_borrow(s->signer, "certificate"));
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
	json_put(args, "hash", signing_borrow(s->made, "hash"));
	json_put(args, "pss", json_boolean(json_is(s->request, "pss")));
	work_begin(w, JOB_DOC, "doc.keyfile", args);
	work_fd(w, s->keyfile);
}

static void ask_embed(struct signing *s, struct work *w)
{
	json_t *args = json_object();

	json_put(args, "hole", signing_borrow(s->made, "hole"));
	json_put(args, "cms", signing_borrow(s->cms, "cms"));
	if (json_at(s->cms, "tsa_response")) {
		json_put(args, "tsa_request", signing_borrow(s->cms, "tsa_request"));
		json_put(args, "tsa_response", signing_borrow(s->cms, "tsa_response"));
	}
	work_begin(w, JOB_DOC, "doc.embed", args);
	work_fd(w, s->prepared);
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
		if (signing_is_keyfile(s)) {
			ask_keyfile_sign(s, w);
			return;
		}
		if (signing_state_file(s, true) == 0)
			ask_submit(s, w);
		return;
	case PHASE_RESUME:
		if (signing_state_file(s, false) == 0)
			ask_submit(s, w);
		return;
	case PHASE_CMS:
		work_begin(w, JOB_DOC, "doc.cms", json_pack("{s:O,s:O}", "half", json_at(s->made, "half"), "signature", s->signature));
		return;
	case PHASE_STAMP:
		work_begin(w, JOB_NET, "tsa.stamp", json_pack("{s:o}", "request", signing_borrow(s->cms, "tsa_request")));
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
			signing_end_kind(s, ERR_INTERNAL, "sign.no-work", signing_phase_ids[s->phase]);
		work_clear(out);
		return false;
	}
	s->state = SIGNING_RUNNING;
	return true;
}
