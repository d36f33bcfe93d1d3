/* tramky sign: tramky_sign.c (options, driving), tramky_place.c (--at), tramky_template.c (--at template:), tramky_upgrade.c (levels, what waits). */
#ifndef MAIN_SIGN_H
#define MAIN_SIGN_H

#include <jansson.h>
#include <stdbool.h>

#include "base/job.h"
#include "main/commands.h"

struct err;
struct work;

/* Runs a verb of the doc job; args are stolen. 0 or -1. */
int sign_doc(const struct command_env *env, const char *verb, json_t *args, int fd, struct job_message *m, struct err *e);
/* One piece of work, whatever helper it wants; documents share one for the whole command. */
int sign_work(const struct command_env *env, const struct work *w, struct job_message *m, void (*progress)(void *self, const json_t *p),
              void *self, struct err *e);
/* The request's place for one --at; the caller owns it. */
json_t *sign_place(const struct command_env *env, const char *at, int fd, struct err *e);
/* The same for screens/templates/NAME.yaml (screens/README.md). ERR_USAGE: no such template; ERR_CONFIG: it is mistyped;
 * ERR_PLACE_NOT_FOUND: its words are not in the file. */
json_t *sign_template(const struct command_env *env, const char *name, int fd, struct err *e);
/* The box below a hit of doc.find, moved and sized by extra's dx, dy, w, h (numbers, each may be missing). The caller owns it. */
json_t *sign_under(const json_t *hit, const json_t *extra);
/* tramky sign --upgrade LEVEL IN -o OUT; exit code. */
int sign_upgrade(const struct command_env *env, const char *in, const char *out, const char *level);
/* Remembers that `path` lacks a level; `tramky sync` tries again. True when it is remembered. */
bool sign_wait_for_level(const struct command_env *env, const char *path, const char *sha256, const char *level);

#endif
