/* How a signature ends: "Ký số thành công", or one of the ends that are not (each its own page, words and next key). */
#include "wizard/signature.h"
#include "wizard/lasting.h"

#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* ---- done ------------------------------------------------------------------------------------------------------------------- */
static char *signed_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t stem = dot ? (size_t)(dot - name) : strlen(name);

	/* A second signature on the same file keeps the name. */
	if (stem >= 7 && strncmp(name + stem - 7, "_signed", 7) == 0)
		return mem_str(name);
	AUTO(mem_free) char *base = mem_strn(name, stem);
	return mem_printf("%s_signed.pdf", base);
}

void file_signed(struct wizard *w)
{
	struct dossier_file *f = file_to_sign(w);
	const json_t *r = signing_result(w->signing);
	int fd = fcntl(signing_output(w->signing), F_DUPFD_CLOEXEC, 3);

	if (!f->original_sha256)
		dossier_set_text(&f->original_sha256, f->sha256);
	AUTO(mem_free) char *name = signed_name(f->name);
	dossier_set_text(&f->name, name);
	dossier_set_text(&f->sha256, json_str(r, "sha256", ""));
	dossier_set_text(&f->signer, json_str(signing_certificate(w->signing), "certificate.name", ""));
	dossier_set_text(&f->transaction, signing_transaction(w->signing));
	dossier_set_text(&f->signed_at, json_str(r, "signed_at", ""));
	dossier_set_text(&f->level, json_str(r, "level", ""));
	f->bytes = json_int(r, "bytes", 0);
	f->state = FILE_SIGNED;
	hold_file(w, f->sha256, fd);
	copy_output(w, f->name, fd);
}

void tell_signing_history(struct wizard *w)
{
	struct dossier_component *c = signed_component(w);
	json_t *entry = signing_history(w->signing, w->dossier->id, c ? c->id : "");

	ask_quietly(w, JOB_STORE, JOB_RESIDENT, "history.add", json_pack("{s:o}", "entry", entry));
	/* What was known of the certificate stays with the signature and can be destroyed (circular 15/2025 LS12). */
	if (signing_state(w->signing) == SIGNING_DONE)
		ask_quietly(w, JOB_STORE, JOB_RESIDENT, "evidence.keep",
		            json_pack("{s:s,s:o}", "key", json_str(signing_result(w->signing), "sha256", ""), "body", signing_evidence(w->signing)));
}

static const char *level_words(const char *level)
{
	AUTO(mem_free) char *id = mem_printf("level.%s", level ? level : "");

	return msg_has(id) ? msg(id) : level ? level : "";
}

static void done_show(struct wizard *w, struct view *v)
{
	struct dossier_file *f = file_to_sign(w);
	struct buf b = { 0 };
	char at[32] = "";
	time_t t;

	if (!f)
		return;
	if (clock_parse(f->signed_at ? f->signed_at : "", &t))
		clock_vn(t, at);
	buf_printf(&b, "%s: %s\n%s: %s\n%s: %s (UTC+7)\n%s: %s\n", msg("done.file"), f->name, msg("done.signer"), f->signer ? f->signer : "",
	           msg("done.time"), at, msg("done.level"), level_words(f->level));
	if (f->level && lasting_rank(f->level) < lasting_rank(config_str(w->config, "sign_level", "B-T")))
		buf_printf(&b, "%s\n", msg(lasting_rank(f->level) < 1 ? "done.no-timestamp" : "done.no-long-term"));
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "info", note);
}

static void done_submit(struct wizard *w)
{
	go_back_to(w, &step_components);
}

static bool done_back(struct wizard *w)
{
	go_back_to(w, &step_components);
	return true;
}

const struct step step_sign_done = {
	.id = "sign-done", .show = done_show, .submit = done_submit, .back = done_back, .no_check = true,
};

/* ---- the other ends: refused, expired, network, certificate, our own fault -------------------------------------------------- */
static const char *end_screen(struct wizard *w)
{
	switch (w->signing ? signing_err(w->signing)->kind : ERR_INTERNAL) {
	case ERR_REFUSED:
		return "sign-refused";
	case ERR_EXPIRED:
		return "sign-expired";
	case ERR_NO_NETWORK: case ERR_SERVICE_DOWN: case ERR_SERVICE_SLOW: case ERR_SERVICE_TLS:
		return "sign-network";
	case ERR_NETWORK_UNKNOWN:
		return "sign-unknown";
	case ERR_CERT_UNUSABLE: case ERR_NOT_THE_SIGNER: case ERR_QUOTA: case ERR_SECRET_WRONG: case ERR_SECRET_BLOCKED:
		return "sign-certificate";
	case ERR_CANCELLED:
		return "sign-stopped";
	default:         /* every other kind is ours or the provider's to mend, not the person's */
		return "sign-fault";
	}
}

static void end_show(struct wizard *w, struct view *v)
{
	const struct err *e = w->signing ? signing_err(w->signing) : NULL;

	if (!e)
		return;
	AUTO(mem_free) char *words = err_words(e);
	AUTO(mem_free) char *small = mem_printf("%s %s", err_id(e->kind), e->reason);
	view_set(v, "what", words);
	view_set_text(&v->small, small);
}

/* The end took the place of the waiting or the confirming page: it never stays behind the person. */
static void end_to(struct wizard *w, const struct step *to, int arg)
{
	for (size_t i = 0; i + 1 < w->depth; i++)
		if (w->path[i].step == to) {
			w->path[i].arg = arg;
			go_back_to(w, to);
			return;
		}
	go_instead(w, to, arg);
}

static void end_again(struct wizard *w)
{
	const char *shown = end_screen(w);
	bool unknown = strcmp(shown, "sign-unknown") == 0, certificate = strcmp(shown, "sign-certificate") == 0;

	signing_free(w->signing);
	w->signing = NULL;
	if (unknown) {
		/* Nothing is sent twice: the officer settles it. The file waits as it is. */
		if (file_to_sign(w))
			file_to_sign(w)->state = FILE_FAILED;
		end_to(w, &step_components, 0);
	} else if (!w->box) {
		/* Taken up from a draft: the place was in the request alone. */
		w->preview_page = 1;
		end_to(w, &step_sign_place, 0);
	} else {
		end_to(w, &step_sign_confirm, certificate ? CONFIRM_ASKS : CONFIRM_CHECKS);
	}
}

static void end_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "again") == 0) {
		end_again(w);
		return;
	}
	signing_free(w->signing);
	w->signing = NULL;
	end_to(w, strcmp(action, "place") == 0 ? &step_sign_place : &step_components, 0);
}

static bool end_back(struct wizard *w)
{
	end_action(w, "later");
	return true;
}

static const char *const end_screens[] = {
	"sign-refused", "sign-expired", "sign-network", "sign-unknown", "sign-certificate", "sign-stopped", "sign-fault", NULL
};

const struct step step_sign_end = {
	.id = "sign-end", .screens = end_screens, .pick = end_screen, .show = end_show, .submit = end_again, .action = end_action,
	.back = end_back, .no_check = true,
};
