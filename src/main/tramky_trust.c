/* tramky trust: the anchors of this counter, each with its source, date and fingerprint beside it; several generations stand
 * side by side, and what is removed leaves a trace. Also what was known of a certificate when it signed: show, destroy. */
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "main/commands.h"
#include "screen/screen.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
	"tramky trust list [--json]\n"
	"tramky trust add FILE... --to public|government [--source WHERE]      PEM, DER or p7b\n"
	"tramky trust remove SHA256 [--reason T]                               the fingerprint or its first 8 digits or more\n"
	"tramky trust update [DIR]                                             adds what is new in DIR, else what came with the program\n"
	"tramky trust show --signature SHA256 | forget --signature SHA256      what was known when the file was signed\n";

enum { FILES_MAX = 64 };
static const char *const kinds[] = { "public", "government" };

struct options {
	const char *files[FILES_MAX], *to, *source, *reason, *signature;
	size_t n;
};

static bool take_options(int argc, char **argv, struct options *o)
{
	const struct { const char *name; const char **value; } table[] = {
		{ "--to", &o->to }, { "--source", &o->source }, { "--reason", &o->reason }, { "--signature", &o->signature },
	};

	for (int i = 0; i < argc; i++) {
		size_t k = 0;
		while (k < COUNT(table) && strcmp(argv[i], table[k].name) != 0)
			k++;
		if (k < COUNT(table) && i + 1 < argc)
			*table[k].value = argv[++i];
		else if (argv[i][0] == '-' || o->n == FILES_MAX)
			return false;
		else
			o->files[o->n++] = argv[i];
	}
	return true;
}

/* ---- what is there --------------------------------------------------------------------------------------------------------- */
static json_t *sidecar(const char *pem)
{
	size_t stem = strlen(pem) > 4 && strrchr(pem, '.') ? (size_t)(strrchr(pem, '.') - pem) : strlen(pem);
	AUTO(mem_free) char *base = mem_strn(pem, stem);
	AUTO(mem_free) char *path = mem_printf("%s.json", base);
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO(buf_free) struct buf b = { 0 };
	json_t *j = fd >= 0 && fd_read_all(fd, &b, 65536, NULL) == 0 ? json_parse(b.p, b.n, 65536, NULL) : NULL;

	return json_is_object(j) ? j : json_object();
}

/* Certificates of one file, read by the doc job: this process parses nothing that came from outside. */
static json_t *certificates(const struct command_env *env, const char *path, struct err *e)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(json_release) json_t *none = json_object();
	AUTO(job_message_clear) struct job_message m = { 0 };

	if (fd < 0) {
		err_set(e, ERR_NO_FILE, "open: %s", strerror(errno));
		return NULL;
	}
	if (job_run(env->config, JOB_DOC, 0, "doc.anchors", none, &fd, 1, &m, NULL, NULL, e) < 0)
		return NULL;
	return json_incref(json_at(m.body, "files.0"));
}

static void add_file(const struct command_env *env, json_t *list, const char *kind, const char *path)
{
	struct err e = { 0 };
	AUTO(json_release) json_t *certs = certificates(env, path, &e), *beside = sidecar(path);

	for (size_t i = 0; i < json_array_size(certs); i++) {
		json_t *one = json_array_get(certs, i);
		json_put_str(one, "kind", kind);
		json_put_str(one, "path", path);
		json_put_str(one, "source", json_str(beside, "source", ""));
		json_put_str(one, "added", json_str(beside, "added", ""));
		json_put_str(one, "note", json_str(beside, "note", ""));
		json_array_append(list, one);
	}
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return d->d_name[0] != '.' && !(n > 5 && strcmp(d->d_name + n - 5, ".json") == 0);
}

