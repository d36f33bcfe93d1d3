/* Power cuts (rule T3): kill -9 between every two steps of a write (JN2), kill -9 at random moments under load, and a
 * disk without room. What was answered is there; what was not is there whole or not at all. */
#include "store_world.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* Replaces the weak one of the room: the power goes at the step with this number, or the disk fills up at a step. */
static int cut_at;
static const char *fill_at;

static char *ballast(void)
{
	return mem_printf("%s/ballast", world_dir);
}

static void fill_the_disk(void)
{
	AUTO(mem_free) char *path = ballast();
	static const char zeros[65536];
	FILE *f = fopen(path, "w");

	setvbuf(f, NULL, _IONBF, 0);
	while (fwrite(zeros, sizeof zeros, 1, f) == 1)
		;
	fclose(f);
}

void store_step(const char *name)
{
	if (fill_at && strcmp(name, fill_at) == 0)
		fill_the_disk();
	if (cut_at > 0 && --cut_at == 0)
		raise(SIGKILL);
}

static char *paper(int n)
{
	return mem_printf("paper of save %d", n);
}

/* In a child: `deed`, with the power going at step n. True when it ran to its end. */
static bool cut(int n, void (*deed)(struct store *s))
{
	pid_t pid = fork();
	if (pid == 0) {
		struct store *s = world_open();
		cut_at = n;
		deed(s);
		cut_at = 0;
		_exit(0);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGKILL);
	return WIFEXITED(status);
}

static void save_second(struct store *s)
{
	AUTO(mem_free) char *text = paper(2);
	struct err e = { 0 };
	if (world_save(s, "d", 2, text, &e) < 0)
		_exit(1);
}

static void a_cut_between_any_two_steps_of_a_save(void **state)
{
	int cuts = 0, saw_old = 0, saw_new = 0;

	(void)state;
	for (bool ended = false; !ended; cuts++) {
		world_end(NULL);
		world_begin(NULL);
		struct err e = { 0 };
		struct store *s = world_open();
		AUTO(mem_free) char *text = paper(1);
		assert_int_equal(world_save(s, "d", 1, text, &e), 0);
		store_close(s);
		ended = cut(cuts + 1, save_second);
		s = world_open();
		AUTO(buf_free) struct buf got = { 0 };
		int n = world_load(s, "d", &got, &e);
		AUTO(mem_free) char *want = paper(n);
		assert_in_range(n, 1, 2);
		assert_string_equal(got.p, want);
		assert_int_equal(world_count_files(), 1);        /* nothing is left over */
		saw_old += n == 1;
		saw_new += n == 2;
		store_close(s);
	}
	/* every step was cut, before and after the commit */
	assert_true(cuts >= 9);
	assert_true(saw_old >= 6 && saw_new >= 2);
}

static void add_delivery(struct store *s)
{
	AUTO(json_release) json_t *body = json_pack("{s:i}", "n", 7);
	AUTO(fd_close) int fd = world_file("paper", 5);
	struct store_file f[] = { { "a", fd }, { "b", fd } };
	struct err e = { 0 };
	int64_t row;
	if (store_outbox_add(s, "key", body, f, 2, &row, &e) < 0)
		_exit(1);
}

static void sent_delivery(struct store *s)
{
	struct err e = { 0 };
	if (store_outbox_sent(s, "key", "code", &e) < 0)
		_exit(1);
}

static void a_cut_between_any_two_steps_of_a_delivery(void **state)
{
	(void)state;
	for (int i = 1, ended = 0; !ended; i++) {
		world_end(NULL);
		world_begin(NULL);
		struct err e = { 0 };
		ended = cut(i, add_delivery);
		/* whatever became of it, saying it again ends with one delivery */
		struct store *s = world_open();
		add_delivery(s);
		AUTO(json_release) json_t *list = store_outbox_list(s, &e);
		assert_int_equal(json_array_size(list), 1);
		assert_int_equal(world_count_files(), 2);
		AUTO(store_loaded_release) struct store_loaded l = { 0 };
		assert_int_equal(store_outbox_load(s, "key", &l, &e), 0);
		assert_int_equal(l.nfds, 2);
		store_close(s);
		cut(1 + i % 2, sent_delivery);
		s = world_open();
		sent_delivery(s);
		AUTO(json_release) json_t *none = store_outbox_list(s, &e);
		assert_int_equal(json_array_size(none), 0);
		store_close(s);
		store_close(world_open());
		assert_int_equal(world_count_files(), 0);
	}
}

/* Saves until it is killed; the number of a save goes into `told` only after the store said it is kept. */
static void save_for_ever(int told, int from)
{
	struct store *s = world_open();
	for (int n = from;; n++) {
		AUTO(mem_free) char *text = paper(n);
		struct err e = { 0 };
		int64_t row;
		AUTO(json_release) json_t *entry = json_pack("{s:s,s:i}", "dossier", "d", "n", n);
		if (world_save(s, "d", n, n % 3 ? NULL : text, &e) < 0 || store_history_add(s, entry, &row, &e) < 0)
			_exit(1);
		if (write(told, &n, sizeof n) != sizeof n)
			_exit(1);
	}
}

