/* Starting a helper's process. Private to base/job*.c. */
#ifndef BASE_JOB_SPAWN_H
#define BASE_JOB_SPAWN_H

#include <sys/types.h>

#include "base/job.h"

/* "doc", "net", ...: tramky-NAME is the program. */
const char *job_kind_name(enum job_kind kind);

/* Forks and executes the helper of a kind with `sock` as its descriptor 3 (borrowed). -1 on failure. */
pid_t job_spawn(const struct config *c, enum job_kind kind, unsigned flags, int sock, struct err *e);

#endif
