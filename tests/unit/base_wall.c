/* Walls, tried by somebody who wants out: every case forks, raises the wall of a kind and does one thing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/config.h"
#include "base/job.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/tramky-wall-XXXXXX";
static char *outside, *inside, *trust_file, *ca_file, *config_path_;
static struct config *config;

/* What became of the attempt: 0, an errno, or 1000 + the signal that ended it. */
enum { SIGNALLED = 1000, NO_WALL = 250 };

static int in_child(enum job_kind kind, int (*act)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		struct err e = { 0 };
		wall_raise(kind, config, &e);
		if (e.kind != ERR_NONE)
			_exit(NO_WALL);
		_exit(act());
	}
	int status = 0;
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int read_passwd(void)  { return try_open("/etc/passwd", O_RDONLY); }
static int write_passwd(void) { return try_open("/etc/passwd", O_WRONLY); }
static int list_home(void)    { return try_open(getenv("HOME") ? getenv("HOME") : "/root", O_RDONLY | O_DIRECTORY); }
static int read_outside(void) { return try_open(outside, O_RDONLY); }
static int write_outside(void) { return try_open(outside, O_WRONLY); }
static int make_outside(void)
{
	AUTO(mem_free) char *path = mem_printf("%s/new", dir);
	return try_open(path, O_WRONLY | O_CREAT);
}
static int write_data(void)
{
	AUTO(mem_free) char *path = mem_printf("%s/new", inside);
	AUTO(mem_free) char *to = mem_printf("%s/moved", inside);
	int rc = try_open(path, O_RDWR | O_CREAT);
	if (rc == 0 && (truncate(path, 0) < 0 || rename(path, to) < 0 || unlink(to) < 0))
		rc = errno;
	return rc;
}
static int read_usr(void)    { return try_open("/usr/bin/env", O_RDONLY); }
static int write_usr(void)   { return try_open("/usr/bin/env", O_WRONLY); }
static int read_trust(void)  { return try_open(trust_file, O_RDONLY); }
static int write_trust(void) { return try_open(trust_file, O_WRONLY); }
static int read_ca(void)     { return try_open(ca_file, O_RDONLY); }
static int write_ca(void)    { return try_open(ca_file, O_WRONLY); }
/* A machine without the file has nothing to refuse. */
static int read_hosts(void)  { int rc = try_open("/etc/hosts", O_RDONLY); return rc == ENOENT ? 0 : rc; }