static void kill_at_random_loses_nothing_that_was_answered(void **state)
{
	enum { ROUNDS = 60 };
	int last = 0, lost = 0;
	int64_t lines_before = 0;
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < ROUNDS; round++) {
		int told[2], n, fresh = 0;
		struct err e = { 0 };
		assert_int_equal(pipe(told), 0);
		pid_t pid = fork();
		if (pid == 0)
			save_for_ever(told[1], last + 1);
		close(told[1]);
		/* at least one answer, then a moment of up to 20 ms: anywhere in a save */
		assert_int_equal(read(told[0], &n, sizeof n), sizeof n);
		struct timespec moment = { .tv_nsec = rand_r(&seed) % 20000000 };
		nanosleep(&moment, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		do {
			last = n;
			fresh++;
		} while (read(told[0], &n, sizeof n) == sizeof n);
		close(told[0]);
		struct store *s = world_open();
		AUTO(buf_free) struct buf got = { 0 };
		int kept = world_load(s, "d", &got, &e);
		lost += kept < last;
		/* at most the one that was under way is further than the last answer; its paper belongs to it or one before */
		assert_in_range(kept, last, last + 1);
		AUTO(mem_free) char *want = paper(kept - kept % 3);
		assert_string_equal(got.p, kept < 3 ? "" : want);
		int64_t rows, at;
		assert_int_equal(store_history_verify(s, &rows, &at, &e), 0);
		assert_true(rows >= lines_before + fresh);
		lines_before = rows;
		AUTO(json_release) json_t *lines = store_history_list(s, "d", &e);
		assert_int_equal(json_int(json_array_get(lines, json_array_size(lines) - 1), "n", 0) >= last, 1);
		AUTO(db_done) sqlite3_stmt *q = db_query(s, &e, "pragma integrity_check", "");
		assert_int_equal(db_step(s, q, &e), 1);
		assert_string_equal(db_text(q, 0), "ok");
		db_done(&q);
		store_close(s);
		last = kept;
	}
	assert_int_equal(lost, 0);
	print_message("%d kills, %d saves, 0 lost\n", ROUNDS, last);
}

/* ---- no room ------------------------------------------------------------------------------------------------------------ */

static bool write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool good = f && fputs(text, f) >= 0;
	return f && fclose(f) == 0 && good;
}

static bool small_disk(void)
{
	AUTO(mem_free) char *uid = mem_printf("0 %u 1", (unsigned)geteuid());
	AUTO(mem_free) char *gid = mem_printf("0 %u 1", (unsigned)getegid());

	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_text("/proc/self/setgroups", "deny") &&
	       write_text("/proc/self/uid_map", uid) && write_text("/proc/self/gid_map", gid) &&
	       mount("small", world_dir, "tmpfs", 0, "size=8m,mode=0700") == 0;
}

/* In a mount namespace of its own, so that anybody may have a small disk. 0: fine; 77: not possible here. */
static int on_a_small_disk(void)
{
	struct err e = { 0 };
	struct store *s = NULL;
	AUTO(mem_free) char *big = mem_alloc((7 << 20) + 1);
	AUTO(mem_free) char *path = ballast();
	AUTO(buf_free) struct buf got = { 0 };
	time_t at;

	if (!small_disk())
		return 77;
	if (store_open(&s, world_dir, &world_key, &e) < 0 || world_save(s, "d", 1, "small", &e) < 0)
		return 1;
	memset(big, 'b', 7 << 20);
	if (world_save(s, "d", 2, big, &e) == 0 || e.kind != ERR_STORE_FULL)
		return 2;
	/* the old draft stands, its paper too, and no part of the big one takes up room */
	if (world_load(s, "d", &got, &e) != 1 || strcmp((char *)got.p, "small") != 0 || world_count_files() != 1)
		return 3;
	/* room is asked for and there; then something else fills the disk, and the database is what does not fit */
	AUTO(json_release) json_t *body = json_pack("{s:s#}", "text", big, 1500000);
	struct store_draft d = { .person = PERSON, .draft = "d", .body = body };
	memset(&e, 0, sizeof e);
	fill_at = "folder synced";
	if (store_draft_save(s, &d, &at, &e) == 0 || e.kind != ERR_STORE_FULL)
		return 4;
	fill_at = NULL;
	if (world_load(s, "d", NULL, &e) != 1)
		return 5;
	/* paper in the middle of being written */
	unlink(path);
	fill_at = "file opened";
	memset(&e, 0, sizeof e);
	if (world_save(s, "d", 3, "paper", &e) == 0 || e.kind != ERR_STORE_FULL || world_count_files() != 1)
		return 6;
	if (world_load(s, "d", NULL, &e) != 1)
		return 7;
	fill_at = NULL;
	unlink(path);
	if (world_save(s, "d", 5, "again", &e) < 0 || world_load(s, "d", NULL, &e) != 5)
		return 8;
	store_close(s);
	return store_open(&s, world_dir, &world_key, &e) < 0 || world_load(s, "d", NULL, &e) != 5 ? 9 : 0;
}

static void a_full_disk_is_told_and_loses_nothing(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0)
		_exit(on_a_small_disk());
	int status = 0;
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("skipped: no mount namespace here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define IN_A_NEW_WORLD(test) cmocka_unit_test_setup_teardown(test, world_begin, world_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_A_NEW_WORLD(a_cut_between_any_two_steps_of_a_save),
		IN_A_NEW_WORLD(a_cut_between_any_two_steps_of_a_delivery),
		IN_A_NEW_WORLD(kill_at_random_loses_nothing_that_was_answered),
		IN_A_NEW_WORLD(a_full_disk_is_told_and_loses_nothing),
	};
	alarm(240);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
