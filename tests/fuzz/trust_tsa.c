/* The time-stamp authority's answer: CMS, request and answer stand one after another in the input. Without an anchor no answer
 * may be put in. */
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "trust/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO(buf_free) struct buf out = { 0 };
	struct err e = { 0 };
	struct der part[3] = { 0 };
	time_t when = 0;

	if (der_split(data, n, part, COUNT(part)) != COUNT(part))
		return 0;
	if (tsa_apply(part[0], part[1], part[2], NULL, &out, &when, &e) == 0 || e.kind == ERR_NONE)
		abort();
	return 0;
}
