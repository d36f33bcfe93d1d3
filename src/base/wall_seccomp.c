/* Which system calls a helper may make: a list of what ordinary work needs; the rest does not exist for it (ENOSYS, so
 * that a newer C library falls back to an older call), and what only an attacker asks for ends the process. */
#include "base/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/mem.h"

#ifdef TRAMKY_SAN
/* Sanitizers look around (ptrace for leaks, personality, their own threads): only written to the audit log. */
#define UNKNOWN SCMP_ACT_LOG
#define HOSTILE SCMP_ACT_LOG
#define REFUSED SCMP_ACT_LOG
#else
#define UNKNOWN SCMP_ACT_ERRNO(ENOSYS)
#define HOSTILE SCMP_ACT_KILL_PROCESS
#define REFUSED SCMP_ACT_ERRNO(EACCES)
#endif

static const char *const ordinary[] = {
	/* files */
	"access", "faccessat", "faccessat2", "open", "openat", "openat2", "close", "close_range", "read", "pread64", "readv",
	"preadv", "write", "pwrite64", "writev", "pwritev", "lseek", "dup", "dup2", "dup3", "fcntl", "flock", "fsync",
	"fdatasync", "sync_file_range", "ftruncate", "truncate", "fallocate", "fadvise64", "stat", "fstat", "lstat",
	"newfstatat", "statx", "statfs", "fstatfs", "getdents64", "getcwd", "chdir", "readlink", "readlinkat", "rename",
	"renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod",
	"fchmodat", "fchown", "umask",
	"utimensat", "copy_file_range", "sendfile", "splice", "pipe", "pipe2", "memfd_create",
	/* memory */
	"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "mlock", "mlock2", "munlock", "msync", "mincore", "membarrier",
	/* threads, signals, time */
	"futex", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "arch_prctl", "prctl", "sched_yield",
	"sched_getaffinity", "getcpu", "gettid", "getpid", "getppid", "getpgid", "getpgrp", "getsid", "getuid", "geteuid",
	"getgid", "getegid", "getgroups", "getresuid", "getresgid", "getrlimit", "setrlimit", "prlimit64", "getrusage", "times",
	"sysinfo", "uname", "getrandom", "exit", "exit_group", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending",
	"rt_sigtimedwait", "rt_sigsuspend", "sigaltstack", "tgkill", "restart_syscall", "pause", "alarm", "setitimer",
	"getitimer", "time", "gettimeofday", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "timerfd_create",
	"timerfd_settime", "timerfd_gettime",
	/* waiting and the socket on descriptor 3 */
	"poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"eventfd2", "sendmsg", "sendto", "sendmmsg", "recvmsg", "recvfrom", "recvmmsg", "shutdown", "getsockopt", "setsockopt",
	"getsockname", "getpeername", "socketpair",
};
static const char *const networking[] = { "connect", "bind" };
static const char *const children[] = {
	"execve", "fork", "vfork", "kill", "wait4", "waitid", "setpgid", "setsid", "pidfd_open", "pidfd_send_signal",
};
static const char *const hostile[] = {
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "mount", "umount2", "move_mount",
	"open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr", "pivot_root", "chroot", "bpf", "keyctl",
	"add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"swapon", "swapoff", "setns", "unshare", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "quotactl", "acct", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm",
	"open_by_handle_at", "name_to_handle_at", "modify_ldt", "syslog", "sethostname", "setdomainname", "vhangup", "execveat",
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "capset", "mknod", "mknodat",
};

/* seccomp rules by name; a name that this processor does not have is no loss. */
static int add_names(scmp_filter_ctx f, uint32_t action, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);
		/* libseccomp refuses a rule that says what the default says already */
		if (nr == __NR_SCMP_ERROR || action == UNKNOWN)
			continue;
		int rc = seccomp_rule_add(f, action, nr, 0);
		if (rc < 0 && rc != -EDOM)
			return rc;
	}
	return 0;
}

/* libseccomp's own macros leave a field out, which clang does not let pass. */
static struct scmp_arg_cmp arg(unsigned n, enum scmp_compare how, uint64_t a, uint64_t b)
{
	return (struct scmp_arg_cmp){ .arg = n, .op = how, .datum_a = a, .datum_b = b };
}

