#include "verify/reasons.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

static const struct { const char *id; enum verdict verdict; const char *etsi; } rows[] = {
#define X(id, v, etsi) { id, VERDICT_##v, etsi },
	VERIFY_REASONS(X)
#undef X
};

static const char *const ids[] = {
	[VERDICT_INVALID] = "invalid", [VERDICT_UNSIGNED] = "unsigned", [VERDICT_INCONCLUSIVE] = "inconclusive",
	[VERDICT_OUTDATED] = "valid_outdated_algorithm", [VERDICT_VALID] = "valid",
};

const char *verdict_id(enum verdict v)
{
	return ids[v];
}

enum verdict verdict_from_id(const char *id)
{
	for (size_t i = 0; i < COUNT(ids); i++)
		if (!strcmp(ids[i], id))
			return (enum verdict)i;
	return VERDICT_INVALID;
}

enum verdict reason_verdict(const char *id)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(rows[i].id, id))
			return rows[i].verdict;
	return VERDICT_INVALID;
}

void reason_add(json_t *reasons, const char *id)
{
	size_t i;
	json_t *v;

	json_array_foreach(reasons, i, v)
		if (!strcmp(json_string_value(v), id))
			return;
	json_array_append_new(reasons, json_string(id));
}

enum verdict reasons_verdict(const json_t *reasons)
{
	enum verdict worst = VERDICT_VALID;

	for (size_t i = 0; i < json_array_size(reasons); i++) {
		enum verdict v = reason_verdict(json_string_value(json_array_get(reasons, i)));
		if (v < worst)
			worst = v;
	}
	return worst;
}

const char *reason_etsi(const char *id)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(rows[i].id, id))
			return rows[i].etsi;
	return "FORMAT_FAILURE";
}

/* EN 319 102-1 5.1.3: only these say that a signature fails; all else leaves it open. */
static bool fails(const char *sub)
{
	static const char *const list[] = { "FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "REVOKED", "EXPIRED", "NOT_YET_VALID" };

	for (size_t i = 0; i < COUNT(list); i++)
		if (!strcmp(list[i], sub))
			return true;
	return false;
}

void reasons_etsi(const json_t *reasons, const char **indication, const char **sub)
{
	enum verdict worst = reasons_verdict(reasons);

	*sub = "";
	for (size_t i = 0; worst != VERDICT_VALID && !**sub && i < json_array_size(reasons); i++) {
		const char *id = json_string_value(json_array_get(reasons, i));
		if (reason_verdict(id) == worst)
			*sub = reason_etsi(id);
	}
	*indication = worst == VERDICT_VALID ? "TOTAL-PASSED" : worst == VERDICT_INVALID && fails(*sub) ? "TOTAL-FAILED" : "INDETERMINATE";
}
