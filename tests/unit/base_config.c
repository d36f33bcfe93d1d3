/* base/config.h: where the configuration is, what wins, and whose folders are used. Copies of this program stand in
 * made-up trees and say what they find: only the place of an executable decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <linux/magic.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

static char root[40];

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/tramky-config-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", root, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

/* root/NAME, owned by the caller. */
static char *at(const char *name)
{
	return mem_printf("%s/%s", root, name);
}

static void write_mode(const char *name, const char *text, size_t n, unsigned mode)
{
	AUTO(mem_free) char *path = at(name);
	AUTO(mem_free) char *dir = mem_strn(path, (size_t)(strrchr(path, '/') - path));
	assert_int_equal(file_mkdirs(dir, 0755, NULL), 0);
	assert_int_equal(file_replace(path, text, n, mode, NULL), 0);
}

static void write_file(const char *name, const char *text)
{
	write_mode(name, text, strlen(text), 0644);
}

static struct config *load(const char *name, const char *province, struct err *e)
{
	AUTO(mem_free) char *path = at(name);
	return config_load(path, province, e);
}

static void values_by_dotted_path(void **state)
{
	(void)state;
	write_file("t.yaml", "sandbox: true\nidentity: { url: \"https://x\", port: 443, on: true, ca: ca/root.pem, abs: /etc/x, empty: \"\" }\n");
	struct err e = { 0 };
	AUTO(config_release) struct config *c = load("t.yaml", NULL, &e);
	assert_non_null(c);
	assert_string_equal(config_str(c, "identity.url", "no"), "https://x");
	assert_string_equal(config_str(c, "identity.none", "no"), "no");
	assert_int_equal(config_int(c, "identity.port", -1), 443);
	assert_true(config_is(c, "identity.on"));
	assert_false(config_is(c, "identity.port"));
	assert_true(config_sandbox(c));
	assert_string_equal(config_province(c), "");
	assert_string_equal(config_need(c, "identity.url", &e), "https://x");
	static const char *const needed[] = { "identity.port", "identity.none", "identity.empty" };
	for (size_t i = 0; i < COUNT(needed); i++) {
		err_clear(&e);
		assert_null(config_need(c, needed[i], &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.cause, needed[i]));
	}
	AUTO(mem_free) char *file = at("t.yaml");
	assert_string_equal(config_file(c), file);
	AUTO(mem_free) char *ca = config_path(c, "identity.ca"), *whole = config_path(c, "identity.abs");
	AUTO(mem_free) char *want = at("ca/root.pem");
	assert_string_equal(ca, want);
	assert_string_equal(whole, "/etc/x");
	assert_null(config_path(c, "identity.none"));
}

static void no_configuration_is_no_crash(void **state)
{
	(void)state;
	struct err e = { 0 };

	assert_string_equal(config_str(NULL, "a", "no"), "no");
	assert_null(config_need(NULL, "a", &e));
	assert_int_equal(config_int(NULL, "a", 7), 7);
	assert_false(config_is(NULL, "a"));
	assert_null(config_at(NULL, "a"));
	assert_string_equal(config_file(NULL), "");
	assert_string_equal(config_province(NULL), "");
	assert_false(config_sandbox(NULL));
	assert_null(config_data_dir(NULL, &e));
	assert_null(config_session_dir(NULL, &e));
	assert_null(config_path(NULL, "a"));
	config_free(NULL);
}

static void bad_files_say_where(void **state)
{
	(void)state;
	static const char *const texts[] = { "a: 1\na: 2\n", "- a\n", "", "just words\n", "province: ../../etc\n", "province: nowhere\n" };
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct err e = { 0 };
		write_file("bad.yaml", texts[i]);
		if (load("bad.yaml", NULL, &e) || e.kind != ERR_CONFIG)
			fail_msg("taken: %s", texts[i]);
	}
	struct err e = { 0 };
	assert_null(load("not-there.yaml", NULL, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.cause, "not-there.yaml"));
}

static void the_file_is_looked_for_at_home(void **state)
{
	(void)state;
	struct err e = { 0 };

	setenv("XDG_CONFIG_HOME", root, 1);
	struct config *none = config_load(NULL, NULL, &e);
	if (none)       /* this machine has /etc/tramky/tramky.yaml */
		config_free(none);
	else
		assert_non_null(strstr(e.cause, "tramky/tramky.yaml"));
	write_file("tramky/tramky.yaml", "where: xdg\n");
	AUTO(config_release) struct config *c = config_load(NULL, NULL, &e);
	assert_string_equal(config_str(c, "where", ""), "xdg");
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", root, 1);
	write_file(".config/tramky/tramky.yaml", "where: home\n");
	AUTO(config_release) struct config *h = config_load(NULL, NULL, &e);
	assert_string_equal(config_str(h, "where", ""), "home");
}

