/* Configuration (YAML) and where the program's own files are. Read-only after loading. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

struct err;
struct config;

/* `path` NULL: $XDG_CONFIG_HOME/tramky/tramky.yaml, then /etc/tramky/tramky.yaml. The province's file
 * screens/provinces/ID/province.yaml is laid under it: configuration wins. */
struct config *config_load(const char *path, const char *province, struct err *e);
void config_free(struct config *c);                         /* also for AUTO by config_release */
void config_release(struct config **c);

/* Dotted paths ("identity.url"). Borrowed strings. */
const char *config_str(const struct config *c, const char *path, const char *none);
const char *config_need(const struct config *c, const char *path, struct err *e);
long long config_int(const struct config *c, const char *path, long long none);
bool config_is(const struct config *c, const char *path);
const json_t *config_at(const struct config *c, const char *path);
/* A file named in the configuration, absolute: relative names start at the configuration's folder. The caller owns it. */
char *config_path(const struct config *c, const char *path);
const char *config_file(const struct config *c);            /* absolute path; helpers get it by --config */
const char *config_province(const struct config *c);        /* id; "" when none */
/* True only with `sandbox: true`: test hooks and shifted clocks are honoured then and only then. */
bool config_sandbox(const struct config *c);

/* Data directory (`data`, else $STATE_DIRECTORY, $XDG_DATA_HOME/tramky, ~/.local/share/tramky) and session directory
 * (`session`, else $XDG_RUNTIME_DIR/tramky, /dev/shm/tramky-UID; must be tmpfs outside the sandbox: rule P1). Both are made
 * 0700 and refused when they are a link or another user's. Borrowed; NULL and ERR_CONFIG otherwise. */
const char *config_data_dir(const struct config *c, struct err *e);
const char *config_session_dir(const struct config *c, struct err *e);

/* Program files: DIR of the executable decides: DIR/share and DIR/libexec in a build tree, PREFIX/share/tramky and
 * PREFIX/libexec/tramky when installed. The caller owns the string; NULL when there is none. */
char *path_share(const char *name);
char *path_libexec(const char *program);

#endif