static int add_socket(scmp_filter_ctx f, int family, bool route_only)
{
	struct scmp_arg_cmp is_family = arg(0, SCMP_CMP_EQ, (uint64_t)family, 0);
	if (!route_only)
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, is_family);
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, is_family,
				arg(2, SCMP_CMP_EQ, NETLINK_ROUTE, 0));
}

/* Families by kind; every other one is refused. A missing rule would fall to ENOSYS: EACCES says what it is. */
static int add_sockets(scmp_filter_ctx f, enum job_kind kind)
{
	int rc = 0;

	switch (kind) {
	case JOB_NET:
		rc = add_socket(f, AF_INET, false);
		if (rc == 0)
			rc = add_socket(f, AF_INET6, false);
		if (rc == 0)
			rc = add_socket(f, AF_NETLINK, true);        /* getaddrinfo asks which addresses the host has */
		if (rc == 0)
			rc = add_socket(f, AF_UNIX, false);          /* nscd, systemd-resolved */
		return rc;
	case JOB_TOKEN:
		return add_socket(f, AF_UNIX, false);                /* pcscd */
	case JOB_DOC:
	case JOB_SCAN:
	case JOB_STORE:
#ifdef TRAMKY_SAN
		return 0;
#else
		return seccomp_rule_add(f, REFUSED, SCMP_SYS(socket), 0);
#endif
	case JOB_KIND_COUNT:
		break;
	}
	return -EINVAL;
}

/* clone3 hides its flags in memory, where no filter looks: it does not exist, and the C library takes clone. */
static int add_clone(scmp_filter_ctx f, bool may_fork)
{
	const uint64_t spaces = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
		CLONE_NEWCGROUP;

	if (may_fork)
		return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, arg(0, SCMP_CMP_MASKED_EQ, spaces, 0));
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				arg(0, SCMP_CMP_MASKED_EQ, spaces | CLONE_THREAD, CLONE_THREAD));
}

/* Few ioctls are of use: a question about the terminal, of descriptors, of USB devices (type 'U'); never one that pushes
 * input into a terminal (TIOCSTI). */
static int add_ioctl(scmp_filter_ctx f, enum job_kind kind)
{
	static const uint32_t known[] = { TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT(known); i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, arg(1, SCMP_CMP_EQ, known[i], 0));
	if (rc == 0 && (kind == JOB_TOKEN || kind == JOB_SCAN))
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, arg(1, SCMP_CMP_MASKED_EQ, 0xff00, 'U' << 8));
	return rc;
}

static bool has_children(enum job_kind kind)
{
	return kind == JOB_DOC || kind == JOB_TOKEN;
}

static int add_all(scmp_filter_ctx f, enum job_kind kind)
{
	bool may_fork = has_children(kind), talks = kind == JOB_NET || kind == JOB_TOKEN;
	int rc = add_names(f, SCMP_ACT_ALLOW, ordinary, COUNT(ordinary));

	if (rc == 0 && talks)
		rc = add_names(f, SCMP_ACT_ALLOW, networking, COUNT(networking));
	if (rc == 0 && may_fork)
		rc = add_names(f, SCMP_ACT_ALLOW, children, COUNT(children));
	if (rc == 0 && !may_fork)
		rc = add_names(f, HOSTILE, (const char *const[]){ "execve" }, 1);
	if (rc == 0)
		rc = add_names(f, HOSTILE, hostile, COUNT(hostile));
	if (rc == 0)
		rc = add_sockets(f, kind);
	if (rc == 0)
		rc = add_clone(f, may_fork);
	if (rc == 0)
		rc = add_ioctl(f, kind);
	return rc;
}

int wall_calls_close(enum job_kind kind, struct err *e)
{
	scmp_filter_ctx f = seccomp_init(UNKNOWN);
	int rc = f ? 0 : -ENOMEM;

	if (rc == 0)
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 1);
	/* A call in another architecture's numbering (x32, i386) would pass the list unseen. */
	if (rc == 0)
		rc = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = add_all(f, kind);
	if (rc == 0)
		rc = seccomp_load(f);
	if (f)
		seccomp_release(f);
	return rc < 0 ? err_set(e, ERR_CONFIG, "seccomp: %s", strerror(-rc)) : 0;
}
