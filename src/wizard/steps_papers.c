/* Thành phần hồ sơ: tick, Bản chính / Bản sao and count, Chọn tệp tin, and the declaration that the kiosk writes itself. */
#include "wizard/session.h"

#include "base/log.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static struct dossier_component *current(struct wizard *w)
{
	return w->dossier && w->component < w->dossier->ncomponents ? &w->dossier->components[w->component] : NULL;
}

/* ---- state words -------------------------------------------------------------------------------------------------- */
static const char *file_word(const struct dossier_file *f)
{
	switch (f->state) {
	case FILE_NONE:
		return msg("paper.no-file");
	case FILE_ATTACHED:
		return msg("paper.not-signed");
	case FILE_WAITING:
		return msg("paper.waiting");
	case FILE_SIGNED:
		return msg("paper.signed");
	case FILE_FAILED:
		return msg("paper.failed");
	}
	return "";
}

static const char *component_word(const struct dossier_component *c)
{
	return c->nfiles ? file_word(&c->files[c->nfiles - 1]) : msg(c->declaration ? "paper.writing" : "paper.no-file");
}

/* ---- the list --------------------------------------------------------------------------------------------------------- */
static void compose_declaration(struct wizard *w)
{
	json_t *doc = form_document(w);

	if (!doc)
		return;
	w->declaration_stale = false;
	ask(w, JOB_DOC, 0, "doc.compose", json_pack("{s:o}", "doc", doc), NULL, 0);
}

static struct dossier_component *declaration(struct wizard *w)
{
	for (size_t i = 0; w->dossier && i < w->dossier->ncomponents; i++)
		if (w->dossier->components[i].declaration)
			return &w->dossier->components[i];
	return NULL;
}

static void components_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "component");
	char id[32];

	for (size_t i = 0; w->dossier && i < w->dossier->ncomponents; i++) {
		const struct dossier_component *c = &w->dossier->components[i];
		snprintf(id, sizeof id, "%zu", i);
		AUTO(mem_free) char *label = mem_printf("%s %s", c->ticked ? "[x]" : "[ ]", c->name);
		struct option *o = view_add_option(f, id, label);
		AUTO(mem_free) char *hint = mem_printf("%s%s: %d%s%s", c->required ? msg("paper.required") : "", msg(c->original ? "paper.original" : "paper.copy"), c->count,
		                                       c->nfiles ? " · " : "", c->nfiles ? c->files[c->nfiles - 1].name : "");
		view_set_text(&o->hint, hint);
		view_set_text(&o->mark, component_word(c));
	}
	/* The declaration is written from the answers as soon as they are whole; an old one is replaced (and must be signed anew). */
	struct dossier_component *d = declaration(w);
	if (d && form_pages(w) && (w->declaration_stale || !d->nfiles) && !busy(w))
		compose_declaration(w);
}

static void components_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	struct dossier_component *d = declaration(w);

	(void)verb;
	if (e || !d) {
		if (e)
			say_error(w, e);
		return;
	}
	int fd = job_take_fd(m, 0);
	const char *sha = json_str(m->body, "sha256", "");
	if (fd < 0)
		return;
	while (d->nfiles)
		dossier_drop_file(d, 0);
	const char *name = json_str(w->form, "file", "to-khai.pdf");
	struct dossier_file *f = dossier_add_file(d, name);
	dossier_set_text(&f->sha256, sha);
	f->bytes = json_int(m->body, "bytes", 0);
	f->pages = (int)json_int(m->body, "pages", 1);
	f->state = FILE_ATTACHED;
	hold_file(w, sha, fd);
	save_draft(w);
	stay(w);
}

static void components_chosen(struct wizard *w, const char *field, const char *option)
{
	(void)field;
	if (!*option || !w->dossier)
		return;
	w->component = (size_t)strtoul(option, NULL, 10);
	go(w, &step_component, 0);
}

static void components_submit(struct wizard *w)
{
	AUTO(json_release) json_t *missing = json_array();

	if (!w->dossier || dossier_complete(w->dossier, missing)) {
		go(w, &step_review, 0);
		return;
	}
	AUTO(json_release) json_t *vars = json_object();
	struct buf b = { 0 };
	for (size_t i = 0; i < json_array_size(missing); i++)
		buf_printf(&b, "%s%s", i ? "; " : "", json_string_value(json_array_get(missing, i)));
	AUTO(mem_free) char *what = buf_steal(&b);
	json_put_str(vars, "what", what);
	say_error_id(w, "components.missing", vars);
}

static void components_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "next") == 0)
		components_submit(w);
}

static void components_enter(struct wizard *w)
{
	if (*view_value(w->view, "component"))
		components_chosen(w, "component", view_value(w->view, "component"));
	else
		components_submit(w);
}

