#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct config {
	json_t *root;
	char *file, *province;
	char *data, *session;   /* absolute; NULL: neither configuration nor environment names one */
	bool sandbox;
};

void config_free(struct config *c)
{
	if (!c)
		return;
	json_decref(c->root);
	free(c->file);
	free(c->province);
	free(c->data);
	free(c->session);
	free(c);
}

void config_release(struct config **c)
{
	config_free(*c);
	*c = NULL;
}

/* An absolute directory from the environment; NULL otherwise (XDG: relative ones are to be ignored). */
static const char *env_dir(const char *name)
{
	const char *s = getenv(name);
	return s && *s == '/' ? s : NULL;
}

static char *user_file(void)
{
	const char *xdg = env_dir("XDG_CONFIG_HOME"), *home = env_dir("HOME");

	if (xdg)
		return mem_printf("%s/tramky/tramky.yaml", xdg);
	return home ? mem_printf("%s/.config/tramky/tramky.yaml", home) : NULL;
}

/* The caller owns the path. NULL with ERR_CONFIG that says which file to write. */
static char *find_file(const char *path, struct err *e)
{
	static const char system_file[] = "/etc/tramky/tramky.yaml";
	AUTO(mem_free) char *own = path ? mem_str(path) : user_file();

	if (own && (path || access(own, F_OK) == 0 || access(system_file, F_OK) < 0)) {
		char *real = realpath(own, NULL);
		if (!real && path)
			err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
		else if (!real)
			err_set(e, ERR_CONFIG, "no configuration: write %s or %s, or use --config FILE", own, system_file);
		return real;
	}
	char *real = realpath(system_file, NULL);
	if (!real)
		err_set(e, ERR_CONFIG, "no configuration: write %s, or use --config FILE", system_file);
	return real;
}

/* Lays `under` below `over`: what `over` says stays, maps are joined. */
static void lay_under(json_t *over, json_t *under)
{
	const char *key;
	json_t *v;

	json_object_foreach(under, key, v) {
		json_t *mine = json_object_get(over, key);
		if (!mine)
			json_object_set(over, key, v);
		else if (json_is_object(mine) && json_is_object(v))
			lay_under(mine, v);
	}
}

static bool is_id(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return n > 0 && n <= 40 && !s[n];
}

static int add_province(struct config *c, const char *id, struct err *e)
{
	if (!is_id(id))
		return err_set(e, ERR_CONFIG, "province: an id is small letters and digits");
	AUTO(mem_free) char *name = mem_printf("screens/provinces/%s/province.yaml", id);
	AUTO(mem_free) char *path = path_share(name);
	if (!path)
		return err_set(e, ERR_CONFIG, "province %s: there is no %s", id, name);
	AUTO(json_release) json_t *j = yaml_read(path, e);
	if (!j)
		return -1;
	if (!json_is_object(j))
		return err_set(e, ERR_CONFIG, "%s:1:1: must be a map", path);
	lay_under(c->root, j);
	json_object_set_new(c->root, "province", json_string(id));
	mem_free(&c->province);
	c->province = mem_str(id);
	return 0;
}

/* A path of the configuration is relative to the configuration's own folder. */
static char *absolute(const struct config *c, const char *path)
{
	const char *slash = strrchr(c->file, '/');
	return *path == '/' ? mem_str(path) : mem_printf("%.*s/%s", (int)(slash - c->file), c->file, path);
}

static char *data_path(const struct config *c)
{
	const char *own = config_str(c, "data", NULL), *systemd = env_dir("STATE_DIRECTORY");
	const char *xdg = env_dir("XDG_DATA_HOME"), *home = env_dir("HOME");

	if (own && *own)
		return absolute(c, own);
	if (systemd)
		return mem_strn(systemd, strcspn(systemd, ":"));
	if (xdg)
		return mem_printf("%s/tramky", xdg);
	return home ? mem_printf("%s/.local/share/tramky", home) : NULL;
}

