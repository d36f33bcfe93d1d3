/* base/err.h and base/mem.h: causes on the way up, buffers, sealed files, files that are there whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"

static void a_cause_gathers_context_in_front(void **state)
{
	(void)state;
	struct err e = { 0 };

	assert_int_equal(err_set(&e, ERR_QUOTA, "HTTP %d", 402), -1);
	assert_int_equal(err_add(&e, "signing %s", "H-17"), -1);
	assert_string_equal(e.cause, "signing H-17: HTTP 402");
	err_reason(&e, "quota.day");
	assert_string_equal(e.reason, "quota.day");
	for (int i = 0; i < 100; i++)
		err_add(&e, "a longer context, number %d", i);
	assert_true(strlen(e.cause) < sizeof e.cause);
	assert_memory_equal(e.cause, "a longer context, number 99: ", 29);
	err_set(&e, ERR_CONFIG, "new");
	assert_string_equal(e.reason, "");
	err_clear(&e);
	assert_int_equal(e.kind, ERR_NONE);
	assert_int_equal(err_set(NULL, ERR_QUOTA, "x"), -1);
	assert_int_equal(err_add(NULL, "x"), -1);
	assert_int_equal(err_reason(NULL, "x"), -1);
}

static void every_kind_has_its_own_id(void **state)
{
	(void)state;
	for (int i = 0; i < ERR_KIND_COUNT; i++) {
		assert_int_equal(err_from_id(err_id((enum err_kind)i)), i);
		assert_true(i == ERR_NONE || err_exit_code((enum err_kind)i) > 0);
	}
	assert_int_equal(err_from_id("no such kind"), ERR_INTERNAL);
	assert_int_equal(err_from_id(NULL), ERR_INTERNAL);
	assert_string_equal(err_id(ERR_KIND_COUNT), "internal");
	assert_int_equal(err_exit_code(ERR_KIND_COUNT), 70);
}

static void buffers_grow_and_end_in_nul(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };

	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%03d ", i);
	assert_int_equal(b.n, 4000);
	assert_int_equal(b.p[b.n], 0);
	assert_string_equal((char *)b.p + 3996, "999 ");
	AUTO(mem_free) char *s = buf_steal(&b);
	assert_int_equal(strlen(s), 4000);
	assert_null(b.p);
	AUTO(mem_free) char *none = buf_steal(&b);
	assert_string_equal(none, "");
	assert_null(mem_str(NULL));
}

static void memory_that_cannot_be_had_ends_the_process(void **state)
{
	(void)state;
#ifdef TRAMKY_SAN
	skip();         /* the sanitizer's own allocator ends the process first */
#endif
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(null, 2);
		volatile size_t huge = SIZE_MAX / 2;
		void *p = mem_array(huge, 4);
		_exit(p ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 70);
}

static void a_secret_is_wiped(void **state)
{
	(void)state;
	struct secret s;

	secret_init(&s);
	strcpy(s.p, "123456");
	s.n = 6;
	secret_wipe(&s);
	for (size_t i = 0; i < sizeof s.p; i++)
		assert_int_equal(s.p[i], 0);
	assert_int_equal(s.n, 0);
}

static void a_sealed_file_stays_as_it_is(void **state)
{
	(void)state;
	AUTO(fd_close) int fd = fd_memfd("t", NULL), copy = fd_memfd("u", NULL);
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };

	assert_int_equal(fd_write_all(fd, "tờ khai", 9, &e), 0);
	assert_false(fd_is_sealed(fd));
	assert_int_equal(fd_seal(fd, &e), 0);
	assert_true(fd_is_sealed(fd));
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(fd_copy(fd, copy, 0, &e), 0);
	assert_int_equal(fd_read_all(copy, &b, 9, &e), 0);
	assert_string_equal((char *)b.p, "tờ khai");
	AUTO(buf_free) struct buf small = { 0 };
	assert_int_equal(fd_read_all(copy, &small, 8, &e), -1);
	assert_int_equal(e.kind, ERR_FILE_TOO_BIG);
	assert_int_equal(fd_copy(fd, copy, 10, &e), -1);
	assert_int_equal(fd_read_all(-1, &small, 8, &e), -1);
	assert_false(fd_is_sealed(-1));
}

static char dir[40];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tramky-mem-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	AUTO(mem_free) char *line = mem_printf("rm -rf %s", dir);
	return system(line);
}

static void check_file(const char *path, const char *want, unsigned mode)
{
	AUTO(buf_free) struct buf b = { 0 };
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	assert_int_equal(fd_read_all(fd, &b, 1000, NULL), 0);
	assert_string_equal(b.p ? (char *)b.p : "", want);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void a_file_is_replaced_whole_or_not_at_all(void **state)
{
	(void)state;
	AUTO(mem_free) char *path = mem_printf("%s/a/b/file", dir), *folder = mem_printf("%s/a/b", dir);
	AUTO(mem_free) char *count = mem_printf("[ $(ls -A %s | wc -l) = 1 ]", folder);
	AUTO(fd_close) int from = fd_memfd("t", NULL);
	struct err e = { 0 };

	umask(022);
	assert_int_equal(file_replace(path, "x", 1, 0600, &e), -1);
	assert_int_equal(file_mkdirs(folder, 0700, &e), 0);
	assert_int_equal(file_mkdirs(folder, 0700, &e), 0);
	assert_int_equal(file_replace(path, "first", 5, 0600, &e), 0);
	check_file(path, "first", 0600);
	assert_int_equal(fd_write_all(from, "second", 6, &e), 0);
	assert_int_equal(file_replace_fd(path, from, 0644, &e), 0);
	check_file(path, "second", 0644);
	/* A disk that is full half way: a limit on the size of files stands in for it. */
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit limit = { 1000, 1000 };
		char big[5000] = { 'x' };
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(file_replace(path, big, sizeof big, 0600, NULL) == -1 ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	check_file(path, "second", 0644);
	assert_int_equal(file_replace(path, NULL, 0, 0600, &e), 0);
	check_file(path, "", 0600);
	assert_int_equal(system(count), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cause_gathers_context_in_front),
		cmocka_unit_test(every_kind_has_its_own_id),
		cmocka_unit_test(buffers_grow_and_end_in_nul),
		cmocka_unit_test(memory_that_cannot_be_had_ends_the_process),
		cmocka_unit_test(a_secret_is_wiped),
		cmocka_unit_test(a_sealed_file_stays_as_it_is),
		cmocka_unit_test_setup_teardown(a_file_is_replaced_whole_or_not_at_all, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