/* [{sha256,der,root,certificate,kind,path,source,added,note}] of DIR/KIND. */
static void add_folder(const struct command_env *env, json_t *list, const char *dir, const char *kind)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", dir, kind);
	struct dirent **names = NULL;
	int n = scandir(path, &names, visible, by_name);

	for (int i = 0; i < n; i++) {
		AUTO(mem_free) char *file = mem_printf("%s/%s", path, names[i]->d_name);
		add_file(env, list, kind, file);
		free(names[i]);
	}
	free(names);
}

static json_t *all_of(const struct command_env *env, const char *dir)
{
	json_t *list = json_array();

	for (size_t k = 0; k < COUNT(kinds); k++)
		add_folder(env, list, dir, kinds[k]);
	return list;
}

static const json_t *find(const json_t *list, const char *sha256)
{
	size_t n = strlen(sha256);

	for (size_t i = 0; n >= 8 && i < json_array_size(list); i++)
		if (strncasecmp(json_str(json_array_get(list, i), "sha256", ""), sha256, n) == 0)
			return json_array_get(list, i);
	return NULL;
}

/* ---- list ---------------------------------------------------------------------------------------------------------------------- */
static void print_json(json_t *one)
{
	AUTO(json_release) json_t *copy = json_deep_copy(one);

	json_object_del(copy, "der");
	AUTO(mem_free) char *text = json_text(copy);
	puts(text);
}

static int list(const struct command_env *env, const char *dir)
{
	AUTO(json_release) json_t *all = all_of(env, dir);

	for (size_t i = 0; i < json_array_size(all); i++) {
		json_t *a = json_array_get(all, i);
		if (env->json) {
			print_json(a);
			continue;
		}
		AUTO(mem_free) char *name = text_clean(json_str(a, "certificate.name", ""), false);
		AUTO(mem_free) char *id = mem_printf("trust.%s", json_str(a, "kind", ""));
		printf("%s  %s  %s\n    %.10s - %.10s  %s\n    SHA-256 %s\n", msg(id), msg(json_is(a, "root") ? "trust.root" : "trust.issuing"), name,
		       json_str(a, "certificate.valid_from", ""), json_str(a, "certificate.valid_to", ""), json_str(a, "source", ""), json_str(a, "sha256", ""));
	}
	return 0;
}

/* ---- add ----------------------------------------------------------------------------------------------------------------------- */
static char *pem_of(const char *base64)
{
	struct buf b = { 0 };
	size_t n = strlen(base64);

	buf_str(&b, "-----BEGIN CERTIFICATE-----\n");
	for (size_t at = 0; at < n; at += 64) {
		buf_add(&b, base64 + at, n - at < 64 ? n - at : 64);
		buf_str(&b, "\n");
	}
	buf_str(&b, "-----END CERTIFICATE-----\n");
	return buf_steal(&b);
}

/* The note first: a note without its certificate is nothing, a certificate without a note would be one of unknown origin. */
static int put(const char *dir, const char *kind, const json_t *cert, const char *source, const char *note, struct err *e)
{
	const char *sha256 = json_str(cert, "sha256", "");
	AUTO(mem_free) char *folder = mem_printf("%s/%s", dir, kind);
	AUTO(mem_free) char *pem = mem_printf("%s/%.16s.pem", folder, sha256), *beside = mem_printf("%s/%.16s.json", folder, sha256);
	AUTO(mem_free) char *text = pem_of(json_str(cert, "der", ""));
	char at[32];

	clock_rfc3339(clock_now(), at);
	AUTO(json_release) json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", json_str(cert, "certificate.name", ""), "sha256", sha256, "source", source,
	                                         "note", note, "added", at);
	AUTO(mem_free) char *words = json_text(j);
	if (file_mkdirs(folder, 0755, e) < 0 || file_replace(beside, words, strlen(words), 0644, e) < 0)
		return -1;
	return file_replace(pem, text, strlen(text), 0644, e);
}

static int there_already(struct err *e, const json_t *cert)
{
	err_set(e, ERR_REJECTED, "%.16s is there", json_str(cert, "sha256", ""));
	return err_reason(e, "trust.there-already");
}

