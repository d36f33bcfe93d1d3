#include "verify/reasons.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

static const struct { const char *id; enum verdict verdict; } rows[] = {
#define X(id, v) { id, VERDICT_##v },
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
