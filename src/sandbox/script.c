#include "sandbox/script.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const char *const ids[OUTCOME_COUNT] = {
#define X(name, id) [OUTCOME_##name] = id,
	OUTCOMES(X)
#undef X
};

enum outcome outcome_from(const char *id)
{
	size_t i = 0;

	while (i < OUTCOME_COUNT && strcmp(ids[i], id))
		i++;
	return (enum outcome)i;
}

const char *outcome_id(enum outcome o)
{
	return o < OUTCOME_COUNT ? ids[o] : "?";
}

static void drop(struct script *s, size_t i)
{
	memmove(&s->rules[i], &s->rules[i + 1], (--s->n - i) * sizeof *s->rules);
}

bool script_add(struct script *s, const json_t *j)
{
	const char *outcome = json_string_value(json_object_get(j, "outcome"));
	const char *person = json_string_value(json_object_get(j, "person"));
	const char *doc = json_string_value(json_object_get(j, "doc_id"));
	const json_t *times = json_object_get(j, "times");
	struct rule r = { .outcome = outcome ? outcome_from(outcome) : OUTCOME_ASK, .times = times ? (int)json_integer_value(times) : 1 };

	if (r.outcome == OUTCOME_COUNT || r.times < 0 || (person && strlen(person) >= sizeof r.person) || (doc && strlen(doc) >= sizeof r.doc_id))
		return false;
	snprintf(r.person, sizeof r.person, "%s", person ? person : "");
	snprintf(r.doc_id, sizeof r.doc_id, "%s", doc ? doc : "");
	for (size_t i = s->n; i-- > 0;)
		if (!strcmp(s->rules[i].person, r.person) && !strcmp(s->rules[i].doc_id, r.doc_id))
			drop(s, i);
	if (r.times == 0 && !*r.person && !*r.doc_id) {
		s->base = r.outcome;
		return true;
	}
	if (s->n == RULES_MAX)
		return false;
	s->rules[s->n++] = r;
	return true;
}

static bool matches(const struct rule *r, const char *person, const char *const *doc_ids, size_t n)
{
	if (*r->person && strcmp(r->person, person))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(r->doc_id, doc_ids[i]))
			return true;
	return !*r->doc_id;
}

enum outcome script_find(struct script *s, const char *person, const char *const *doc_ids, size_t n, bool take)
{
	for (size_t i = 0; i < s->n; i++) {
		struct rule *r = &s->rules[i];
		enum outcome o = r->outcome;

		if (!matches(r, person, doc_ids, n))
			continue;
		if (take && r->times && !--r->times)
			drop(s, i);
		return o;
	}
	return s->base;
}