static int add_certs(const struct command_env *env, const char *dir, const json_t *certs, const struct options *o, struct err *e)
{
	AUTO(json_release) json_t *all = all_of(env, dir);

	if (!json_array_size(certs))
		return err_set(e, ERR_FILE_TYPE, "no certificate in it");
	for (size_t i = 0; i < json_array_size(certs); i++)
		if (find(all, json_str(json_array_get(certs, i), "sha256", "")))
			return there_already(e, json_array_get(certs, i));
	for (size_t i = 0; i < json_array_size(certs); i++) {
		const json_t *one = json_array_get(certs, i);
		if (put(dir, o->to, one, o->source ? o->source : "", "", e) < 0)
			return -1;
		AUTO(mem_free) char *name = text_clean(json_str(one, "certificate.name", ""), false);
		printf("%s: %s\n    SHA-256 %s\n", msg("trust.added"), name, json_str(one, "sha256", ""));
	}
	return 0;
}

static int add(const struct command_env *env, const char *dir, const struct options *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct err e = { 0 };
		AUTO(json_release) json_t *certs = certificates(env, o->files[i], &e);
		if (!certs || add_certs(env, dir, certs, o, &e) < 0)
			return command_failed(env, &e);
	}
	fprintf(stderr, "tramky: %s\n", msg("trust.compare"));
	return 0;
}

/* ---- remove: the file goes to DIR/removed, with the day and the reason ---------------------------------------------------------- */
static int set_aside(const char *dir, const json_t *a, const char *reason, struct err *e)
{
	const char *sha256 = json_str(a, "sha256", ""), *path = json_str(a, "path", "");
	AUTO(mem_free) char *folder = mem_printf("%s/removed", dir);
	AUTO(mem_free) char *pem = mem_printf("%s/%.16s.pem", folder, sha256), *beside = mem_printf("%s/%.16s.json", folder, sha256);
	AUTO(mem_free) char *text = pem_of(json_str(a, "der", ""));
	AUTO(mem_free) char *stem = mem_strn(path, strrchr(path, '.') ? (size_t)(strrchr(path, '.') - path) : strlen(path));
	AUTO(mem_free) char *old = mem_printf("%s.json", stem);
	char at[32];

	clock_rfc3339(clock_now(), at);
	AUTO(json_release) json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "name", json_str(a, "certificate.name", ""), "sha256", sha256, "kind",
		json_str(a, "kind", ""), "source", json_str(a, "source", ""), "added", json_str(a, "added", ""), "removed", at, "reason", reason);
	AUTO(mem_free) char *words = json_text(j);
	if (file_mkdirs(folder, 0755, e) < 0 || file_replace(beside, words, strlen(words), 0644, e) < 0 ||
	    file_replace(pem, text, strlen(text), 0644, e) < 0)
		return -1;
	if (unlink(path) < 0)
		return err_set(e, ERR_CONFIG, "unlink: %s", strerror(errno));
	unlink(old);
	return 0;
}

static int remove_one(const struct command_env *env, const char *dir, const struct options *o)
{
	AUTO(json_release) json_t *all = all_of(env, dir);
	const json_t *a = find(all, o->files[0]);
	struct err e = { 0 };
	size_t same = 0;

	for (size_t i = 0; a && i < json_array_size(all); i++) {
		const json_t *other = json_array_get(all, i);
		same += strcmp(json_str(other, "path", ""), json_str(a, "path", "")) == 0 ||
		        strncasecmp(json_str(other, "sha256", ""), o->files[0], strlen(o->files[0])) == 0;
	}
	if (!a || same > 1) {
		err_set(&e, ERR_NOT_FOUND, "%s", a ? "more than one certificate fits, or its file holds others" : "no such fingerprint");
		return command_failed(env, &e);
	}
	if (set_aside(dir, a, o->reason ? o->reason : "", &e) < 0)
		return command_failed(env, &e);
	AUTO(mem_free) char *name = text_clean(json_str(a, "certificate.name", ""), false);
	printf("%s: %s\n    SHA-256 %s\n", msg("trust.removed"), name, json_str(a, "sha256", ""));
	return 0;
}

