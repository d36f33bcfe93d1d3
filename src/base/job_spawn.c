#include "base/job_spawn.h"

#include "base/config.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a helper may know of its surroundings. No proxy variable: who is asked is said by the configuration alone. */
static const char *const kept[] = {
	"HOME", "LANG", "LC_ALL", "LC_CTYPE", "LANGUAGE", "TZ", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME",
	"XDG_CONFIG_HOME", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY", "TRAMKY_TEST_NOW", "TRAMKY_TEST_SYNC",
	"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS",
};
enum { ENV_MAX = COUNT(kept) + 2, ARG_MAX_ = 10, FD_FLOOR = 10 };

/* All that the child needs, made before fork(): between fork and exec only async-signal-safe calls are made. */
struct plan {
	char *path;
	const char *argv[ARG_MAX_];
	char *env[ENV_MAX];
	int sock, null, log;
	pid_t parent;
	bool outlives;
};

const char *job_kind_name(enum job_kind kind)
{
	switch (kind) {
	case JOB_DOC: return "doc";
	case JOB_NET: return "net";
	case JOB_TOKEN: return "token";
	case JOB_SCAN: return "scan";
	case JOB_STORE: return "store";
	case JOB_KIND_COUNT: break;
	}
	return "?";
}

static void plan_release(struct plan *p)
{
	for (size_t i = 0; i < ENV_MAX; i++)
		free(p->env[i]);
	free(p->path);
	fd_close(&p->sock);
	fd_close(&p->null);
	fd_close(&p->log);
}

static void plan_env(struct plan *p)
{
	size_t n = 0;

	p->env[n++] = mem_str("PATH=/usr/bin:/bin");
	for (size_t i = 0; i < COUNT(kept); i++) {
		const char *value = getenv(kept[i]);
		if (value)
			p->env[n++] = mem_printf("%s=%s", kept[i], value);
	}
}

/* A helper's last words (a library's complaint, a sanitizer's report) go to a file, never onto the terminal. */
static int open_log(const struct config *c)
{
	const char *dir = config_data_dir(c, NULL);
	if (!dir)
		return -1;
	AUTO(mem_free) char *folder = mem_printf("%s/log", dir);
	AUTO(mem_free) char *file = mem_printf("%s/jobs.log", folder);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -1;
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, FD_FLOOR);
	close(fd);
	return high;
}

static int plan_fds(struct plan *p, const struct config *c, int sock, struct err *e)
{
	/* Above FD_FLOOR, so that moving them to 0-3 in the child never runs over one another. */
	AUTO(fd_close) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	p->sock = fcntl(sock, F_DUPFD_CLOEXEC, FD_FLOOR);
	p->null = null < 0 ? -1 : fcntl(null, F_DUPFD_CLOEXEC, FD_FLOOR);
	if (p->sock < 0 || p->null < 0)
		return err_set(e, ERR_INTERNAL, "descriptors for a helper: %s", strerror(errno));
	p->log = open_log(c);
	return 0;
}

static int plan_program(struct plan *p, const struct config *c, enum job_kind kind, unsigned flags, struct err *e)
{
	char name[32];
	size_t n = 0;

	snprintf(name, sizeof name, "tramky-%s", job_kind_name(kind));
	p->path = path_libexec(name);
	if (!p->path || access(p->path, X_OK) < 0)
		return err_set(e, ERR_INTERNAL, "no program %s", name);
	p->argv[n++] = p->path;
	if (config_file(c)) {
		p->argv[n++] = "--config";
		p->argv[n++] = config_file(c);
	}
	if (config_province(c) && config_province(c)[0]) {
		p->argv[n++] = "--province";
		p->argv[n++] = config_province(c);
	}
	if (flags & JOB_RESIDENT)
		p->argv[n++] = "--resident";
	if (flags & JOB_OUTLIVES)
		p->argv[n++] = "--outlives";
	p->outlives = flags & JOB_OUTLIVES;
	plan_env(p);
	return 0;
}

/* Handlers fall back by themselves at exec; what the screen ignores would stay ignored. */
static void default_signals(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child(const struct plan *p)
{
	int out = p->log >= 0 ? p->log : p->null;

	if (p->outlives) {
		/* A session of its own: the hang-up of the terminal does not reach it. */
		setsid();
	} else {
		setpgid(0, 0);
		/* The parent may have died before the death signal was set: then nobody would ever send it. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != p->parent)
			_exit(126);
	}
	if (dup2(p->null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || dup2(p->sock, 3) < 0)
		_exit(126);
	if (close_range(4, ~0U, 0) < 0)
		_exit(126);
	default_signals();
	execve(p->path, (char *const *)p->argv, p->env);
	_exit(127);
}

pid_t job_spawn(const struct config *c, enum job_kind kind, unsigned flags, int sock, struct err *e)
{
	AUTO(plan_release) struct plan p = { .sock = -1, .null = -1, .log = -1, .parent = getpid() };
	sigset_t all, before;

	if (plan_program(&p, c, kind, flags, e) < 0 || plan_fds(&p, c, sock, e) < 0)
		return -1;
	/* The screen's handlers must not run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid_t pid = fork();
	if (pid == 0)
		child(&p);
	int failed = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return err_set(e, ERR_INTERNAL, "fork: %s", strerror(failed));
	if (!p.outlives)
		setpgid(pid, pid);                   /* here too: a kill of the group must never come too early */
	return pid;
}
