#include "sandbox/intake.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/bytes.h"

enum { RECORDS_MAX = 20000, DAYS_DEFAULT = 5 };

static void record_free(struct record *rec)
{
	if (!rec)
		return;
	mem_free(&rec->code);
	mem_free(&rec->key);
	json_decref(rec->dossier);
	json_decref(rec->missing);
	free(rec);
}

void intake_clear(struct intake *in)
{
	for (size_t i = 0; i < in->n; i++)
		record_free(in->list[i]);
	mem_free(&in->list);
	mem_free(&in->dir);
}

const char *intake_state_text(enum intake_state s)
{
	switch (s) {
	case INTAKE_NEW: return "Mới đăng ký";
	case INTAKE_ACCEPTED: return "Được tiếp nhận";
	case INTAKE_SUPPLEMENT: return "Yêu cầu bổ sung giấy tờ";
	}
	return "";
}

struct record *intake_find(const struct intake *in, const char *code)
{
	for (size_t i = 0; i < in->n; i++)
		if (!strcmp(in->list[i]->code, code))
			return in->list[i];
	return NULL;
}

static struct record *find_key(const struct intake *in, const char *key)
{
	for (size_t i = 0; i < in->n; i++)
		if (!strcmp(in->list[i]->key, key))
			return in->list[i];
	return NULL;
}

static void add(struct intake *in, struct record *rec)
{
	in->list = mem_grow(in->list, in->n + 1, sizeof(struct record *));
	in->list[in->n++] = rec;
	in->changes++;
}

/* ---- on disk --------------------------------------------------------------------------------------------------------- */
static int keep(const struct record *rec, const char *folder, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/record.json", folder);
	AUTO(mem_free) char *text = NULL;
	json_t *j = json_pack("{s:s, s:s, s:i, s:I, s:I, s:O, s:O}", "code", rec->code, "key", rec->key, "state", (int)rec->state,
		"received", (json_int_t)rec->received, "accepted", (json_int_t)rec->accepted, "missing", rec->missing, "dossier", rec->dossier);

	text = json_dumps(j, JSON_INDENT(1));
	json_decref(j);
	return text ? file_replace(path, text, strlen(text), 0600, e) : err_set(e, ERR_INTERNAL, "writing a record");
}

static void keep_again(const struct intake *in, const struct record *rec)
{
	AUTO(mem_free) char *folder = mem_printf("%s/%s", in->dir, rec->code);

	keep(rec, folder, NULL);
}

static struct record *record_read(const struct intake *in, const char *name)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s/record.json", in->dir, name);
	json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	struct record *rec = mem_alloc(sizeof *rec);

	rec->code = mem_str(call_str(j, "code"));
	rec->key = mem_str(call_str(j, "key"));
	rec->state = (enum intake_state)json_integer_value(json_object_get(j, "state"));
	rec->received = (time_t)json_integer_value(json_object_get(j, "received"));
	rec->accepted = (time_t)json_integer_value(json_object_get(j, "accepted"));
	rec->missing = json_incref(json_object_get(j, "missing"));
	rec->dossier = json_incref(json_object_get(j, "dossier"));
	json_decref(j);
	if (*rec->code && *rec->key && json_is_object(rec->dossier) && *intake_state_text(rec->state))
		return rec;
	record_free(rec);
	return NULL;
}

int intake_init(struct intake *in, const char *data, struct err *e)
{
	static const char pattern[] = "H11.57-{date}-{number}\n";
	AUTO(mem_free) char *pattern_path = mem_printf("%s/portal/code-pattern", data);
	DIR *d;

	*in = (struct intake){ .dir = mem_printf("%s/portal", data) };
	if (file_mkdirs(in->dir, 0700, e) || (access(pattern_path, F_OK) && file_replace(pattern_path, pattern, sizeof pattern - 1, 0644, e)))
		return -1;
	d = opendir(in->dir);
	if (!d)
		return err_set(e, ERR_INTERNAL, "portal: %s", strerror(errno));
	for (struct dirent *f; (f = readdir(d)) && in->n < RECORDS_MAX;) {
		struct record *rec = f->d_name[0] == '.' ? NULL : record_read(in, f->d_name);

		if (rec)
			add(in, rec);
	}
	closedir(d);
	return 0;
}

/* ---- codes ------------------------------------------------------------------------------------------------------------ */
/* Patterns differ by province and year; {date} is YYYYMMDD, {number} six digits within the day. */
static void read_pattern(const struct intake *in, char out[64])
{
	AUTO(mem_free) char *path = mem_printf("%s/code-pattern", in->dir);
	FILE *f = fopen(path, "re");

	out[0] = 0;
	if (f) {
		if (!fgets(out, 64, f))
			out[0] = 0;
		fclose(f);
	}
	out[strcspn(out, "\r\n")] = 0;
	if (!strstr(out, "{number}") || out[0] == '.' || strchr(out, '/'))
		snprintf(out, 64, "H11.57-{date}-{number}");
}