/* ---- update: new generations come in, old ones stay, what was removed by hand stays removed --------------------------------------- */
static int update(const struct command_env *env, const char *dir, const struct options *o)
{
	AUTO(mem_free) char *shipped = path_share("trust");
	const char *from = o->n ? o->files[0] : shipped;
	AUTO(json_release) json_t *all = all_of(env, dir), *gone = json_array(), *offered = from ? all_of(env, from) : NULL;
	struct err e = { 0 };
	int added = 0;

	add_folder(env, gone, dir, "removed");
	if (!json_array_size(offered)) {
		err_set(&e, ERR_NO_FILE, "no certificates under public/ or government/");
		return command_failed(env, &e);
	}
	for (size_t i = 0; i < json_array_size(offered); i++) {
		const json_t *one = json_array_get(offered, i);
		const char *sha256 = json_str(one, "sha256", "");
		if (find(all, sha256) || find(gone, sha256))
			continue;
		if (put(dir, json_str(one, "kind", ""), one, json_str(one, "source", ""), json_str(one, "note", ""), &e) < 0)
			return command_failed(env, &e);
		AUTO(mem_free) char *name = text_clean(json_str(one, "certificate.name", ""), false);
		printf("%s: %s\n    SHA-256 %s\n", msg("trust.added"), name, sha256);
		added++;
	}
	printf("%d\n", added);
	return 0;
}

/* ---- what was known of a certificate (circular 15/2025 LS12, LV7) ------------------------------------------------------------------ */
static int evidence(const struct command_env *env, const char *sha256, bool forget)
{
	AUTO(json_release) json_t *args = json_pack("{s:s}", "key", sha256);
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };

	if (job_run(env->config, JOB_STORE, 0, forget ? "evidence.forget" : "evidence.show", args, NULL, 0, &m, NULL, NULL, &e) < 0)
		return command_failed(env, &e);
	if (forget) {
		puts(msg("trust.forgotten"));
		return 0;
	}
	if (!json_at(m.body, "kept.0")) {
		err_set(&e, ERR_NOT_FOUND, "nothing is kept for this file");
		return command_failed(env, &e);
	}
	AUTO(mem_free) char *text = json_text(json_at(m.body, "kept.0"));
	puts(text);
	return 0;
}

int cmd_trust(int argc, char **argv, const struct command_env *env)
{
	struct options o = { 0 };
	const char *verb = argc > 1 ? argv[1] : "";
	AUTO(mem_free) char *dir = config_path(env->config, "trust");
	struct err e = { 0 };

	if (argc < 2 || !take_options(argc - 2, argv + 2, &o))
		return command_usage(usage);
	if (!dir) {
		err_set(&e, ERR_CONFIG, "the configuration names no trust folder");
		return command_failed(env, &e);
	}
	if (strcmp(verb, "list") == 0 && !o.n)
		return list(env, dir);
	if (strcmp(verb, "add") == 0 && o.n && o.to && (strcmp(o.to, kinds[0]) == 0 || strcmp(o.to, kinds[1]) == 0))
		return add(env, dir, &o);
	if (strcmp(verb, "remove") == 0 && o.n == 1)
		return remove_one(env, dir, &o);
	if (strcmp(verb, "update") == 0 && o.n <= 1)
		return update(env, dir, &o);
	if ((strcmp(verb, "show") == 0 || strcmp(verb, "forget") == 0) && o.signature && !o.n)
		return evidence(env, o.signature, strcmp(verb, "forget") == 0);
	return command_usage(usage);
}
