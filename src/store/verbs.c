#include "store/verbs.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* Open for the life of the helper; tried again at the next request when it failed (a disk may come back). */
static struct store *opened;

static struct store *store_of(struct job_call *call, struct err *e)
{
	AUTO(seal_key_wipe) struct seal_key key = { 0 };
	const char *dir = opened ? NULL : config_data_dir(call->config, e);

	if (opened)
		return opened;
	if (!dir || seal_key_load(&key, dir, e) < 0 || store_open(&opened, dir, &key, e) < 0)
		return NULL;
	return opened;
}

static const char *need(struct job_call *call, const char *name, struct err *e)
{
	const char *s = json_str(call->args, name, NULL);

	if (!s || !*s)
		err_set(e, ERR_USAGE, "argument %s is missing", name);
	return s && *s ? s : NULL;
}

/* `files` (names) with the descriptors of the call, one for one. */
static int named_files(struct job_call *call, struct store_file out[JOB_FDS_MAX], struct err *e)
{
	const json_t *names = json_at(call->args, "files");

	if (json_array_size(names) != call->nfds)
		return err_set(e, ERR_USAGE, "%zu names for %zu files", json_array_size(names), call->nfds);
	for (size_t i = 0; i < call->nfds; i++) {
		out[i] = (struct store_file){ .name = json_string_value(json_array_get(names, i)), .fd = call->fds[i] };
		if (!out[i].name)
			return err_set(e, ERR_USAGE, "the name of file %zu is no text", i);
	}
	return 0;
}

static int give_loaded(struct job_call *call, struct store_loaded *l, struct err *e)
{
	for (size_t i = 0; i < l->nfds; i++)
		if (call_give_fd(call, l->fds[i]) < 0)
			return err_set(e, ERR_FILE_TOO_BIG, "%zu files in one answer", l->nfds);
	json_object_set(call->result, "body", l->body);
	json_object_set(call->result, "files", l->names);
	return 0;
}

static int draft_save(struct job_call *call, struct err *e)
{
	struct store_file files[JOB_FDS_MAX];
	struct store *s = store_of(call, e);
	struct store_draft d = { .person = need(call, "person", e), .draft = need(call, "draft", e), .files = files };
	time_t at;
	char when[32];

	if (!s || !d.person || !d.draft || named_files(call, files, e) < 0)
		return -1;
	d.title = json_str(call->args, "title", "");
	d.pending = json_is(call->args, "pending");
	d.body = json_at(call->args, "body");
	d.drop = json_at(call->args, "drop");
	d.nfiles = call->nfds;
	if (store_draft_save(s, &d, &at, e) < 0)
		return -1;
	clock_rfc3339(at, when);
	json_put_str(call->result, "saved_at", when);
	return 0;
}

static int draft_list(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	const char *person = need(call, "person", e);
	json_t *list = s && person ? store_draft_list(s, person, e) : NULL;

	if (!list)
		return -1;
	json_put(call->result, "drafts", list);
	return 0;
}

static int draft_load(struct job_call *call, struct err *e)
{
	AUTO(store_loaded_release) struct store_loaded l = { 0 };
	struct store *s = store_of(call, e);
	const char *person = need(call, "person", e), *draft = need(call, "draft", e);
	long long skip = json_int(call->args, "skip", 0);

	if (!s || !person || !draft)
		return -1;
	if (store_draft_load(s, person, draft, skip > 0 ? (size_t)skip : 0, JOB_FDS_MAX, &l, e) < 0)
		return -1;
	json_put(call->result, "total", json_integer((json_int_t)l.total));
	return give_loaded(call, &l, e);
}

static int draft_drop(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	const char *person = need(call, "person", e), *draft = need(call, "draft", e);

	return s && person && draft ? store_draft_drop(s, person, draft, e) : -1;
}

static int outbox_add(struct job_call *call, struct err *e)
{
	struct store_file files[JOB_FDS_MAX];
	struct store *s = store_of(call, e);
	const char *key = need(call, "key", e);
	int64_t row;

	if (!s || !key || named_files(call, files, e) < 0)
		return -1;
	if (store_outbox_add(s, key, json_at(call->args, "body"), files, call->nfds, &row, e) < 0)
		return -1;
	json_put(call->result, "row", json_integer(row));
	return 0;
}

