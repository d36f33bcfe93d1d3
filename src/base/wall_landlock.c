/* Landlock by system call number: Debian 12's headers know ABI 2, running kernels offer more. */
#include "base/wall.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Added by ABI 3, 4, 5 and 6 (Documentation/userspace-api/landlock.rst). */
#define FS_TRUNCATE  (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_BIND     (1ULL << 0)
#define NET_CONNECT  (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0)
#define SCOPE_SIGNAL        (1ULL << 1)

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

#define FS_READ    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE   (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | FS_TRUNCATE)
#define FS_DEVICE  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_IOCTL_DEV)
/* What makes sense for a rule on a single file. */
#define FS_OF_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | \
		    FS_TRUNCATE | FS_IOCTL_DEV)

struct wall_files {
	int fd;
	uint64_t handled;
};

int wall_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi < 0 ? 0 : (int)abi;
}

struct wall_files *wall_files_new(bool tcp)
{
	int abi = wall_landlock_abi();
	struct ruleset_attr attr = { .fs = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1 };
	size_t size = sizeof attr.fs;

	if (abi < 1)
		return NULL;
	if (abi >= 2)
		attr.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		attr.fs |= FS_TRUNCATE;
	if (abi >= 4) {
		attr.net = tcp ? NET_BIND : NET_BIND | NET_CONNECT;
		size += sizeof attr.net;
	}
	if (abi >= 5)
		attr.fs |= FS_IOCTL_DEV;
	if (abi >= 6) {
		attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
		size += sizeof attr.scoped;
	}
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd < 0)
		return NULL;
	struct wall_files *w = mem_alloc(sizeof *w);
	*w = (struct wall_files){ .fd = fd, .handled = attr.fs };
	return w;
}

void wall_files_allow(struct wall_files *w, const char *path, unsigned access)
{
	uint64_t allowed = (access & WALL_READ ? FS_READ : 0) | (access & WALL_WRITE ? FS_WRITE : 0) |
		(access & WALL_EXECUTE ? LANDLOCK_ACCESS_FS_EXECUTE : 0) | (access & WALL_DEVICE ? FS_DEVICE : 0);
	struct stat st;

	if (!w || !path)
		return;
	AUTO(fd_close) int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode))
		allowed &= FS_OF_FILE;
	struct landlock_path_beneath_attr rule = { .allowed_access = allowed & w->handled, .parent_fd = fd };
	syscall(SYS_landlock_add_rule, w->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int wall_files_close(struct wall_files *w, struct err *e)
{
	int rc = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 : (int)syscall(SYS_landlock_restrict_self, w->fd, 0);

	if (rc < 0)
		err_set(e, ERR_CONFIG, "landlock_restrict_self: %s", strerror(errno));
	close(w->fd);
	free(w);
	return rc;
}