const struct step step_components = {
	.id = "components", .show = components_show, .chosen = components_chosen, .submit = components_enter, .action = components_action,
	.after = components_after, .no_check = true, .busy_ok = true,
};

/* ---- one component ----------------------------------------------------------------------------------------------------- */
static void component_options(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "do");
	const struct dossier_component *c = current(w);
	bool has = c->nfiles > 0;

	if (has && c->files[c->nfiles - 1].state != FILE_SIGNED)
		view_add_option(f, "sign", msg("component.sign"));
	if (!c->declaration)
		view_add_option(f, "file", msg(has ? "component.file-other" : "component.file"));
	view_add_option(f, c->original ? "copy" : "original", msg(c->original ? "component.to-copy" : "component.to-original"));
	view_add_option(f, "more", msg("component.more"));
	if (c->count > 1)
		view_add_option(f, "less", msg("component.less"));
	if (!c->required)
		view_add_option(f, c->ticked ? "untick" : "tick", msg(c->ticked ? "component.untick" : "component.tick"));
	if (has && !c->declaration)
		view_add_option(f, "drop", msg("component.drop"));
}

static void component_show(struct wizard *w, struct view *v)
{
	const struct dossier_component *c = current(w);
	struct buf b = { 0 };

	if (!c)
		return;
	view_set_text(&v->title, c->name);
	buf_printf(&b, "%s: %d · %s", msg(c->original ? "paper.original" : "paper.copy"), c->count, component_word(c));
	if (c->nfiles) {
		const struct dossier_file *f = &c->files[c->nfiles - 1];
		buf_printf(&b, "\n%s · %d %s · %lld KB", f->name, f->pages, msg("paper.pages"), (f->bytes + 1023) / 1024);
		if (f->sha256)
			buf_printf(&b, " · SHA-256 %.8s…", f->sha256);
		if (f->signer)
			buf_printf(&b, "\n%s %s, %s (%s)", msg("paper.signed-by"), f->signer, f->signed_at ? f->signed_at : "", f->level ? f->level : "");
	}
	AUTO(mem_free) char *text = buf_steal(&b);
	view_set_text(&v->text, text);
	component_options(w, v);
}

static void component_chosen(struct wizard *w, const char *field, const char *option)
{
	struct dossier_component *c = current(w);

	(void)field;
	if (!c || !*option)
		return;
	if (strcmp(option, "sign") == 0) {
		signing_begin(w);
		return;
	}
	if (strcmp(option, "file") == 0) {
		go(w, &step_file, 0);
		return;
	}
	if (strcmp(option, "copy") == 0 || strcmp(option, "original") == 0)
		c->original = option[0] == 'o';
	else if (strcmp(option, "more") == 0 && c->count < 99)
		c->count++;
	else if (strcmp(option, "less") == 0 && c->count > 1)
		c->count--;
	else if (strcmp(option, "tick") == 0 || strcmp(option, "untick") == 0)
		c->ticked = option[0] == 't';
	else if (strcmp(option, "drop") == 0)
		while (c->nfiles)
			dossier_drop_file(c, 0);
	save_draft(w);
	stay(w);
}

static void component_submit(struct wizard *w)
{
	component_chosen(w, "do", view_value(w->view, "do"));
}

const struct step step_component = {
	.id = "component", .show = component_show, .chosen = component_chosen, .submit = component_submit, .no_check = true,
};