static char *code_fill(const char *pattern, time_t now, int number)
{
	struct tm tm = bytes_vn(now);
	struct buf b = { 0 };

	while (*pattern) {
		if (!strncmp(pattern, "{date}", 6)) {
			buf_printf(&b, "%04d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
			pattern += 6;
		} else if (!strncmp(pattern, "{number}", 8)) {
			buf_printf(&b, "%06d", number);
			pattern += 8;
		} else {
			buf_add(&b, pattern++, 1);
		}
	}
	return buf_steal(&b);
}

static char *code_next(const struct intake *in, time_t now)
{
	char pattern[64];

	read_pattern(in, pattern);
	for (int number = 1;; number++) {
		char *code = code_fill(pattern, now, number);

		if (!intake_find(in, code) || number > RECORDS_MAX)
			return code;
		mem_free(&code);
	}
}

/* ---- answers ---------------------------------------------------------------------------------------------------------- */
static int days_of(const struct record *rec)
{
	json_int_t days = json_integer_value(json_object_get(rec->dossier, "days"));

	return days > 0 && days < 400 ? (int)days : DAYS_DEFAULT;
}

static void due_text(const struct record *rec, time_t from, char out[32])
{
	bytes_rfc3339(due_of(call_str(rec->dossier, "procedure"), days_of(rec), from), out);
}

static json_t *delivered(const struct record *rec)
{
	char received[32], due[32];

	bytes_rfc3339(rec->received, received);
	due_text(rec, rec->received, due);
	return json_pack("{s:s, s:i, s:s, s:s, s:s}", "code", rec->code, "state", (int)rec->state, "state_text",
	                 intake_state_text(rec->state), "received_at", received, "due", due);
}

/* Names of what was handed in, as form 01 lists them. */
static json_t *components(const struct record *rec)
{
	json_t *out = json_array(), *file;
	size_t i;

	json_array_foreach(json_object_get(rec->dossier, "files"), i, file)
		json_array_append_new(out, json_pack("{s:s, s:s, s:i}", "component", call_str(file, "component"), "name", call_str(file, "name"), "copies", 1));
	return out;
}

static json_t *receipt(const struct record *rec)
{
	const char *agency = call_str(rec->dossier, "agency");
	char accepted[32], due[32];

	if (rec->state != INTAKE_ACCEPTED)
		return json_null();
	bytes_rfc3339(rec->accepted, accepted);
	due_text(rec, rec->accepted, due);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "number", rec->code, "accepted_at", accepted, "due", due, "agency",
		*agency ? agency : "UBND phường TEST, tỉnh Điện Biên", "officer", "Bùi Thị Tiếp Nhận (TEST)", "components", components(rec));
}

static json_t *status(const struct record *rec)
{
	char due[32];

	due_text(rec, rec->accepted ? rec->accepted : rec->received, due);
	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:O}", "code", rec->code, "state", (int)rec->state, "state_text",
		intake_state_text(rec->state), "due", due, "receipt", receipt(rec), "missing", rec->missing);
}

/* ---- delivery --------------------------------------------------------------------------------------------------------- */
/* Two components may carry files of one name: a part belongs to the first listed file whose SHA-256 it has. */
static void match_parts(json_t *files, const struct part *parts, int n, const struct part **of)
{
	bool used[INTAKE_FILES_MAX + 1] = { false };
	json_t *file;
	size_t i;

	json_array_foreach(files, i, file) {
		unsigned char want[32], have[32];

		of[i] = NULL;
		for (int k = 0; k < n && !of[i] && bytes_from_hex(call_str(file, "sha256"), want, 32); k++) {
			if (used[k] || strcmp(parts[k].name, "files") || !parts[k].n)
				continue;
			bytes_sha256(parts[k].p, parts[k].n, have);
			if (!memcmp(have, want, 32)) {
				of[i] = &parts[k];
				used[k] = true;
			}
		}
	}
}

/* Names of attachments that are empty, damaged, absent or not listed: a dossier sent back days later because of an empty
 * attachment is what people complain of. */
static json_t *bad_files(const json_t *files, const struct part *const *of, const struct part *parts, int n)
{
	json_t *out = json_array();
	size_t sent = 0;

	for (size_t i = 0; i < json_array_size(files); i++)
		if (!of[i])
			json_array_append_new(out, json_string(call_str(json_array_get(files, i), "name")));
	for (int k = 0; k < n; k++)
		sent += !strcmp(parts[k].name, "files");
	if (sent > json_array_size(files))
		json_array_append_new(out, json_string("files"));
	return out;
}

static const char *what_is_wrong(const struct part *parts, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(parts[i].name, "files") && !parts[i].n)
			return "empty_file";
	return "damaged_file";
}

/* The name on disk is ours; the one that came stays in the record. */
static int write_files(const char *folder, const json_t *dossier, const struct part *const *of, struct err *e)
{
	json_t *file;
	size_t i;

	json_array_foreach(json_object_get(dossier, "files"), i, file) {
		const char *dot = strrchr(call_str(file, "name"), '.');
		bool plain = dot && strlen(dot) <= 5 && strspn(dot + 1, "abcdefghijklmnopqrstuvwxyz") == strlen(dot + 1);
		AUTO(mem_free) char *path = mem_printf("%s/%02zu%s", folder, i + 1, plain ? dot : ".bin");

		if (file_replace(path, of[i]->p, of[i]->n, 0600, e))
			return -1;
	}
	return 0;
}

