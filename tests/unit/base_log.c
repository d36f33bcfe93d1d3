/* base/log.h: one clean line an event, private, nothing personal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

struct place {
	char dir[40], path[64];
};

static int setup(void **state)
{
	struct place *p = mem_alloc(sizeof *p);

	strcpy(p->dir, "/tmp/tramky-log-XXXXXX");
	*state = p;
	if (!mkdtemp(p->dir))
		return -1;
	snprintf(p->path, sizeof p->path, "%s/log", p->dir);
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	AUTO(mem_free) char *old = mem_printf("%s.1", p->path);

	log_open("test", NULL);
	unlink(p->path);
	unlink(old);
	rmdir(p->dir);
	free(p);
	return 0;
}

static char *text_of(const char *path)
{
	struct buf b = { 0 };
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, &b, 1 << 20, NULL), 0);
	return buf_steal(&b);
}

static size_t lines_in(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static void one_private_line_an_event(void **state)
{
	struct place *p = *state;
	struct err e = { 0 };
	struct stat st;

	log_open("tramky-doc", p->path);
	log_line("job.start", "verb=%s", "doc.find");
	err_set(&e, ERR_QUOTA, "HTTP 402");
	err_reason(&e, "quota.day");
	log_err("job.end", &e);
	log_err("job.end", NULL);
	AUTO(mem_free) char *s = text_of(p->path);
	assert_int_equal(lines_in(s), 2);
	assert_non_null(strstr(s, "Z tramky-doc["));
	assert_non_null(strstr(s, "] job.start verb=doc.find\n"));
	assert_non_null(strstr(s, "] job.end kind=quota reason=quota.day cause=HTTP 402\n"));
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* A later program adds; it does not begin anew. */
	log_open("tramky-net", p->path);
	log_line("x", "%s", "");
	AUTO(mem_free) char *more = text_of(p->path);
	assert_int_equal(lines_in(more), 3);
}

static void outside_text_cannot_forge_a_line(void **state)
{
	struct place *p = *state;

	log_open("t", p->path);
	log_line("file\nforged", "name=%s", "a.pdf\n2026-01-01T00:00:00Z t[1] login ok\x1b[2J\xff");
	AUTO(mem_free) char *s = text_of(p->path);
	assert_int_equal(lines_in(s), 1);
	assert_null(strchr(s, '\x1b'));
	assert_true(text_is_utf8(s, strlen(s)));
}

static void long_numbers_are_hidden(void **state)
{
	struct place *p = *state;

	log_open("t", p->path);
	log_line("x", "id=001090123456 tel=0901234567 bytes=12345678 serial=540100a1b2c3d4e5 ms=1795168985123 (012345678)");
	AUTO(mem_free) char *s = text_of(p->path);
	assert_null(strstr(s, "001090123456"));
	assert_null(strstr(s, "0901234567"));
	assert_null(strstr(s, "012345678)"));
	assert_non_null(strstr(s, "bytes=12345678 "));
	assert_non_null(strstr(s, "serial=540100a1b2c3d4e5 "));
	assert_non_null(strstr(s, "ms=1795168985123 "));
}

static void a_line_has_an_end(void **state)
{
	struct place *p = *state;
	char *long_text = mem_alloc(30001);

	for (int i = 0; i < 30000; i += 3)
		memcpy(long_text + i, "ệ", 3);
	log_open("t", p->path);
	log_line("x", "%s", long_text);
	log_line("y", "z");
	free(long_text);
	AUTO(mem_free) char *s = text_of(p->path);
	assert_int_equal(lines_in(s), 2);
	assert_true(strlen(s) < 1400);
	assert_true(text_is_utf8(s, strlen(s)));
}

static void the_log_never_fills_the_disk(void **state)
{
	struct place *p = *state;
	AUTO(mem_free) char *old = mem_printf("%s.1", p->path);
	struct stat st;

	log_open("t", p->path);
	log_line("x", "old");
	assert_int_equal(truncate(p->path, 9 << 20), 0);
	log_open("t", p->path);
	log_line("x", "new");
	assert_int_equal(stat(old, &st), 0);
	assert_int_equal(stat(p->path, &st), 0);
	assert_true(st.st_size < 200);
}

static void a_link_is_not_followed(void **state)
{
	struct place *p = *state;
	AUTO(mem_free) char *victim = mem_printf("%s.1", p->path);
	struct stat st;

	close(open(victim, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(symlink(victim, p->path), 0);
	/* What it says instead goes to stderr: kept out of the test's own output. */
	int keep = dup(2), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, 2);
	log_open("t", p->path);
	log_line("x", "y");
	dup2(keep, 2);
	close(keep);
	close(null);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void lines_of_several_programs_do_not_mix(void **state)
{
	struct place *p = *state;
	AUTO(mem_free) char *long_text = mem_alloc(901);

	memset(long_text, 'x', 900);
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			log_open("t", p->path);
			for (int n = 0; n < 50; n++)
				log_line("e", "%s", long_text);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	AUTO(mem_free) char *s = text_of(p->path);
	assert_int_equal(lines_in(s), 200);
	for (char *at = s; *at; at = strchr(at, '\n') + 1)
		assert_int_equal(strspn(strstr(at, "] e ") + 4, "x"), 900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_private_line_an_event, setup, teardown),
		cmocka_unit_test_setup_teardown(outside_text_cannot_forge_a_line, setup, teardown),
		cmocka_unit_test_setup_teardown(long_numbers_are_hidden, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_has_an_end, setup, teardown),
		cmocka_unit_test_setup_teardown(the_log_never_fills_the_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_is_not_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_of_several_programs_do_not_mix, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
