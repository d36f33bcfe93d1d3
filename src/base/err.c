#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *id;
	int code;
} kinds[] = {
#define X(name, id, code) [ERR_##name] = { id, code },
	ERR_KINDS(X)
#undef X
};

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	e->kind = kind;
	e->reason[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(e->cause, sizeof e->cause, fmt, ap);
	va_end(ap);
	return -1;
}

int err_add(struct err *e, const char *fmt, ...)
{
	char old[sizeof e->cause], head[sizeof e->cause];
	va_list ap;

	if (!e)
		return -1;
	memcpy(old, e->cause, sizeof old);
	va_start(ap, fmt);
	vsnprintf(head, sizeof head, fmt, ap);
	va_end(ap);
	/* Longer than the room: the oldest context falls off the end, on purpose. */
	size_t n = strnlen(head, sizeof head - 1);
	memcpy(e->cause, head, n);
	if (n + 2 < sizeof e->cause) {
		memcpy(e->cause + n, ": ", 2);
		n += 2;
		size_t m = strnlen(old, sizeof old - 1);
		if (m > sizeof e->cause - 1 - n)
			m = sizeof e->cause - 1 - n;
		memcpy(e->cause + n, old, m);
		n += m;
	}
	e->cause[n] = '\0';
	return -1;
}

int err_reason(struct err *e, const char *reason)
{
	if (e)
		snprintf(e->reason, sizeof e->reason, "%s", reason);
	return -1;
}

void err_clear(struct err *e)
{
	memset(e, 0, sizeof *e);
}

const char *err_id(enum err_kind kind)
{
	return (unsigned)kind < ERR_KIND_COUNT ? kinds[kind].id : "internal";
}

enum err_kind err_from_id(const char *id)
{
	for (unsigned i = 0; id && i < ERR_KIND_COUNT; i++)
		if (strcmp(kinds[i].id, id) == 0)
			return (enum err_kind)i;
	return ERR_INTERNAL;
}

int err_exit_code(enum err_kind kind)
{
	return (unsigned)kind < ERR_KIND_COUNT ? kinds[kind].code : 70;
}