static void remove_folder(const char *folder)
{
	DIR *d = opendir(folder);

	for (struct dirent *f; d && (f = readdir(d));)
		unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		closedir(d);
	rmdir(folder);
}

/* The rename is the moment of delivery: before it there is no dossier, after it a whole one. */
static int store(const struct intake *in, const struct record *rec, const struct part *const *of, struct err *e)
{
	AUTO(mem_free) char *tmp = mem_printf("%s/.new", in->dir), *final = mem_printf("%s/%s", in->dir, rec->code);

	remove_folder(tmp);
	if (file_mkdirs(tmp, 0700, e) || write_files(tmp, rec->dossier, of, e) || keep(rec, tmp, e) || rename(tmp, final)) {
		remove_folder(tmp);
		return err_set(e, ERR_STORE_GONE, "storing a dossier");
	}
	return 0;
}

static void deliver(struct intake *in, const struct call *c, json_t *dossier, const struct part *parts, int n, struct reply *r)
{
	const struct part *of[INTAKE_FILES_MAX];
	json_t *files = json_object_get(dossier, "files"), *bad;
	struct record *rec;

	if (!json_is_array(files) || json_array_size(files) > INTAKE_FILES_MAX) {
		reply_error(r, 400, "dossier");
		return;
	}
	match_parts(files, parts, n, of);
	bad = bad_files(files, of, parts, n);
	if (json_array_size(bad)) {
		reply_json(r, 422, json_pack("{s:s, s:o}", "error", what_is_wrong(parts, n), "missing", bad));
		return;
	}
	json_decref(bad);
	if (in->n >= RECORDS_MAX) {
		reply_error(r, 503, "full");
		return;
	}
	rec = mem_alloc(sizeof *rec);
	rec->code = code_next(in, c->now);
	rec->key = mem_str(c->idempotency);
	rec->dossier = json_incref(dossier);
	rec->state = INTAKE_NEW;
	rec->received = c->now;
	rec->missing = json_array();
	if (store(in, rec, of, NULL)) {
		record_free(rec);
		reply_error(r, 503, "not_stored");
		return;
	}
	add(in, rec);
	reply_json(r, 201, delivered(rec));
}

static void post(struct intake *in, const struct call *c, struct reply *r)
{
	struct part parts[INTAKE_FILES_MAX + 1];
	const struct part *head = NULL;
	const struct record *known;
	json_t *dossier = NULL;
	int n;

	if (!c->idempotency || !*c->idempotency || strlen(c->idempotency) > INTAKE_KEY_MAX) {
		reply_error(r, 400, "idempotency_key");
		return;
	}
	known = find_key(in, c->idempotency);
	if (known) {
		reply_json(r, 200, delivered(known));
		return;
	}
	n = multipart_parse(c->content_type, c->body, c->n, parts, INTAKE_FILES_MAX + 1);
	for (int i = 0; i < n && !head; i++)
		if (!strcmp(parts[i].name, "dossier"))
			head = &parts[i];
	if (head)
		dossier = json_loadb((const char *)head->p, head->n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(dossier))
		deliver(in, c, dossier, parts, n, r);
	else
		reply_error(r, 400, n < 0 ? "multipart" : "dossier");
	json_decref(dossier);
}

void intake_call(struct intake *in, const struct call *c, struct reply *r)
{
	const char *key = call_under(c, "GET", "/portal/deliveries/"), *code = call_under(c, "GET", "/portal/dossiers/");
	const struct record *rec = key ? find_key(in, key) : code ? intake_find(in, code) : NULL;

	if (call_is(c, "POST", "/portal/dossiers"))
		post(in, c, r);
	else if (!key && !code)
		reply_error(r, 404, "no_such_call");
	else if (!rec)
		reply_error(r, 404, "not_found");
	else
		reply_json(r, 200, key ? delivered(rec) : status(rec));
}

/* ---- the desk --------------------------------------------------------------------------------------------------------- */
bool intake_accept(struct intake *in, struct record *rec, time_t now)
{
	if (rec->state == INTAKE_ACCEPTED)
		return false;
	rec->state = INTAKE_ACCEPTED;
	rec->accepted = now;
	json_array_clear(rec->missing);
	in->changes++;
	keep_again(in, rec);
	return true;
}

bool intake_supplement(struct intake *in, struct record *rec, json_t *missing)
{
	size_t i;
	json_t *one;

	if (rec->state == INTAKE_ACCEPTED)
		return false;
	rec->state = INTAKE_SUPPLEMENT;
	json_array_clear(rec->missing);
	json_array_foreach(missing, i, one)
		if (json_is_string(one) && json_array_size(rec->missing) < INTAKE_FILES_MAX)
			json_array_append(rec->missing, one);
	in->changes++;
	keep_again(in, rec);
	return true;
}
