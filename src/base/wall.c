/* What each kind of helper may reach (src/README.md "Jobs"). The order matters: limits, files
 * (landlock), then calls (seccomp), because each closes the door that the one before still needed. */
#include "base/wall.h"

#include "base/config.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct rule {
	const char *path;
	unsigned access;
};

enum { MIB = 1024 * 1024 };

/* What the C library, OpenSSL and the fonts need to be read; every kind. */
static const struct rule common[] = {
	{ "/dev/null", WALL_DEVICE }, { "/dev/urandom", WALL_READ }, { "/etc/localtime", WALL_READ },
	{ "/etc/ssl/openssl.cnf", WALL_READ }, { "/usr/share/zoneinfo", WALL_READ }, { NULL, 0 },
};
static const struct rule doc[] = {
	{ "/usr", WALL_READ }, { "/lib", WALL_READ }, { "/lib64", WALL_READ },
	{ "/etc/ld.so.cache", WALL_READ }, { "/etc/fonts", WALL_READ }, { "/var/cache/fontconfig", WALL_READ },
	/* The programs that read words and draw pages, and the loader without which none starts. */
	{ "/usr/bin/pdftotext", WALL_READ | WALL_EXECUTE }, { "/usr/bin/pdftoppm", WALL_READ | WALL_EXECUTE },
	{ "/lib64/ld-linux-x86-64.so.2", WALL_READ | WALL_EXECUTE },
	{ "/lib/ld-linux-aarch64.so.1", WALL_READ | WALL_EXECUTE }, { NULL, 0 },
};
static const struct rule net[] = {
	{ "/usr", WALL_READ }, { "/lib", WALL_READ }, { "/lib64", WALL_READ }, { "/etc/ld.so.cache", WALL_READ },
	{ "/etc/ssl", WALL_READ }, { "/etc/ca-certificates", WALL_READ }, { "/etc/resolv.conf", WALL_READ },
	{ "/etc/hosts", WALL_READ }, { "/etc/host.conf", WALL_READ }, { "/etc/nsswitch.conf", WALL_READ },
	{ "/etc/gai.conf", WALL_READ }, { "/etc/services", WALL_READ }, { NULL, 0 },
};
/* A vendor's module may be a 32-bit one behind p11-kit-remote, and the card is reached through pcscd's socket. */
static const struct rule token[] = {
	{ "/usr", WALL_READ | WALL_EXECUTE }, { "/lib", WALL_READ | WALL_EXECUTE }, { "/lib64", WALL_READ | WALL_EXECUTE },
	{ "/etc/ld.so.cache", WALL_READ }, { "/etc/pkcs11", WALL_READ }, { "/etc/opensc", WALL_READ },
	{ "/run/pcscd", WALL_READ | WALL_WRITE }, { "/dev/bus/usb", WALL_READ | WALL_DEVICE }, { NULL, 0 },
};
static const struct rule scan[] = {
	{ "/usr", WALL_READ }, { "/lib", WALL_READ }, { "/lib64", WALL_READ }, { "/etc/ld.so.cache", WALL_READ },
	{ "/etc/sane.d", WALL_READ }, { "/sys/bus/usb", WALL_READ }, { "/sys/devices", WALL_READ },
	{ "/dev/bus/usb", WALL_READ | WALL_DEVICE }, { NULL, 0 },
};
static const struct rule store[] = { { NULL, 0 } };

/* `cpu`: seconds a request may compute, 0: no bound. `space`, `file`: MiB, 0: no bound. */
static const struct {
	const struct rule *files;
	bool tcp;
	rlim_t cpu, space, file, open;
} kinds[JOB_KIND_COUNT] = {
	[JOB_DOC]   = { .files = doc,   .tcp = false, .cpu = 60, .space = 1024, .file = 512, .open = 256 },
	[JOB_NET]   = { .files = net,   .tcp = true,  .cpu = 60, .space = 1024, .file = 512, .open = 256 },
	[JOB_TOKEN] = { .files = token, .tcp = false, .cpu = 60, .space = 1024, .file = 16,  .open = 256 },
	[JOB_SCAN]  = { .files = scan,  .tcp = false, .cpu = 0,  .space = 1024, .file = 512, .open = 256 },
	[JOB_STORE] = { .files = store, .tcp = false, .cpu = 0,  .space = 1024, .file = 0,   .open = 1024 },
};

/* Lowers a limit; one that is already lower stays. */
static int limit(int what, rlim_t value, struct err *e)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)what, &now) < 0)
		return err_set(e, ERR_INTERNAL, "getrlimit %d: %s", what, strerror(errno));
	if (value < now.rlim_max)
		now.rlim_max = value;
	if (now.rlim_cur > now.rlim_max)
		now.rlim_cur = now.rlim_max;
	if (setrlimit((__rlimit_resource_t)what, &now) < 0)
		return err_set(e, ERR_INTERNAL, "setrlimit %d: %s", what, strerror(errno));
	return 0;
}

