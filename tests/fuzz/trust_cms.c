/* A signature's CMS as a stranger wrote it: faults by name, or one that holds over nothing, because nobody signed this digest. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "trust/cms.h"

static void look(struct cms *c, json_t *reasons)
{
	static const unsigned char digest[64] = { 1, 2, 3 };
	const struct cms_world w = { .at = 1795000000 };
	struct cms_believed who = { 0 }, tsa = { 0 };
	time_t when;

	cms_match(c, digest, 32, reasons);
	if (!json_array_size(reasons))
		abort();
	cms_trust(c, &w, w.at, false, &who, reasons);
	cms_free(cms_stamp_check(c, &w, &when, &tsa, reasons));
	AUTO(mem_free) char *words = cms_algorithm(c);
	if (when || !words)
		abort();
	struct cert *signer = cms_signer(c);
	if (signer) {
		AUTO(json_release) json_t *j = cert_json(signer);
		AUTO(mem_free) char *text = json_text(j);
		if (!text)
			abort();
	}
	cert_free(signer);
	(void)cms_signing_time(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum cms_use uses[] = { CMS_USE_SIGNATURE, CMS_USE_SHA1_CONTENT, CMS_USE_TIMESTAMP };

	for (size_t i = 0; i < COUNT(uses); i++) {
		AUTO(json_release) json_t *reasons = json_array();
		AUTO(cms_release) struct cms *c = cms_read((struct der){ data, n }, uses[i], reasons);
		if (!c && !json_array_size(reasons))
			abort();
		if (c)
			look(c, reasons);
	}
	return 0;
}
