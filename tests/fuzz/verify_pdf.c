/* Any bytes to the verifier: refused, or a verdict. Nobody is trusted here, so no verdict may be "valid". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "verify/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = { 0 };
	AUTO(fd_close) int fd = fd_memfd("fuzz", &e);
	AUTO(json_release) json_t *report = NULL;
	unsigned char hash[32];
	const struct verify_rules rules = { .at = 1795000000, .sha256 = hash };

	if (fd < 0 || fd_write_all(fd, data, n, &e) || fd_seal(fd, &e))
		abort();
	int v = verify_pdf(fd, &rules, &report, &e);
	if (v < 0 ? e.kind == ERR_NONE || report : v == VERDICT_VALID || !report)
		abort();
	if (v < 0)
		return 0;
	AUTO(mem_free) char *text = json_text(report);
	if (!text || strcmp(json_str(report, "verdict", ""), verdict_id((enum verdict)v)))
		abort();
	AUTO(fd_close) int out = fd_memfd("revision", &e);
	verify_revision(fd, 1, out, &e);
	return 0;
}
