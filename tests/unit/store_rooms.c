/* Drafts, outbox and history as promised in store/store.h, and what an enemy with the disk in his hands can do (JN3). */
#include "store_world.h"

#include <sys/stat.h>

/* ---- drafts --------------------------------------------------------------------------------------------------------- */

static void a_draft_comes_back_whole(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(buf_free) struct buf text = { 0 };
	struct err e = { 0 };
	assert_int_equal(world_save(s, "d1", 1, "first paper", &e), 0);
	assert_int_equal(world_save(s, "d1", 2, NULL, &e), 0);
	store_close(STEAL(&s));
	s = world_open();
	assert_int_equal(world_load(s, "d1", &text, &e), 2);
	assert_string_equal(text.p, "first paper");
}

static void a_file_of_the_same_name_is_replaced(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(buf_free) struct buf text = { 0 };
	struct err e = { 0 };
	assert_int_equal(world_save(s, "d1", 1, "old", &e), 0);
	assert_int_equal(world_save(s, "d1", 2, "new", &e), 0);
	assert_int_equal(world_load(s, "d1", &text, &e), 2);
	assert_string_equal(text.p, "new");
	assert_int_equal(world_count_files(), 1);
}

static void dropped_files_leave_the_disk(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(json_release) json_t *body = json_object();
	AUTO(json_release) json_t *drop = json_pack("[s]", "a");
	AUTO(fd_close) int fd = world_file("x", 1);
	struct store_file two[] = { { "a", fd }, { "b", fd } };
	struct store_draft d = { .person = PERSON, .draft = "d", .body = body, .files = two, .nfiles = 2 };
	struct err e = { 0 };
	time_t at;
	assert_int_equal(store_draft_save(s, &d, &at, &e), 0);
	d.nfiles = 0;
	d.drop = drop;
	assert_int_equal(store_draft_save(s, &d, &at, &e), 0);
	assert_int_equal(world_count_files(), 1);
	AUTO(store_loaded_release) struct store_loaded l = { 0 };
	assert_int_equal(store_draft_load(s, PERSON, "d", 0, 16, &l, &e), 0);
	assert_int_equal(l.total, 1);
	assert_string_equal(json_string_value(json_array_get(l.names, 0)), "b");
	assert_int_equal(store_draft_drop(s, PERSON, "d", &e), 0);
	assert_int_equal(store_draft_drop(s, PERSON, "d", &e), 0);
	assert_int_equal(world_count_files(), 0);
	assert_int_equal(world_load(s, "d", NULL, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

static void a_neighbour_sees_nothing(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(store_loaded_release) struct store_loaded l = { 0 };
	struct err e = { 0 };
	assert_int_equal(world_save(s, "d1", 1, NULL, &e), 0);
	AUTO(json_release) json_t *own = store_draft_list(s, PERSON, &e);
	AUTO(json_release) json_t *other = store_draft_list(s, NEIGHBOUR, &e);
	assert_int_equal(json_array_size(own), 1);
	assert_string_equal(json_str(own, "0.title", ""), "Khai sinh");
	assert_int_equal(json_array_size(other), 0);
	assert_int_equal(store_draft_load(s, NEIGHBOUR, "d1", 0, 16, &l, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_int_equal(store_draft_drop(s, NEIGHBOUR, "d1", &e), 0);
	assert_int_equal(world_load(s, "d1", NULL, &e), 1);
}

static void nothing_readable_lies_on_the_disk(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(json_release) json_t *body = json_pack("{s:s}", "name", "Nguyen Thi Vi Du");
	AUTO(fd_close) int fd = world_file("text of Nguyen Thi Vi Du", 24);
	struct store_file f = { .name = "Nguyen Thi Vi Du.pdf", .fd = fd };
	struct store_draft d = { .person = PERSON, .draft = "d", .title = "Nguyen Thi Vi Du", .body = body, .files = &f, .nfiles = 1 };
	AUTO(json_release) json_t *entry = json_pack("{s:s,s:s}", "dossier", "h", "signer", "Nguyen Thi Vi Du");
	struct err e = { 0 };
	time_t at;
	int64_t row;
	assert_int_equal(store_draft_save(s, &d, &at, &e), 0);
	assert_int_equal(store_outbox_add(s, "k", body, &f, 1, &row, &e), 0);
	assert_int_equal(store_history_add(s, entry, &row, &e), 0);
	AUTO(mem_free) char *line = mem_printf("grep -r -a -q -e 'Vi Du' -e %s '%s'", PERSON, world_dir);
	assert_int_not_equal(system(line), 0);
	AUTO(mem_free) char *open_to_others = mem_printf("find '%s' -mindepth 1 -perm /077 | grep -q .", world_dir);
	assert_int_not_equal(system(open_to_others), 0);
}

static void an_old_draft_is_neither_offered_nor_kept(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	struct err e = { 0 };
	assert_int_equal(world_save(s, "old", 1, "paper", &e), 0);
	assert_int_equal(world_save(s, "young", 2, NULL, &e), 0);
	assert_int_equal(db_run(s, &e, "update draft set saved_at = saved_at - 86410 where draft = 'old'", ""), 0);
	assert_int_equal(db_run(s, &e, "update draft set saved_at = saved_at - 86300 where draft = 'young'", ""), 0);
	AUTO(json_release) json_t *list = store_draft_list(s, PERSON, &e);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_str(list, "0.draft", ""), "young");
	assert_int_equal(world_count_files(), 0);
	assert_int_equal(store_rows(s, &e), 1);
}

static void a_file_of_every_size_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, STORE_FILE_MAX };
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(json_release) json_t *body = json_object();
	struct err e = { 0 };
	time_t at;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		AUTO(mem_free) char *bytes = mem_alloc(sizes[i] + 1);
		for (size_t k = 0; k < sizes[i]; k++)
			bytes[k] = (char)(k * 31 + k / 4096);
		AUTO(fd_close) int fd = world_file(bytes, sizes[i]);
		struct store_file f = { .name = "big", .fd = fd };
		struct store_draft d = { .person = PERSON, .draft = "d", .body = body, .files = &f, .nfiles = 1 };
		assert_int_equal(store_draft_save(s, &d, &at, &e), 0);
		AUTO(store_loaded_release) struct store_loaded l = { 0 };
		assert_int_equal(store_draft_load(s, PERSON, "d", 0, 16, &l, &e), 0);
		AUTO(buf_free) struct buf back = { 0 };
		assert_int_equal(fd_read_all(l.fds[0], &back, STORE_FILE_MAX, &e), 0);
		assert_int_equal(back.n, sizes[i]);
		assert_true(back.n == 0 || memcmp(back.p, bytes, back.n) == 0);
		assert_true(fd_is_sealed(l.fds[0]));
	}
	AUTO(fd_close) int big = world_file("", 0);
	assert_int_equal(ftruncate(big, STORE_FILE_MAX + 1), 0);
	struct store_file f = { .name = "big", .fd = big };
	struct store_draft d = { .person = PERSON, .draft = "d", .body = body, .files = &f, .nfiles = 1 };
	assert_int_equal(store_draft_save(s, &d, &at, &e), -1);
	assert_int_equal(e.kind, ERR_FILE_TOO_BIG);
}

/* ---- outbox --------------------------------------------------------------------------------------------------------- */

static int add(struct store *s, const char *key, int n, const char *text, struct err *e)
{
	AUTO(json_release) json_t *body = json_pack("{s:i}", "n", n);
	AUTO(fd_close) int fd = world_file(text, strlen(text));
	/* two papers of one name, as two components may have */
	struct store_file f[] = { { "a.pdf", fd }, { "a.pdf", fd } };
	int64_t row;
	return store_outbox_add(s, key, body, f, 2, &row, e) < 0 ? -1 : (int)row;
}

static void one_key_is_one_delivery(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(store_loaded_release) struct store_loaded l = { 0 };
	struct err e = { 0 };
	int first = add(s, "k1", 1, "one", &e);
	assert_true(first > 0);
	assert_int_equal(add(s, "k2", 2, "two", &e), first + 1);
	assert_int_equal(add(s, "k1", 9, "nine", &e), first);
	assert_int_equal(store_outbox_load(s, "k1", &l, &e), 0);
	assert_int_equal(json_int(l.body, "n", 0), 1);
	assert_int_equal(l.nfds, 2);
	AUTO(json_release) json_t *list = store_outbox_list(s, &e);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_str(list, "0.key", ""), "k1");
	assert_string_equal(json_str(list, "1.key", ""), "k2");
}