static char *session_path(const struct config *c)
{
	const char *own = config_str(c, "session", NULL), *run = env_dir("XDG_RUNTIME_DIR");

	if (own && *own)
		return absolute(c, own);
	return run ? mem_printf("%s/tramky", run) : mem_printf("/dev/shm/tramky-%u", (unsigned)geteuid());
}

struct config *config_load(const char *path, const char *province, struct err *e)
{
	AUTO(config_release) struct config *c = mem_alloc(sizeof *c);

	if (!(c->file = find_file(path, e)))
		return NULL;
	if (!(c->root = yaml_read(c->file, e))) {
		if (e && e->kind == ERR_NO_FILE)
			e->kind = ERR_CONFIG;
		return NULL;
	}
	if (!json_is_object(c->root)) {
		err_set(e, ERR_CONFIG, "%s:1:1: must be a map", c->file);
		return NULL;
	}
	/* The configuration's own word, whatever a province's file holds: a shipped file never turns the test hooks on. */
	c->sandbox = json_is(c->root, "sandbox");
	json_object_set_new(c->root, "sandbox", json_boolean(c->sandbox));
	AUTO(mem_free) char *id = mem_str(province ? province : json_str(c->root, "province", NULL));
	if (id && *id && add_province(c, id, e) < 0)
		return NULL;
	c->data = data_path(c);
	c->session = session_path(c);
	return STEAL(&c);
}

const json_t *config_at(const struct config *c, const char *path)
{
	return c ? json_at(c->root, path) : NULL;
}

const char *config_str(const struct config *c, const char *path, const char *none)
{
	return c ? json_str(c->root, path, none) : none;
}

const char *config_need(const struct config *c, const char *path, struct err *e)
{
	const char *s = config_str(c, path, NULL);

	if (s && *s)
		return s;
	err_set(e, ERR_CONFIG, config_at(c, path) && !s ? "%s: %s: must be text (put it in quotes)" : "%s: %s: is missing",
		config_file(c), path);
	return NULL;
}

long long config_int(const struct config *c, const char *path, long long none)
{
	return c ? json_int(c->root, path, none) : none;
}

bool config_is(const struct config *c, const char *path)
{
	return c && json_is(c->root, path);
}

const char *config_file(const struct config *c)
{
	return c ? c->file : "";
}

const char *config_province(const struct config *c)
{
	return c && c->province ? c->province : "";
}

bool config_sandbox(const struct config *c)
{
	return c && c->sandbox;
}

char *config_path(const struct config *c, const char *path)
{
	const char *s = config_str(c, path, NULL);
	return s && *s ? absolute(c, s) : NULL;
}

/* A private folder: ours, no link, 0700; made when it is not there. A helper behind its walls only looks. */
static int private_dir(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
		if (file_mkdirs(path, 0700, e) < 0)
			return err_add(e, "%s", path);
		if (lstat(path, &st) < 0)
			return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s: must be a folder, and no link", path);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_CONFIG, "%s: belongs to another user", path);
	if ((st.st_mode & 07777) == 0700)
		return 0;
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0700) < 0)
		return err_set(e, ERR_CONFIG, "%s: cannot be made private: %s", path, strerror(errno));
	return 0;
}

const char *config_data_dir(const struct config *c, struct err *e)
{
	if (!c || !c->data) {
		err_set(e, ERR_CONFIG, "%s: data: is missing", config_file(c));
		return NULL;
	}
	return private_dir(c->data, e) == 0 ? c->data : NULL;
}

const char *config_session_dir(const struct config *c, struct err *e)
{
	struct statfs fs;

	if (!c) {
		err_set(e, ERR_CONFIG, "session: no configuration");
		return NULL;
	}
	if (private_dir(c->session, e) < 0)
		return NULL;
	if (c->sandbox)
		return c->session;
	/* Rule P1: what a citizen typed never reaches a disk. */
	if (statfs(c->session, &fs) < 0 || (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)) {
		err_set(e, ERR_CONFIG, "%s: session: must be on a RAM file system (tmpfs)", c->session);
		return NULL;
	}
	return c->session;
}
