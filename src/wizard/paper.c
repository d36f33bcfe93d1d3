/* Slips and receipts as PDF, laid out as data (screens/forms/ID/form.yaml). They are composed in the doc job and held with the
 * session; the sandbox keeps a copy for people trying the program. */
#include "wizard/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>

static const char *when_words(time_t t, char *out, size_t n)
{
	char at[32];

	if (!t)
		return "";
	clock_vn(t, at);
	snprintf(out, n, "%s (UTC+7)", at);
	return out;
}

static const char *told_words(const json_t *j, const char *key, char *out, size_t n)
{
	time_t t = 0;
	return clock_parse(json_str(j, key, ""), &t) ? when_words(t, out, n) : "";
}

static const char *paper_names(const struct wizard *w, char *out, size_t n)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < w->dossier->ncomponents; i++) {
		const struct dossier_component *c = &w->dossier->components[i];
		if (c->ticked && c->nfiles && used < n)
			used += (size_t)snprintf(out + used, n - used, "%s%s (%s)", used ? "; " : "", c->name,
			                         msg(c->original ? "paper.original" : "paper.copy"));
	}
	return out;
}

const char *paper_value(struct wizard *w, const char *name, char *scratch, size_t n)
{
	const json_t *r = json_at(w->receipt, "receipt");

	if (strcmp(name, "slip.code") == 0)
		return w->dossier->code ? w->dossier->code : "";
	if (strcmp(name, "slip.person") == 0) {
		AUTO(mem_free) char *masked = text_mask_id(person_text(w, "id"));
		snprintf(scratch, n, "%s (%s)", person_text(w, "name"), masked);
		return scratch;
	}
	if (strcmp(name, "slip.sent") == 0)
		return when_words(w->dossier->sent, scratch, n);
	if (strcmp(name, "slip.due") == 0)
		return when_words(w->dossier->due, scratch, n);
	if (strcmp(name, "slip.papers") == 0 || strcmp(name, "receipt.papers") == 0)
		return paper_names(w, scratch, n);
	if (strcmp(name, "slip.next") == 0)
		return msg("slip.next-paper");
	if (strcmp(name, "receipt.accepted") == 0)
		return told_words(r, "accepted_at", scratch, n);
	if (strcmp(name, "receipt.due") == 0)
		return told_words(r, "due", scratch, n);
	if (strncmp(name, "receipt.", 8) == 0)
		return json_str(r, name + 8, "");
	return NULL;
}

void paper_ask(struct wizard *w, const char *form)
{
	struct err e = { 0 };
	AUTO(mem_free) char *file = mem_printf("screens/forms/%s/form.yaml", form);
	AUTO(mem_free) char *path = path_share(file);
	AUTO(json_release) json_t *def = path ? yaml_read(path, &e) : NULL;
	json_t *doc = def ? layout_filled(w, json_at(def, "document")) : NULL;

	if (!doc) {
		log_err("paper", &e);
		return;
	}
	mem_free(&w->paper_name);
	w->paper_name = mem_str(json_str(def, "file", "phieu.pdf"));
	ask(w, JOB_DOC, 0, "doc.compose", json_pack("{s:o}", "doc", doc), NULL, 0);
}

void paper_take(struct wizard *w, struct job_message *m)
{
	AUTO(fd_close) int fd = job_take_fd(m, 0);

	AUTO(mem_free) char *name = mem_printf("papers/%s", w->paper_name ? w->paper_name : "phieu.pdf");

	if (fd >= 0)
		copy_output(w, name, fd);
}

/* Sandbox only (configuration `outputs`): a copy for `file last valid` and for people trying the program. */
void copy_output(struct wizard *w, const char *name, int fd)
{
	const char *dir = config_sandbox(w->config) ? config_str(w->config, "outputs", NULL) : NULL;
	struct err e = { 0 };

	if (!dir)
		return;
	AUTO(mem_free) char *path = mem_printf("%s/%s", dir, name);
	AUTO(mem_free) char *folder = mem_strn(path, (size_t)(strrchr(path, '/') - path));
	if (file_mkdirs(folder, 0700, &e) < 0 || file_replace_fd(path, fd, 0600, &e) < 0)
		log_err("output", &e);
}
