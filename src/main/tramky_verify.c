/* tramky verify: a verdict a file, one JSON object a line or plain words. Revocation answers that the verdict still needs are
 * fetched by the net job and judged again, unless --offline. */
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "main/verify_sheet.h"
#include "screen/screen.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANCHOR_FILES = 512, ANCHOR_BYTES = 1 << 20 };

static const char usage[] = "tramky verify FILE... [--trust DIR] [--at-time RFC3339] [--offline] [--sheet F.pdf] [--revision N -o F] [--json]\n";

struct options {
	const char *files[64], *trust, *at, *revision, *out, *sheet;
	size_t n;
	bool offline;
};

/* By the file, not by its name: a sheet in the place of the signed file would destroy what it speaks of. */
static bool is_input(const struct options *o, const char *path)
{
	struct stat a, b;

	for (size_t i = 0; i < o->n; i++)
		if (stat(path, &a) == 0 && stat(o->files[i], &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
			return true;
	return false;
}

static bool take_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "--trust") == 0      ? &o->trust
		                     : strcmp(argv[i], "--at-time") == 0  ? &o->at
		                     : strcmp(argv[i], "--revision") == 0 ? &o->revision
		                     : strcmp(argv[i], "--sheet") == 0    ? &o->sheet
		                     : strcmp(argv[i], "-o") == 0         ? &o->out
		                                                          : NULL;
		time_t t;
		if (value) {
			if (i + 1 >= argc)
				return false;
			*value = argv[++i];
		} else if (strcmp(argv[i], "--offline") == 0) {
			o->offline = true;
		} else if (argv[i][0] == '-' || o->n == COUNT(o->files)) {
			return false;
		} else {
			o->files[o->n++] = argv[i];
		}
		if (o->at && !clock_parse(o->at, &t))
			return false;
	}
	if (o->trust && access(o->trust, R_OK) != 0)
		return false;
	if (o->sheet && (o->revision || is_input(o, o->sheet)))
		return false;
	return o->n > 0 && (!o->revision || (o->out && o->n == 1));
}

static json_t *fetch_needs(const struct command_env *env, const json_t *needs)
{
	json_t *answers = json_array();

	for (size_t i = 0; i < json_array_size(needs) && i < 16; i++) {
		const json_t *need = json_array_get(needs, i);
		const bool ocsp = strcmp(json_str(need, "kind", ""), "ocsp") == 0;
		AUTO(json_release) json_t *args = json_object();
		AUTO(job_message_clear) struct job_message m = { 0 };
		json_put_str(args, ocsp ? "ocsp_url" : "crl_url", json_str(need, "url", ""));
		if (ocsp)
			json_put_str(args, "ocsp_request", json_str(need, "request", ""));
		if (job_run(env->config, JOB_NET, 0, "revocation.fetch", args, NULL, 0, &m, NULL, NULL, &m.err) == 0 &&
		    json_str(m.body, ocsp ? "ocsp" : "crl", NULL))
			json_array_append_new(answers, json_pack("{s:s,s:s}", "kind", ocsp ? "ocsp" : "crl", "bytes", json_str(m.body, ocsp ? "ocsp" : "crl", "")));
	}
	return answers;
}

/* The doc job reads no folders: what lies in DIR, DIR/public and DIR/government goes along with the question. */
static void add_anchors(json_t *list, const char *dir, bool government)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)) && json_array_size(list) < ANCHOR_FILES) {
		AUTO(fd_close) int fd = openat(dirfd(d), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		AUTO(buf_free) struct buf b = { 0 };
		struct stat st;
		if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fd_read_all(fd, &b, ANCHOR_BYTES, NULL) < 0)
			continue;
		AUTO(mem_free) char *text = base64_text(b.p, b.n);
		json_array_append_new(list, json_pack("{s:s,s:b}", "bytes", text, "government", government));
	}
	if (d)
		closedir(d);
}

static json_t *anchors_in(const char *dir)
{
	AUTO(mem_free) char *public = mem_printf("%s/public", dir);
	AUTO(mem_free) char *government = mem_printf("%s/government", dir);
	json_t *list = json_array();

	add_anchors(list, public, false);
	add_anchors(list, government, true);
	add_anchors(list, dir, false);
	return list;
}

static json_t *judge(const struct command_env *env, const struct options *o, int fd, json_t *answers, struct err *e)
{
	AUTO(json_release) json_t *args = json_object();
	AUTO(job_message_clear) struct job_message m = { 0 };

	if (o->at)
		json_put_str(args, "at", o->at);
	if (o->trust)
		json_put(args, "anchors", anchors_in(o->trust));
	if (answers)
		json_put(args, "answers", answers);
	if (job_run(env->config, JOB_DOC, 0, "doc.verify", args, &fd, 1, &m, NULL, NULL, e) < 0)
		return NULL;
	return json_incref(m.body);
}

