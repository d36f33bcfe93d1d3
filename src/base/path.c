/* Where the program's own files are, by the place of the executable alone: no variable can point a counter elsewhere. */
#include "base/config.h"
#include "base/mem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *exe_dir(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	return slash ? mem_strn(exe, (size_t)(slash - exe)) : NULL;
}

/* The part of dir before "/TAIL", or NULL when it does not end so. */
static char *parent_if(const char *dir, const char *tail)
{
	size_t n = strlen(dir), t = strlen(tail);

	if (n <= t + 1 || dir[n - t - 1] != '/' || strcmp(dir + n - t, tail) != 0)
		return NULL;
	return mem_strn(dir, n - t - 1);
}

/* BASE/inner/name when that can be reached with `mode`. Frees base. */
static char *candidate(char *base, const char *inner, const char *name, int mode)
{
	AUTO(mem_free) char *own = base;
	AUTO(mem_free) char *path = own ? mem_printf("%s/%s/%s", own, inner, name) : NULL;

	return path && access(path, mode) == 0 ? STEAL(&path) : NULL;
}

static char *find(const char *name, const char *in_tree, const char *installed, int mode)
{
	static const char *const tree_rooms[] = { "libexec", "tests", "fuzz", "bench" };
	static const char *const installed_rooms[] = { "bin", "libexec/tramky" };
	AUTO(mem_free) char *dir = exe_dir();

	if (!dir || !name || *name == '/' || strstr(name, ".."))
		return NULL;
	char *found = candidate(mem_str(dir), in_tree, name, mode);
	for (size_t i = 0; !found && i < COUNT(tree_rooms); i++)
		found = candidate(parent_if(dir, tree_rooms[i]), in_tree, name, mode);
	for (size_t i = 0; !found && i < COUNT(installed_rooms); i++)
		found = candidate(parent_if(dir, installed_rooms[i]), installed, name, mode);
	return found;
}

char *path_share(const char *name)
{
	return find(name, "share", "share/tramky", F_OK);
}

char *path_libexec(const char *program)
{
	return find(program, "libexec", "libexec/tramky", X_OK);
}
