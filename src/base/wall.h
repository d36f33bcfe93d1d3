/* The walls of a helper, in parts. Private to base/job*.c and base/wall*.c; the whole is wall_raise() of base/job.h. */
#ifndef BASE_WALL_H
#define BASE_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/job.h"

/* What may be done below one path: reading is files and folders. */
enum wall_access { WALL_READ = 1, WALL_WRITE = 2, WALL_EXECUTE = 4, WALL_DEVICE = 8 };

struct wall_files;                               /* a landlock ruleset being made */
/* NULL when the kernel has none. `tcp`: connections stay possible. */
struct wall_files *wall_files_new(bool tcp);
/* A path that does not exist is no rule and no error. Links are followed. */
void wall_files_allow(struct wall_files *w, const char *path, unsigned access);
/* Frees w. From here on this process and its children reach only what was allowed. */
int wall_files_close(struct wall_files *w, struct err *e);

int wall_calls_close(enum job_kind kind, struct err *e);

/* Limits that count from here: called before every request. */
void wall_request(enum job_kind kind, bool resident);

#endif