static void print_warning(const json_t *w)
{
	const json_t *pages = json_at(w, "pages");
	AUTO(mem_free) char *id = mem_printf("verify.%s", json_str(w, "id", ""));

	printf("  ! %s (%s", msg(id), id + 7);
	for (size_t i = 0; i < json_array_size(pages); i++)
		printf("%s%lld", i ? ", " : ": ", (long long)json_integer_value(json_array_get(pages, i)));
	puts(")");
}

static void print_words(const char *file, const json_t *r)
{
	const json_t *list = json_at(r, "signatures"), *warnings = json_at(r, "warnings");

	printf("%s: %s (%s)\n", file, verify_word(json_str(r, "verdict", "")), json_str(r, "verdict", ""));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *s = json_array_get(list, i), *why = json_at(s, "reasons");
		printf("  %zu. %s, %s: %s, %s\n", i + 1, json_str(s, "signer.name", "?"), json_str(s, "signing_time", "?"), verify_word(json_str(s, "verdict", "")),
		       msg(json_is(s, "covers_whole_file") ? "verdict.covers" : "verdict.covers-part"));
		for (size_t k = 0; k < json_array_size(why); k++) {
			AUTO(mem_free) char *id = mem_printf("verify.%s", json_string_value(json_array_get(why, k)));
			printf("     - %s (%s)\n", msg(id), id + 7);
		}
	}
	for (size_t i = 0; i < json_array_size(warnings); i++)
		print_warning(json_array_get(warnings, i));
}

static int verdict_code(const char *v)
{
	if (strcmp(v, "valid") == 0)
		return 0;
	return strcmp(v, "invalid") == 0 || strcmp(v, "unsigned") == 0 ? 1 : 8;
}

/* *unread is set when there is no verdict: then there is no sheet. */
static int one_file(const struct command_env *env, const struct options *o, const char *file, struct verify_sheet *sheet, bool *unread)
{
	struct err e = { 0 };
	AUTO(fd_close) int fd = open(file, O_RDONLY | O_CLOEXEC);

	*unread = true;
	if (fd < 0) {
		err_set(&e, ERR_NO_FILE, "%s", strerror(errno));
		return command_failed(env, &e);
	}
	AUTO(json_release) json_t *r = judge(env, o, fd, NULL, &e);
	if (r && !o->offline && env->config && json_array_size(json_at(r, "needs"))) {
		json_t *answers = fetch_needs(env, json_at(r, "needs"));
		json_t *again = judge(env, o, fd, answers, &e);
		if (again) {
			json_decref(r);
			r = again;
		}
	}
	if (!r)
		return command_failed(env, &e);
	json_object_del(r, "needs");
	if (sheet->path && verify_sheet_add(sheet, file, fd, r, &e) < 0)
		return command_failed(env, &e);
	*unread = false;
	if (env->json) {
		AUTO(json_release) json_t *out = json_pack("{s:s}", "file", file);
		json_object_update(out, r);
		AUTO(mem_free) char *text = json_text(out);
		puts(text);
	} else {
		AUTO(mem_free) char *clean = text_clean(file, false);
		print_words(clean, r);
	}
	return verdict_code(json_str(r, "verdict", "inconclusive"));
}

static int give_revision(const struct command_env *env, const struct options *o)
{
	struct err e = { 0 };
	AUTO(fd_close) int fd = open(o->files[0], O_RDONLY | O_CLOEXEC);
	AUTO(json_release) json_t *args = json_pack("{s:I}", "revision", (json_int_t)strtol(o->revision, NULL, 10));
	AUTO(job_message_clear) struct job_message m = { 0 };

	if (fd < 0)
		err_set(&e, ERR_NO_FILE, "%s", strerror(errno));
	else if (job_run(env->config, JOB_DOC, 0, "doc.revision", args, &fd, 1, &m, NULL, NULL, &e) == 0) {
		AUTO(fd_close) int got = job_take_fd(&m, 0);
		if (file_replace_fd(o->out, got, 0644, &e) == 0)
			return 0;
	}
	return command_failed(env, &e);
}

/* Worst code of all files: our own faults, a wrong configuration and unusable input, then 1 (no). */
static int worse(int a, int b)
{
	static const int order[] = { 70, 2, 3, 1, 7, 6, 8, 0 };

	for (size_t i = 0; i < COUNT(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a > b ? a : b;
}

int cmd_verify(int argc, char **argv, const struct command_env *env)
{
	struct options o = { 0 };
	AUTO(verify_sheet_clear) struct verify_sheet sheet = { 0 };
	bool unread, whole = true;
	struct err e = { 0 };
	int code = 0;

	if (!take_options(argc, argv, &o))
		return command_usage(usage);
	if (o.revision)
		return give_revision(env, &o);
	sheet.path = o.sheet;
	for (size_t i = 0; i < o.n; i++) {
		code = worse(code, one_file(env, &o, o.files[i], &sheet, &unread));
		whole &= !unread;
		fflush(stdout);
	}
	if (o.sheet && whole && verify_sheet_write(&sheet, env, &e) < 0)
		return worse(code, command_failed(env, &e));
	return code;
}