static int raise_limits(enum job_kind kind, struct err *e)
{
	if (limit(RLIMIT_CORE, 0, e) < 0 || limit(RLIMIT_NOFILE, kinds[kind].open, e) < 0)
		return -1;
	if (kinds[kind].file && limit(RLIMIT_FSIZE, kinds[kind].file * MIB, e) < 0)
		return -1;
#ifndef TRAMKY_SAN
	/* A sanitizer reserves terabytes of addresses, and reads its own memory map. */
	if (kinds[kind].space && limit(RLIMIT_AS, kinds[kind].space * MIB, e) < 0)
		return -1;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(e, ERR_INTERNAL, "PR_SET_DUMPABLE: %s", strerror(errno));
#endif
	return 0;
}

void wall_request(enum job_kind kind, bool resident)
{
	struct rusage used;
	struct rlimit now;

	if (!kinds[kind].cpu || getrusage(RUSAGE_SELF, &used) < 0 || getrlimit(RLIMIT_CPU, &now) < 0)
		return;
	rlim_t until = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1 + kinds[kind].cpu;
	now.rlim_cur = until < now.rlim_max ? until : now.rlim_max;
	/* The hard limit kills; the second before it, SIGXCPU says why. A resident helper needs room for the next one. */
	if (!resident && until + 1 < now.rlim_max)
		now.rlim_max = until + 1;
	setrlimit(RLIMIT_CPU, &now);
}

/* Keys, certificates and password files that the operator named, wherever they lie: regular files only. */
static void allow_named_files(struct wall_files *w, const struct config *c, const json_t *at, const char *path)
{
	const char *key;
	json_t *v;
	size_t i;
	struct stat st;

	if (strlen(path) > 200)
		return;
	if (json_is_object(at)) {
		json_object_foreach((json_t *)at, key, v) {
			AUTO(mem_free) char *next = mem_printf("%s%s%s", path, *path ? "." : "", key);
			if (*path || (strcmp(key, "data") != 0 && strcmp(key, "session") != 0))
				allow_named_files(w, c, v, next);
		}
	} else if (json_is_array(at)) {
		json_array_foreach((json_t *)at, i, v) {
			AUTO(mem_free) char *next = mem_printf("%s.%zu", path, i);
			allow_named_files(w, c, v, next);
		}
	} else if (json_is_string(at)) {
		AUTO(mem_free) char *file = config_path(c, path);
		if (file && stat(file, &st) == 0 && S_ISREG(st.st_mode))
			wall_files_allow(w, file, WALL_READ);
	}
}

static void allow_rules(struct wall_files *w, const struct rule *r)
{
	for (; r->path; r++)
		wall_files_allow(w, r->path, r->access);
}

static int allow_own(struct wall_files *w, enum job_kind kind, const struct config *c, struct err *e)
{
	AUTO(mem_free) char *share = path_share("");
	AUTO(mem_free) char *screens = path_share("screens");
	AUTO(mem_free) char *trust = config_path(c, "trust");

	switch (kind) {
	case JOB_DOC:
		wall_files_allow(w, share, WALL_READ);
		wall_files_allow(w, screens, WALL_READ);     /* a link in a build tree */
		wall_files_allow(w, trust, WALL_READ);
		return 0;
	case JOB_NET:
		allow_named_files(w, c, config_at(c, ""), "");
		return 0;
	case JOB_STORE: {
		const char *data = config_data_dir(c, e);
		if (!data)
			return -1;
		wall_files_allow(w, data, WALL_READ | WALL_WRITE);
		wall_files_allow(w, getenv("CREDENTIALS_DIRECTORY"), WALL_READ);
		return 0;
	}
	case JOB_TOKEN:
	case JOB_SCAN:
	case JOB_KIND_COUNT:
		break;
	}
	return 0;
}

static int raise_files(enum job_kind kind, const struct config *c, struct err *e)
{
	struct wall_files *w = wall_files_new(kinds[kind].tcp);

	if (!w) {
		if (!config_sandbox(c))
			return err_set(e, ERR_CONFIG, "this kernel has no landlock: helpers would not be walled in");
		log_line("wall", "this kernel has no landlock; allowed in the sandbox only");
		return 0;
	}
	allow_rules(w, common);
	allow_rules(w, kinds[kind].files);
#ifdef TRAMKY_SAN
	wall_files_allow(w, "/proc", WALL_READ);
	wall_files_allow(w, "/usr", WALL_READ | WALL_EXECUTE);  /* the symbolizer */
#endif
	int own = allow_own(w, kind, c, e);
	int rc = wall_files_close(w, own < 0 ? NULL : e);
	return own < 0 || rc < 0 ? -1 : WALL_LANDLOCK;
}

unsigned wall_raise(enum job_kind kind, const struct config *c, struct err *e)
{
	if (raise_limits(kind, e) < 0)
		return 0;
	int files = raise_files(kind, c, e);
	if (files < 0)
		return WALL_LIMITS;
	if (wall_calls_close(kind, e) < 0)
		return WALL_LIMITS | (unsigned)files;
	return WALL_LIMITS | (unsigned)files | WALL_SECCOMP;
}