/* ---- Chọn tệp tin -------------------------------------------------------------------------------------------------------- */
static bool wanted_type(const char *name, const char *types)
{
	const char *dot = strrchr(name, '.');
	AUTO(mem_free) char *list = mem_printf(",%s,", types);
	AUTO(mem_free) char *ending = mem_printf(",%s,", dot ? dot + 1 : "");

	for (char *p = ending; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	return dot && dot != name && strstr(list, ending);
}

enum { FILES_SHOWN_MAX = 90, ENTRIES_READ_MAX = 2000 };

struct found {
	char *name;
	time_t changed;
	long long bytes;
};

/* Newest first, as who has just saved a file looks for it; by name where the times are one. */
static int newer(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->changed != y->changed ? (x->changed < y->changed) - (x->changed > y->changed) : strcmp(x->name, y->name);
}

static size_t folder_read(const char *path, const char *types, struct found *out)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	for (int read = 0; d && read < ENTRIES_READ_MAX && (entry = readdir(d)); read++) {
		struct stat st;
		if (entry->d_name[0] == '.' || !wanted_type(entry->d_name, types) ||
		    fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		out[n++] = (struct found){ mem_str(entry->d_name), st.st_mtime, (long long)st.st_size };
	}
	if (d)
		closedir(d);
	qsort(out, n, sizeof *out, newer);
	return n;
}

void files_offer(struct wizard *w, struct view_field *f, const char *types)
{
	const json_t *folders = config_at(w->config, "files");
	struct found *files = mem_array(ENTRIES_READ_MAX, sizeof *files);

	for (size_t i = 0; i < json_array_size(folders); i++) {
		const json_t *folder = json_array_get(folders, i);
		size_t n = folder_read(json_str(folder, "path", ""), types, files);
		for (size_t k = 0; k < n; k++) {
			if (f->noptions < FILES_SHOWN_MAX) {
				AUTO(mem_free) char *id = mem_printf("%zu:%s", i, files[k].name), *name = text_clean(files[k].name, false);
				AUTO(mem_free) char *mark = mem_printf("%lld KB", (files[k].bytes + 1023) / 1024);
				struct option *o = view_add_option(f, id, name);
				view_set_text(&o->mark, mark);
				view_set_text(&o->group, json_str(folder, "name", ""));
			}
			mem_free(&files[k].name);
		}
	}
	mem_free(&files);
}

/* The id came from the list, but a list can be old: no path separators, no links, regular files only. */
int files_open(struct wizard *w, const char *id, struct err *e)
{
	char *name = NULL;
	unsigned long i = strtoul(id, &name, 10);
	const json_t *folder = json_array_get(config_at(w->config, "files"), i);
	struct stat st;

	if (!folder || !name || *name != ':' || strchr(name, '/'))
		return err_set(e, ERR_NO_FILE, "no such choice");
	AUTO(fd_close) int dir = open(json_str(folder, "path", ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* O_NONBLOCK: a pipe put there in place of the file must not hold the screen. */
	AUTO(fd_close) int fd = dir < 0 ? -1 : openat(dir, name + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_NO_FILE, "open: %s", strerror(errno));
	int out = fd;
	fd = -1;
	return out;
}

static void file_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "file");
	AUTO(json_release) json_t *vars = json_object();

	json_put_str(vars, "types", config_str(w->config, "file_types", "pdf"));
	json_put(vars, "mb", json_integer(config_int(w->config, "file_max_mb", 6)));
	AUTO(mem_free) char *text = msg_fill("file.text", vars);
	view_set_text(&v->text, text);
	files_offer(w, f, config_str(w->config, "file_types", "pdf"));
	if (!f->noptions)
		view_set_text(&v->notice, msg("file.none"));
}

static void file_chosen(struct wizard *w, const char *field, const char *option)
{
	struct err e = { 0 };

	(void)field;
	if (!*option)
		return;
	AUTO(fd_close) int fd = files_open(w, option, &e);
	if (fd < 0) {
		say_error(w, &e);
		return;
	}
	const char *colon = strchr(option, ':');
	mem_free(&w->picked_for);
	w->picked_for = text_clean(colon ? colon + 1 : option, false);
	say_notice(w, "file.reading", NULL);
	ask(w, JOB_DOC, 0, "doc.inspect", json_pack("{s:I}", "max_bytes", (json_int_t)config_int(w->config, "file_max_mb", 6) * 1048576), &fd, 1);
}

static void file_submit(struct wizard *w)
{
	file_chosen(w, "file", view_value(w->view, "file"));
}

static void file_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	struct dossier_component *c = current(w);

	(void)verb;
	view_set_text(&w->view->notice, NULL);
	if (e || !c) {
		if (e)
			say_error(w, e);
		return;
	}
	int fd = job_take_fd(m, 0);
	if (fd < 0)
		return;
	while (c->nfiles)
		dossier_drop_file(c, 0);
	struct dossier_file *f = dossier_add_file(c, w->picked_for);
	dossier_set_text(&f->sha256, json_str(m->body, "sha256", ""));
	f->bytes = json_int(m->body, "bytes", 0);
	f->pages = (int)json_int(m->body, "pages", 0);
	f->state = FILE_ATTACHED;
	c->ticked = true;
	hold_file(w, f->sha256, fd);
	if (json_array_size(json_at(m->body, "warnings"))) {
		const char *warning = json_string_value(json_array_get(json_at(m->body, "warnings"), 0));
		AUTO(mem_free) char *id = mem_printf("warn.%s", strncmp(warning, "doc.", 4) == 0 ? warning + 4 : warning);
		w->notice = mem_str(msg(msg_has(id) ? id : "warn.other"));
	}
	go_back(w);
}

const struct step step_file = {
	.id = "file", .show = file_show, .chosen = file_chosen, .submit = file_submit, .after = file_after, .no_check = true,
};