static int outbox_list(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	json_t *list = s ? store_outbox_list(s, e) : NULL;

	if (!list)
		return -1;
	json_put(call->result, "waiting", list);
	return 0;
}

static int outbox_load(struct job_call *call, struct err *e)
{
	AUTO(store_loaded_release) struct store_loaded l = { 0 };
	struct store *s = store_of(call, e);
	const char *key = need(call, "key", e);

	if (!s || !key || store_outbox_load(s, key, &l, e) < 0)
		return -1;
	return give_loaded(call, &l, e);
}

static int outbox_sent(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	const char *key = need(call, "key", e);

	return s && key ? store_outbox_sent(s, key, json_str(call->args, "code", ""), e) : -1;
}

static int outbox_withdraw(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	const char *key = need(call, "key", e);

	return s && key ? store_outbox_withdraw(s, key, e) : -1;
}

static int outbox_failed(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	const char *key = need(call, "key", e);
	long again = (long)json_int(call->args, "again_in", 0);

	return s && key ? store_outbox_failed(s, key, json_str(call->args, "reason", ""), again, e) : -1;
}

static int history_add(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	int64_t row;

	if (!s || store_history_add(s, json_at(call->args, "entry"), &row, e) < 0)
		return -1;
	json_put(call->result, "row", json_integer(row));
	return 0;
}

static int history_list(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	json_t *list = s ? store_history_list(s, json_str(call->args, "dossier", NULL), e) : NULL;

	if (!list)
		return -1;
	json_put(call->result, "entries", list);
	return 0;
}

static int history_verify(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	int64_t rows, at;

	if (!s || store_history_verify(s, &rows, &at, e) < 0)
		return -1;
	json_put(call->result, "rows", json_integer(rows));
	return 0;
}

/* ---- notes: completion.*, evidence.* --------------------------------------------------------------------------------- */
static int keep_note(struct job_call *call, const char *kind, struct err *e)
{
	struct store *s = store_of(call, e);
	const char *key = need(call, "key", e);

	return s && key ? store_keep(s, kind, key, json_at(call->args, "body"), e) : -1;
}

static int list_notes(struct job_call *call, const char *kind, struct err *e)
{
	struct store *s = store_of(call, e);
	json_t *list = s ? store_kept(s, kind, json_str(call->args, "key", NULL), e) : NULL;

	if (!list)
		return -1;
	json_put(call->result, "kept", list);
	return 0;
}

static int forget_note(struct job_call *call, const char *kind, struct err *e)
{
	struct store *s = store_of(call, e);
	const char *key = need(call, "key", e);

	return s && key ? store_forget(s, kind, key, e) : -1;
}

static int completion_add(struct job_call *call, struct err *e) { return keep_note(call, "completion", e); }
static int completion_list(struct job_call *call, struct err *e) { return list_notes(call, "completion", e); }
static int completion_done(struct job_call *call, struct err *e) { return forget_note(call, "completion", e); }
static int evidence_keep(struct job_call *call, struct err *e) { return keep_note(call, "evidence", e); }
static int evidence_show(struct job_call *call, struct err *e) { return list_notes(call, "evidence", e); }
static int evidence_forget(struct job_call *call, struct err *e) { return forget_note(call, "evidence", e); }

static int ping(struct job_call *call, struct err *e)
{
	struct store *s = store_of(call, e);
	int64_t rows = s ? store_rows(s, e) : -1;

	if (rows < 0)
		return -1;
	json_put(call->result, "rows", json_integer(rows));
	return 0;
}

const struct job_verb store_verbs[] = {
	{ "draft.save", draft_save }, { "draft.list", draft_list }, { "draft.load", draft_load }, { "draft.drop", draft_drop },
	{ "outbox.add", outbox_add }, { "outbox.list", outbox_list }, { "outbox.load", outbox_load },
	{ "outbox.sent", outbox_sent }, { "outbox.failed", outbox_failed }, { "outbox.withdraw", outbox_withdraw },
	{ "history.add", history_add }, { "history.list", history_list }, { "history.verify", history_verify },
	{ "completion.add", completion_add }, { "completion.list", completion_list }, { "completion.done", completion_done },
	{ "evidence.keep", evidence_keep }, { "evidence.show", evidence_show }, { "evidence.forget", evidence_forget },
	{ "store.ping", ping },
};
const size_t store_verb_count = COUNT(store_verbs);