static int make_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}
static int inet(void)    { return make_socket(AF_INET, SOCK_STREAM); }
static int inet6(void)   { return make_socket(AF_INET6, SOCK_DGRAM); }
static int local(void)   { return make_socket(AF_UNIX, SOCK_STREAM); }
static int packets(void) { return make_socket(AF_PACKET, SOCK_RAW); }
static int high_bits(void)
{
	/* the kernel looks at 32 bits of the family, a filter at 64 */
	return syscall(SYS_socket, 0xffffffff00000000UL | AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}
static int listens(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(45999) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0 ? 0 : errno;
}

static int shell(void)
{
	execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
	return errno;
}
static int fork_child(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}
static int trace_parent(void) { return ptrace(PTRACE_ATTACH, getppid(), 0, 0) < 0 ? errno : 0; }
static int mount_over(void)   { return mount("none", "/mnt", "tmpfs", 0, NULL) < 0 ? errno : 0; }
static int new_user(void)     { return syscall(SYS_unshare, 0x10000000) < 0 ? errno : 0; }
static int keys(void)         { return syscall(SYS_keyctl, 0, -4, 0) < 0 ? errno : 0; }
static int load_module(void)  { return syscall(SYS_init_module, "", 0, "") < 0 ? errno : 0; }
static int load_bpf(void)     { return syscall(SYS_bpf, 0, NULL, 0) < 0 ? errno : 0; }
static int ring(void)         { return syscall(SYS_io_uring_setup, 1, NULL) < 0 ? errno : 0; }
static int become_root(void)  { return setuid(getuid()) < 0 ? errno : 0; }
static int dump_core(void)
{
	struct rlimit r;
	getrlimit(RLIMIT_CORE, &r);
	return r.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0;
}
static int eat_memory(void)
{
	void *p = mmap(NULL, (size_t)2 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? errno : 0;
}
static void *nothing(void *p) { return p; }
static int thread(void)
{
	pthread_t id;
	int rc = pthread_create(&id, NULL, nothing, NULL);
	return rc ? rc : pthread_join(id, NULL);
}

static const struct {
	const char *name;
	enum job_kind kind;
	int (*act)(void);
	int want, or;
} cases[] = {
	{ "doc reads no password file",          JOB_DOC,   read_passwd,   EACCES, 0 },
	{ "doc writes no password file",         JOB_DOC,   write_passwd,  EACCES, 0 },
	{ "doc does not list a home",            JOB_DOC,   list_home,     EACCES, 0 },
	{ "doc reads no foreign file",           JOB_DOC,   read_outside,  EACCES, 0 },
	{ "doc makes no file",                   JOB_DOC,   make_outside,  EACCES, 0 },
	{ "doc does not touch drafts",           JOB_DOC,   write_data,    EACCES, 0 },
	{ "doc reads programs and fonts",        JOB_DOC,   read_usr,      0, 0 },
	{ "doc writes no program",               JOB_DOC,   write_usr,     EACCES, 0 },
	{ "doc reads the trust folder",          JOB_DOC,   read_trust,    0, 0 },
	{ "doc does not change the trust folder", JOB_DOC,  write_trust,   EACCES, 0 },
	{ "doc has no internet",                 JOB_DOC,   inet,          EACCES, 0 },
	{ "doc has no IPv6",                     JOB_DOC,   inet6,         EACCES, 0 },
	{ "doc has no local sockets",            JOB_DOC,   local,         EACCES, 0 },
	{ "doc hides no family in high bits",    JOB_DOC,   high_bits,     EACCES, 0 },
	{ "doc runs no shell",                   JOB_DOC,   shell,         EACCES, 0 },
	{ "doc may have children",               JOB_DOC,   fork_child,    0, 0 },
	{ "doc traces nobody",                   JOB_DOC,   trace_parent,  SIGNALLED + SIGSYS, 0 },
	{ "doc mounts nothing",                  JOB_DOC,   mount_over,    SIGNALLED + SIGSYS, 0 },
	{ "doc makes no namespace",              JOB_DOC,   new_user,      SIGNALLED + SIGSYS, 0 },
	{ "doc leaves no core",                  JOB_DOC,   dump_core,     EPERM, 0 },
	{ "doc has a gigabyte",                  JOB_DOC,   eat_memory,    ENOMEM, 0 },
	{ "doc has threads",                     JOB_DOC,   thread,        0, 0 },
	{ "net reads no password file",          JOB_NET,   read_passwd,   EACCES, 0 },
	{ "net writes nothing",                  JOB_NET,   write_outside, EACCES, 0 },
	{ "net does not touch drafts",           JOB_NET,   write_data,    EACCES, 0 },
	{ "net reads hosts",                     JOB_NET,   read_hosts,    0, 0 },
	{ "net reads a certificate that the configuration names", JOB_NET, read_ca, 0, 0 },
	{ "net does not change that certificate", JOB_NET,  write_ca,      EACCES, 0 },
	{ "net has the internet",                JOB_NET,   inet,          0, 0 },
	{ "net listens to nobody",               JOB_NET,   listens,       EACCES, ENOSYS },
	{ "net sends no raw packets",            JOB_NET,   packets,       ENOSYS, 0 },
	{ "net runs no program",                 JOB_NET,   shell,         SIGNALLED + SIGSYS, 0 },
	{ "net has no children",                 JOB_NET,   fork_child,    ENOSYS, 0 },
	{ "net has threads",                     JOB_NET,   thread,        0, 0 },
	{ "net reads no keys of the kernel",     JOB_NET,   keys,          SIGNALLED + SIGSYS, 0 },
	{ "store writes its folder",             JOB_STORE, write_data,    0, 0 },
	{ "store reads nothing else",            JOB_STORE, read_outside,  EACCES, 0 },
	{ "store writes nothing else",           JOB_STORE, write_outside, EACCES, 0 },
	{ "store has no internet",               JOB_STORE, inet,          EACCES, 0 },
	{ "store has no local sockets",          JOB_STORE, local,         EACCES, 0 },
	{ "store runs no program",               JOB_STORE, shell,         SIGNALLED + SIGSYS, 0 },
	{ "store has no children",               JOB_STORE, fork_child,    ENOSYS, 0 },
	{ "store has threads",                   JOB_STORE, thread,        0, 0 },
	{ "store loads no module",               JOB_STORE, load_module,   SIGNALLED + SIGSYS, 0 },
	{ "store loads no bpf",                  JOB_STORE, load_bpf,      SIGNALLED + SIGSYS, 0 },
	{ "store has no io_uring",               JOB_STORE, ring,          SIGNALLED + SIGSYS, 0 },
	{ "store changes no user",               JOB_STORE, become_root,   SIGNALLED + SIGSYS, 0 },
	{ "scan has no internet",                JOB_SCAN,  inet,          EACCES, 0 },
	{ "scan reads no password file",         JOB_SCAN,  read_passwd,   EACCES, 0 },
	{ "token reaches pcscd",                 JOB_TOKEN, local,         0, 0 },
	{ "token has no internet",               JOB_TOKEN, inet,          ENOSYS, 0 },
};

static void nobody_gets_out(void **state)
{
	int failed = 0;

	(void)state;
#ifdef TRAMKY_SAN
	print_message("skipped: sanitizers need more than a wall gives\n");
	skip();
#endif
	if (wall_landlock_abi() == 0) {
		print_message("skipped: this kernel has no landlock\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(cases); i++) {
		int got = in_child(cases[i].kind, cases[i].act);
		if (got != cases[i].want && (cases[i].or == 0 || got != cases[i].or)) {
			print_error("%s: %d, expected %d\n", cases[i].name, got, cases[i].want);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

/* ---- the children of doc --------------------------------------------------------------------------------------------- */

static const char page[] =
	"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
	"4 0 obj<</Length 42>>stream\nBT /F1 24 Tf 50 100 Td (behind walls) Tj ET\nendstream endobj\n"
	"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n";

/* Runs argv behind the wall of doc with a sealed memfd as descriptor `in`, its output in `out`. */
static int run_doc_child(const char *const *argv, int in, int out)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct err e = { 0 };
		wall_raise(JOB_DOC, config, &e);
		if (e.kind != ERR_NONE)
			_exit(NO_WALL);
		pid_t inner = fork();                        /* as the helper does it: the wall is inherited */
		if (inner == 0) {
			dup2(out, 1);
			dup2(in, 9);
			execv(argv[0], (char *const *)argv);
			_exit(errno);
		}
		int status = 0;
		waitpid(inner, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 200);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_readers_of_doc_work_behind_its_wall(void **state)
{
	static const char *const words[] = { "/usr/bin/pdftotext", "-q", "-layout", "/dev/fd/9", "-", NULL };
	static const char *const grey[] = { "/usr/bin/pdftoppm", "-q", "-gray", "-r", "20", "/dev/fd/9", NULL };
	struct err e = { 0 };

	(void)state;
	if (access(words[0], X_OK) < 0 || access(grey[0], X_OK) < 0) {
		print_message("skipped: poppler-utils are not here\n");
		skip();
	}
	AUTO(fd_close) int in = fd_memfd("page", &e);
	AUTO(fd_close) int text = fd_memfd("text", &e);
	AUTO(fd_close) int picture = fd_memfd("picture", &e);
	AUTO(buf_free) struct buf got = { 0 }, image = { 0 };
	assert_int_equal(fd_write_all(in, page, sizeof page - 1, &e), 0);
	assert_int_equal(fd_seal(in, &e), 0);
	assert_int_equal(run_doc_child(words, in, text), 0);
	assert_int_equal(fd_read_all(text, &got, 10000, &e), 0);
	assert_non_null(strstr((char *)got.p, "behind walls"));
	assert_int_equal(run_doc_child(grey, in, picture), 0);
	assert_int_equal(fd_read_all(picture, &image, 1 << 20, &e), 0);
	assert_memory_equal(image.p, "P5", 2);
	/* letters are dark: the font was found and drawn */
	size_t dark = 0;
	for (size_t i = 20; i < image.n; i++)
		dark += image.p[i] < 128;
	assert_true(dark > 5);
}

/* ---- a kernel without landlock ------------------------------------------------------------------------------------- */

/* Makes landlock_create_ruleset answer ENOSYS, as a kernel built without it does. */
static void take_landlock_away(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = COUNT(code), .filter = code };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		_exit(NO_WALL);
}

/* Exit code of a child: the error kind of wall_raise, or 100 + the walls that stand. */
static int without_landlock(const char *text)
{
	struct err e = { 0 };

	assert_int_equal(file_replace(config_path_, text, strlen(text), 0600, &e), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct config *c = config_load(config_path_, NULL, &e);
		take_landlock_away();
		unsigned walls = wall_raise(JOB_STORE, c, &e);
		_exit(e.kind != ERR_NONE ? (int)e.kind : 100 + (int)walls);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void production_refuses_a_kernel_without_landlock(void **state)
{
	(void)state;
	assert_int_equal(without_landlock("sandbox: false\ndata: data\n"), ERR_CONFIG);
	assert_int_equal(without_landlock("sandbox: true\ndata: data\n"), 100 + WALL_SECCOMP + WALL_LIMITS);
}

static int prepare(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	config_path_ = mem_printf("%s/tramky.yaml", dir);
	outside = mem_printf("%s/outside", dir);
	inside = mem_printf("%s/data", dir);
	trust_file = mem_printf("%s/trust/root.pem", dir);
	ca_file = mem_printf("%s/ca.pem", dir);
	AUTO(mem_free) char *trust = mem_printf("%s/trust", dir);
	static const char text[] = "sandbox: true\ndata: data\ntrust: trust\nidentity:\n  ca: ca.pem\n";
	if (file_mkdirs(trust, 0700, &e) < 0 || file_mkdirs(inside, 0700, &e) < 0 || file_replace(outside, "x", 1, 0600, &e) < 0 ||
	    file_replace(trust_file, "x", 1, 0600, &e) < 0 || file_replace(ca_file, "x", 1, 0600, &e) < 0 ||
	    file_replace(config_path_, text, sizeof text - 1, 0600, &e) < 0)
		return -1;
	config = config_load(config_path_, NULL, &e);
	return config ? 0 : -1;
}

static int clean(void **state)
{
	AUTO(mem_free) char *line = mem_printf("rm -rf '%s'", dir);

	(void)state;
	config_free(config);
	free(config_path_);
	free(outside);
	free(inside);
	free(trust_file);
	free(ca_file);
	return system(line);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_gets_out),
		cmocka_unit_test(the_readers_of_doc_work_behind_its_wall),
		cmocka_unit_test(production_refuses_a_kernel_without_landlock),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, prepare, clean);
}
