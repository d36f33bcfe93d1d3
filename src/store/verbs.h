/* The verbs of tramky-store (src/README.md). */
#ifndef STORE_VERBS_H
#define STORE_VERBS_H

#include <stddef.h>

#include "base/job.h"

extern const struct job_verb store_verbs[];
extern const size_t store_verb_count;

#endif