static unsigned mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void the_data_folder_is_private(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(mem_free) char *want = at("deep/data"), *link = at("link");

	write_file("t.yaml", "data: deep/data\n");
	AUTO(config_release) struct config *c = load("t.yaml", NULL, &e);
	assert_string_equal(config_data_dir(c, &e), want);
	assert_int_equal(mode_of(want), 0700);
	chmod(want, 0755);
	assert_non_null(config_data_dir(c, &e));
	assert_int_equal(mode_of(want), 0700);
	assert_int_equal(symlink(want, link), 0);
	write_file("l.yaml", "data: link\n");
	AUTO(config_release) struct config *l = load("l.yaml", NULL, &e);
	assert_null(config_data_dir(l, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	write_file("f.yaml", "data: f.yaml\n");
	AUTO(config_release) struct config *f = load("f.yaml", NULL, &e);
	assert_null(config_data_dir(f, &e));
}

static void data_without_a_name_goes_where_the_system_says(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(mem_free) char *systemd = at("state"), *both = mem_printf("%s:/nowhere", systemd), *xdg = at("xdg/tramky");
	AUTO(mem_free) char *xdg_home = at("xdg");

	write_file("t.yaml", "sandbox: true\n");
	setenv("STATE_DIRECTORY", both, 1);
	AUTO(config_release) struct config *c = load("t.yaml", NULL, &e);
	assert_string_equal(config_data_dir(c, &e), systemd);
	unsetenv("STATE_DIRECTORY");
	setenv("XDG_DATA_HOME", xdg_home, 1);
	AUTO(config_release) struct config *d = load("t.yaml", NULL, &e);
	assert_string_equal(config_data_dir(d, &e), xdg);
	setenv("XDG_DATA_HOME", "relative", 1);
	unsetenv("HOME");
	AUTO(config_release) struct config *n = load("t.yaml", NULL, &e);
	assert_null(config_data_dir(n, &e));
	assert_non_null(strstr(e.cause, "data:"));
	unsetenv("XDG_DATA_HOME");
}

static void another_users_folder_is_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(mem_free) char *dir = at("theirs");

	if (geteuid() != 0)
		skip();
	write_file("t.yaml", "sandbox: true\ndata: theirs\nsession: theirs\n");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chown(dir, 65534, 65534), 0);
	AUTO(config_release) struct config *c = load("t.yaml", NULL, &e);
	assert_null(config_data_dir(c, &e));
	assert_non_null(strstr(e.cause, "another user"));
	assert_null(config_session_dir(c, &e));
}

static void a_session_on_a_disk_is_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct statfs fs;

	assert_int_equal(statfs(root, &fs), 0);
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		skip();         /* this machine keeps /tmp in memory */
	write_file("disk.yaml", "session: s\n");
	AUTO(config_release) struct config *d = load("disk.yaml", NULL, &e);
	assert_null(config_session_dir(d, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.cause, "RAM"));
}

static void a_session_lives_in_memory_only(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(mem_free) char *text = mem_printf("session: /dev/shm/tramky-test-%d\n", (int)getpid());
	AUTO(mem_free) char *shm = mem_printf("/dev/shm/tramky-test-%d", (int)getpid());

	write_file("shm.yaml", text);
	AUTO(config_release) struct config *c = load("shm.yaml", NULL, &e);
	const char *dir = config_session_dir(c, &e);
	assert_non_null(dir);
	assert_string_equal(dir, shm);
	assert_int_equal(mode_of(shm), 0700);
	assert_int_equal(rmdir(shm), 0);
	write_file("sandbox.yaml", "sandbox: true\nsession: s\n");
	AUTO(config_release) struct config *s = load("sandbox.yaml", NULL, &e);
	AUTO(mem_free) char *want = at("s");
	assert_string_equal(config_session_dir(s, &e), want);
}

/* ---- copies of this program in made-up trees ---- */

static int speak(char **argv)
{
	struct err e = { 0 };

	if (strcmp(argv[1], "--share") == 0 || strcmp(argv[1], "--libexec") == 0) {
		AUTO(mem_free) char *path = argv[1][2] == 's' ? path_share(argv[2]) : path_libexec(argv[2]);
		printf("%s", path ? path : "none");
		return 0;
	}
	AUTO(config_release) struct config *c = config_load(argv[2], argv[3], &e);
	AUTO(mem_free) char *text = json_text(config_at(c, ""));
	printf("%s %s %d %s", text, config_province(c), config_sandbox(c), e.cause);
	return 0;
}

/* A copy of this program as root/NAME answers; the caller owns the text. */
static char *ask(const char *name, const char *what, const char *arg, const char *more)
{
	AUTO(buf_free) struct buf self = { 0 };
	struct buf out = { 0 };
	AUTO(fd_close) int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fd_read_all(exe, &self, 1 << 28, NULL), 0);
	write_mode(name, (char *)self.p, self.n, 0755);
	AUTO(mem_free) char *path = at(name), *answer = at("answer");
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open(answer, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, 1);
		execl(path, path, what, arg, more, (char *)NULL);
		_exit(127);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	AUTO(fd_close) int fd = open(answer, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fd_read_all(fd, &out, 1 << 20, NULL), 0);
	return buf_steal(&out);
}