static void what_is_sent_is_forgotten_but_known(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(store_loaded_release) struct store_loaded l = { 0 };
	struct err e = { 0 };
	int row = add(s, "k", 1, "paper", &e);
	assert_int_equal(world_count_files(), 2);
	assert_int_equal(store_outbox_sent(s, "k", "000.00.01.H01-1", &e), 0);
	assert_int_equal(store_outbox_sent(s, "k", "000.00.01.H01-1", &e), 0);
	assert_int_equal(world_count_files(), 0);
	assert_int_equal(store_outbox_load(s, "k", &l, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	AUTO(json_release) json_t *list = store_outbox_list(s, &e);
	assert_int_equal(json_array_size(list), 0);
	/* a late repeat of the same delivery does not start a second one */
	assert_int_equal(add(s, "k", 1, "paper", &e), row);
	AUTO(json_release) json_t *again = store_outbox_list(s, &e);
	assert_int_equal(json_array_size(again), 0);
	assert_int_equal(db_number(s, &e, 0, "select count(*) from outbox where body is not null or salt is not null", ""), 0);
	assert_int_equal(store_outbox_sent(s, "unknown", "c", &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

static void what_the_office_refused_is_sent_as_mended(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	AUTO(store_loaded_release) struct store_loaded l = { 0 };
	struct err e = { 0 };
	assert_true(add(s, "k", 1, "paper", &e) > 0);
	assert_int_equal(store_outbox_withdraw(s, "k", &e), 0);
	assert_int_equal(world_count_files(), 0);
	assert_int_equal(store_outbox_withdraw(s, "k", &e), 0);
	assert_true(add(s, "k", 2, "mended", &e) > 0);
	assert_int_equal(store_outbox_load(s, "k", &l, &e), 0);
	assert_int_equal(json_int(l.body, "n", 0), 2);
	assert_int_equal(store_outbox_sent(s, "k", "c", &e), 0);
	assert_int_equal(store_outbox_withdraw(s, "k", &e), -1);
	assert_int_equal(e.kind, ERR_REJECTED);
}

static void a_failure_waits_its_time(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	struct err e = { 0 };
	time_t next;
	add(s, "k", 1, "paper", &e);
	assert_int_equal(store_outbox_failed(s, "k", "no-network", 120, &e), 0);
	time_t now = clock_now();
	AUTO(json_release) json_t *list = store_outbox_list(s, &e);
	assert_int_equal(json_int(list, "0.tries", 0), 1);
	assert_true(clock_parse(json_str(list, "0.next_at", ""), &next));
	assert_in_range(next, now + 110, now + 121);
	assert_int_equal(store_outbox_failed(s, "unknown", "x", 1, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

/* ---- history -------------------------------------------------------------------------------------------------------- */

static void write_history(struct store *s, int n)
{
	struct err e = { 0 };
	int64_t row;
	for (int i = 1; i <= n; i++) {
		AUTO(json_release) json_t *entry = json_pack("{s:s,s:s,s:i}", "kind", "signature", "dossier", i % 2 ? "odd" : "even", "i", i);
		assert_int_equal(store_history_add(s, entry, &row, &e), 0);
		assert_int_equal(row, i);
	}
}

static void history_is_kept_in_order(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	struct err e = { 0 };
	int64_t rows, at;
	write_history(s, 5);
	AUTO(json_release) json_t *odd = store_history_list(s, "odd", &e);
	AUTO(json_release) json_t *all = store_history_list(s, NULL, &e);
	assert_int_equal(json_array_size(odd), 3);
	assert_int_equal(json_int(odd, "1.i", 0), 3);
	assert_int_equal(json_array_size(all), 5);
	assert_int_equal(json_int(all, "0.i", 0), 1);
	assert_int_equal(store_history_verify(s, &rows, &at, &e), 0);
	assert_int_equal(rows, 5);
}

static void history_cannot_be_changed(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	write_history(s, 3);
	assert_int_not_equal(world_sql("update history set dossier = 'x' where row = 2"), SQLITE_OK);
	assert_int_not_equal(world_sql("delete from history where row = 3"), SQLITE_OK);
}

/* Somebody who takes the triggers away first. */
static void a_changed_history_shows(void **state)
{
	static const struct {
		const char *name, *sql;
		int at;
	} cases[] = {
		{ "a line under another dossier", "update history set dossier = 'other' where row = 2", 2 },
		{ "a body of another line", "update history set body = (select body from history where row = 1) where row = 2", 2 },
		{ "a line in the middle gone", "delete from history where row = 2", 2 },
		{ "the last line gone", "delete from history where row = 4", 4 },
		{ "two lines exchanged", "update history set row = 9 where row = 2; update history set row = 2 where row = 3;"
		                         "update history set row = 3 where row = 9", 2 },
		{ "a line repeated at the end", "insert into history select 5, dossier, counter, body, hash from history where row = 4", 5 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		world_end(NULL);
		world_begin(NULL);
		struct store *s = world_open();
		struct err e = { 0 };
		int64_t rows, at = 0;
		write_history(s, 4);
		AUTO(mem_free) char *sql = mem_printf("drop trigger history_stays; drop trigger history_keeps; %s", cases[i].sql);
		assert_int_equal(world_sql(sql), SQLITE_OK);
		if (store_history_verify(s, &rows, &at, &e) == 0 || e.kind != ERR_REJECTED || at != cases[i].at)
			fail_msg("%s: told %d at %d: %s", cases[i].name, (int)e.kind, (int)at, e.cause);
		store_close(s);
	}
}

/* ---- JN3: an enemy with the disk ------------------------------------------------------------------------------------ */

static void refused(const char *name, const char *sql)
{
	struct store *s = world_open();
	struct err e = { 0 };
	assert_int_equal(world_save(s, "a", 1, "one", &e), 0);
	assert_int_equal(world_save(s, "b", 2, "two", &e), 0);
	assert_int_equal(world_sql("create table kept as select * from draft where draft = 'a'"), SQLITE_OK);
	assert_int_equal(world_save(s, "a", 3, "three", &e), 0);
	assert_int_equal(world_sql(sql), SQLITE_OK);
	int n = world_load(s, "a", NULL, &e);
	if (n != -1 || e.kind != ERR_REJECTED || strcmp(e.reason, "store.seal") != 0)
		fail_msg("%s: loaded %d, told %s/%s", name, n, err_id(e.kind), e.reason);
	/* and the neighbour in the next row is not harmed */
	AUTO(json_release) json_t *list = store_draft_list(s, PERSON, &e);
	assert_int_equal(json_array_size(list), 1);
	store_close(s);
	world_end(NULL);
	world_begin(NULL);
}

static void a_row_that_is_tampered_with_is_refused(void **state)
{
	(void)state;
	refused("a body of another row", "update draft set body = (select body from draft where draft = 'b'), head = (select head from"
		" draft where draft = 'b'), salt = (select salt from draft where draft = 'b') where draft = 'a'");
	refused("one bit flipped in the head", "update draft set head = cast(substr(head, 1, 60) || x'00' || substr(head, 62) as blob)"
		" where draft = 'a'");
	refused("a head cut short", "update draft set head = cast(substr(head, 1, length(head) - 1) as blob) where draft = 'a'");
	refused("an older row with its version", "update draft set (saved_at, version, salt, head, body) = (select saved_at, version, salt,"
		" head, body from kept) where draft = 'a'");
	refused("a version of its own", "update draft set version = version + 1 where draft = 'a'");
}

static void a_body_cut_or_changed_is_refused(void **state)
{
	(void)state;
	AUTO(store_release) struct store *s = world_open();
	struct err e = { 0 };
	assert_int_equal(world_save(s, "a", 1, NULL, &e), 0);
	assert_int_equal(world_sql("update draft set body = cast(substr(body, 1, 35) || x'ff' || substr(body, 37) as blob)"), SQLITE_OK);
	assert_int_equal(world_load(s, "a", NULL, &e), -1);
	assert_int_equal(e.kind, ERR_REJECTED);
}

static void a_file_that_is_tampered_with_is_refused(void **state)
{
	static const char *const deeds[] = {
		"for f in *; do printf '\\001' | dd of=$f bs=1 seek=100 conv=notrunc 2>/dev/null; done",      /* one byte */
		"for f in *; do truncate -s -1 $f; done",                                                     /* cut */
		"for f in *; do truncate -s +1 $f; done",                                                     /* longer */
		"set -- *; mv $1 x; mv $2 $1; mv x $2",                                                       /* exchanged */
		/* two equal-sized parts of one file in the other order: 1 MiB and what the seal adds */
		"for f in *; do n=$(( ($(stat -c %s $f) + 1) / 2 )); head -c $n $f > y; tail -c +$((n + 1)) $f > x; cat y >> x; mv x $f; rm y; done",
		"rm *",
	};
	(void)state;
	AUTO(mem_free) char *big = mem_alloc((2 << 20) + 1);
	memset(big, 'p', 2 << 20);
	for (size_t i = 0; i < COUNT(deeds); i++) {
		struct store *s = world_open();
		struct err e = { 0 };
		assert_int_equal(world_save(s, "a", 1, big, &e), 0);
		assert_int_equal(world_save(s, "b", 1, big, &e), 0);
		assert_int_equal(world_load(s, "a", NULL, &e), 1);
		AUTO(mem_free) char *line = mem_printf("cd '%s/files' && { %s; }", world_dir, deeds[i]);
		assert_int_equal(system(line), 0);
		if (world_load(s, "a", NULL, &e) != -1 || e.kind != ERR_REJECTED)
			fail_msg("deed %zu went unseen: %s", i, e.cause);
		store_close(s);
		world_end(NULL);
		world_begin(NULL);
	}
}

static void the_ledger_cannot_be_put_back(void **state)
{
	(void)state;
	struct store *s = world_open();
	struct err e = { 0 };
	assert_int_equal(world_save(s, "a", 1, NULL, &e), 0);
	assert_int_equal(world_sql("create table kept as select * from ledger"), SQLITE_OK);
	write_history(s, 1);
	store_close(s);
	assert_int_equal(world_sql("update ledger set (counter, body) = (select counter, body from kept)"), SQLITE_OK);
	s = NULL;
	assert_int_equal(store_open(&s, world_dir, &world_key, &e), -1);
	assert_string_equal(e.reason, "store.rolled-back");
	assert_int_equal(world_sql("delete from ledger"), SQLITE_OK);
	assert_int_equal(store_open(&s, world_dir, &world_key, &e), -1);
	assert_int_equal(e.kind, ERR_STORE_GONE);
}

static void another_key_opens_nothing(void **state)
{
	(void)state;
	struct store *s = world_open();
	struct seal_key other = { .p = { 9 }, .id = 78 };
	struct err e = { 0 };
	assert_int_equal(world_save(s, "a", 1, NULL, &e), 0);
	store_close(s);
	assert_int_equal(store_open(&s, world_dir, &other, &e), -1);
	assert_int_equal(e.kind, ERR_STORE_GONE);
}

/* ---- the engine ----------------------------------------------------------------------------------------------------- */

static void what_a_power_cut_needs_is_set(void **state)
{
	(void)state;
	struct err e = { 0 };
	for (int i = 0; i < 2; i++) {
		AUTO(store_release) struct store *s = world_open();
		assert_int_equal(db_number(s, &e, -1, "pragma synchronous", ""), 2);          /* JN1 */
		assert_int_equal(db_number(s, &e, -1, "pragma foreign_keys", ""), 1);
		assert_int_equal(db_number(s, &e, -1, "pragma secure_delete", ""), 1);
		assert_int_equal(db_number(s, &e, -1, "pragma user_version", ""), 2);
		AUTO(db_done) sqlite3_stmt *q = db_query(s, &e, "pragma journal_mode", "");
		assert_int_equal(db_step(s, q, &e), 1);
		assert_string_equal(db_text(q, 0), "wal");
	}
}

static void a_foreign_or_newer_database_is_left_alone(void **state)
{
	(void)state;
	struct store *s = world_open();
	struct err e = { 0 };
	store_close(s);
	assert_int_equal(world_sql("pragma user_version = 99"), SQLITE_OK);
	assert_int_equal(store_open(&s, world_dir, &world_key, &e), -1);
	assert_string_equal(e.reason, "store.newer");
	assert_int_equal(world_sql("pragma application_id = 7"), SQLITE_OK);
	assert_int_equal(store_open(&s, world_dir, &world_key, &e), -1);
	assert_string_equal(e.reason, "store.foreign");
	AUTO(mem_free) char *line = mem_printf("rm '%s'/tramky.db*; echo no database at all, but long enough to look at > '%s/tramky.db'", world_dir,
		world_dir);
	assert_int_equal(system(line), 0);
	assert_int_equal(store_open(&s, world_dir, &world_key, &e), -1);
	assert_int_equal(e.kind, ERR_STORE_GONE);
	assert_string_equal(e.reason, "store.damaged");
}

static void two_programs_share_a_store(void **state)
{
	(void)state;
	AUTO(store_release) struct store *one = world_open();
	struct err e = { 0 };
	AUTO(mem_free) char *fresh = mem_printf("touch '%s/files/0123456789abcdef0123456789abcdef'", world_dir);
	assert_int_equal(system(fresh), 0);          /* a file of `one` whose row is still to come */
	AUTO(store_release) struct store *two = world_open();
	assert_int_equal(world_count_files(), 1);
	assert_int_equal(world_save(one, "a", 1, NULL, &e), 0);
	assert_int_equal(world_save(two, "b", 2, NULL, &e), 0);
	assert_int_equal(world_load(two, "a", NULL, &e), 1);
	store_close(STEAL(&one));
	store_close(STEAL(&two));
	one = world_open();
	assert_int_equal(world_count_files(), 0);
}

#define IN_A_NEW_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_A_NEW_WORLD(a_draft_comes_back_whole),
		IN_A_NEW_WORLD(a_file_of_the_same_name_is_replaced),
		IN_A_NEW_WORLD(dropped_files_leave_the_disk),
		IN_A_NEW_WORLD(a_neighbour_sees_nothing),
		IN_A_NEW_WORLD(nothing_readable_lies_on_the_disk),
		IN_A_NEW_WORLD(an_old_draft_is_neither_offered_nor_kept),
		IN_A_NEW_WORLD(a_file_of_every_size_comes_back),
		IN_A_NEW_WORLD(one_key_is_one_delivery),
		IN_A_NEW_WORLD(what_is_sent_is_forgotten_but_known),
		IN_A_NEW_WORLD(what_the_office_refused_is_sent_as_mended),
		IN_A_NEW_WORLD(a_failure_waits_its_time),
		IN_A_NEW_WORLD(history_is_kept_in_order),
		IN_A_NEW_WORLD(history_cannot_be_changed),
		IN_A_NEW_WORLD(a_changed_history_shows),
		IN_A_NEW_WORLD(a_row_that_is_tampered_with_is_refused),
		IN_A_NEW_WORLD(a_body_cut_or_changed_is_refused),
		IN_A_NEW_WORLD(a_file_that_is_tampered_with_is_refused),
		IN_A_NEW_WORLD(the_ledger_cannot_be_put_back),
		IN_A_NEW_WORLD(another_key_opens_nothing),
		IN_A_NEW_WORLD(what_a_power_cut_needs_is_set),
		IN_A_NEW_WORLD(a_foreign_or_newer_database_is_left_alone),
		IN_A_NEW_WORLD(two_programs_share_a_store),
	};
	alarm(120);
	umask(077);                                  /* as job_main() has it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