static void check_place(const char *exe, const char *what, const char *name, const char *want)
{
	AUTO(mem_free) char *got = ask(exe, what, name, NULL);
	AUTO(mem_free) char *full = want ? at(want) : mem_str("none");

	if (strcmp(got, full))
		fail_msg("%s %s %s: %s, not %s", exe, what, name, got, full);
}

static void the_place_of_the_program_decides(void **state)
{
	(void)state;
	write_file("b/share/screens/x.yaml", "a: 1\n");
	write_mode("b/libexec/tramky-doc", "", 0, 0755);
	write_file("b/libexec/not-executable", "");
	write_file("usr/share/tramky/screens/x.yaml", "a: 1\n");
	write_mode("usr/libexec/tramky/tramky-doc", "", 0, 0755);
	static const char *const tree[] = { "b/self", "b/tests/self", "b/libexec/self" };
	for (size_t i = 0; i < COUNT(tree); i++) {
		check_place(tree[i], "--share", "screens/x.yaml", "b/share/screens/x.yaml");
		check_place(tree[i], "--libexec", "tramky-doc", "b/libexec/tramky-doc");
	}
	static const char *const installed[] = { "usr/bin/self", "usr/libexec/tramky/self" };
	for (size_t i = 0; i < COUNT(installed); i++) {
		check_place(installed[i], "--share", "screens/x.yaml", "usr/share/tramky/screens/x.yaml");
		check_place(installed[i], "--libexec", "tramky-doc", "usr/libexec/tramky/tramky-doc");
	}
	check_place("b/self", "--share", "screens/none.yaml", NULL);
	check_place("b/self", "--share", "../libexec/tramky-doc", NULL);
	check_place("b/self", "--share", "/etc/passwd", NULL);
	check_place("b/self", "--libexec", "not-executable", NULL);
	check_place("b/deeper/self", "--share", "screens/x.yaml", NULL);
}

static void check_config(const char *file, const char *province, const char *want)
{
	AUTO(mem_free) char *path = at(file);
	AUTO(mem_free) char *got = ask("b/self", "--config", path, province);

	if (strncmp(got, want, strlen(want)))
		fail_msg("%s, not %s", got, want);
}

static void the_configuration_lies_over_its_province(void **state)
{
	(void)state;
	write_file("b/share/screens/provinces/thunghiem/province.yaml",
		   "sandbox: true\nname: Tỉnh Thử\nlimits: { files: 5, mb: 6 }\nlist: [1, 2]\n");
	write_file("b/share/screens/provinces/khac/province.yaml", "name: Khác\n");
	write_file("b/share/screens/provinces/hong/province.yaml", "- a\n");
	write_file("plain.yaml", "province: thunghiem\nlimits: { mb: 15 }\nlist: [3]\n");
	check_config("plain.yaml", NULL, "{\"province\":\"thunghiem\",\"limits\":{\"mb\":15,\"files\":5},\"list\":[3],"
					 "\"sandbox\":false,\"name\":\"Tỉnh Thử\"} thunghiem 0 ");
	check_config("plain.yaml", "khac", "{\"province\":\"khac\",\"limits\":{\"mb\":15},\"list\":[3],\"sandbox\":false,\"name\":\"Khác\"} khac 0 ");
	check_config("plain.yaml", "hong", "null  0 ");
	check_config("plain.yaml", "khong-co", "null  0 province khong-co: ");
	check_config("plain.yaml", "../x", "null  0 province: ");
	write_file("on.yaml", "sandbox: true\nprovince: khac\n");
	check_config("on.yaml", NULL, "{\"sandbox\":true,\"province\":\"khac\",\"name\":\"Khác\"} khac 1 ");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return speak(argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_by_dotted_path, setup, teardown),
		cmocka_unit_test_setup_teardown(no_configuration_is_no_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_files_say_where, setup, teardown),
		cmocka_unit_test_setup_teardown(the_file_is_looked_for_at_home, setup, teardown),
		cmocka_unit_test_setup_teardown(the_data_folder_is_private, setup, teardown),
		cmocka_unit_test_setup_teardown(data_without_a_name_goes_where_the_system_says, setup, teardown),
		cmocka_unit_test_setup_teardown(another_users_folder_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_session_on_a_disk_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_session_lives_in_memory_only, setup, teardown),
		cmocka_unit_test_setup_teardown(the_place_of_the_program_decides, setup, teardown),
		cmocka_unit_test_setup_teardown(the_configuration_lies_over_its_province, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
