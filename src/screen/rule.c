#include "screen/screen_int.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1000 };

/* "6", "6-12" behind `word `: false when there is anything else. */
static bool range(const char *s, int *min, int *max)
{
	char *end;
	long a = strtol(s, &end, 10), b = a;

	if (end == s || a < 1 || a > LONGEST)
		return false;
	if (*end == '-') {
		s = end + 1;
		b = strtol(s, &end, 10);
		if (end == s || b < a || b > LONGEST)
			return false;
	}
	*min = (int)a;
	*max = (int)b;
	return *end == '\0';
}

static bool one_rule(const char *w, struct rules *r)
{
	int none;

	if (!strcmp(w, "required"))
		return r->required = true;
	if (!strcmp(w, "digits"))
		return r->digits = true;
	if (!strcmp(w, "id-number"))
		return r->id_number = true;
	if (!strcmp(w, "date"))
		return r->date = true;
	if (!strcmp(w, "phone"))
		return r->phone = true;
	if (!strcmp(w, "mail"))
		return r->mail = true;
	if (!strncmp(w, "digits ", 7))
		return r->digits = range(w + 7, &r->min, &r->max);
	if (!strncmp(w, "max ", 4))
		return range(w + 4, &none, &r->max) && none == r->max;
	if (!strncmp(w, "min ", 4))
		return range(w + 4, &r->min, &none) && none == r->min;
	return false;
}

int rules_parse(const char *text, struct rules *r, struct err *e)
{
	AUTO(mem_free) char *copy = mem_str(text ? text : "");
	char *rest = copy, *w;

	*r = (struct rules){ 0 };
	while ((w = strsep(&rest, ","))) {
		size_t n;

		w += strspn(w, " ");
		for (n = strlen(w); n && w[n - 1] == ' '; )
			w[--n] = '\0';
		if (!*w && !rest && w == copy)
			break;
		if (!one_rule(w, r))
			return err_set(e, ERR_CONFIG, "unknown rule \"%.40s\"", w);
	}
	return 0;
}

/* Rules of a field: what its kind asks by itself and what its line adds. */
static struct rules rules_of(const struct field *f)
{
	struct rules r;

	if (rules_parse(f->rule, &r, NULL))
		r = (struct rules){ 0 };
	r.required |= f->required;
	r.digits |= f->kind == FIELD_DIGITS;
	r.id_number |= f->kind == FIELD_ID;
	r.date |= f->kind == FIELD_DATE;
	r.phone |= f->kind == FIELD_PHONE;
	r.mail |= f->kind == FIELD_MAIL;
	return r;
}

/* ASCII digits into out (at most max), spaces and dots dropped (rule U18). -1: something else is there; full-width and
 * other scripts' digits count as something else. */
static int digits_only(const char *s, char *out, size_t max)
{
	size_t n = 0;

	for (; *s; s++) {
		if (*s == ' ' || *s == '.')
			continue;
		if (!isdigit((unsigned char)*s))
			return -1;
		if (n < max)
			out[n] = *s;
		n++;
	}
	out[n < max ? n : max] = '\0';
	return (int)n;
}

static const char *check_digits(const char *v, const struct rules *r)
{
	char d[LONGEST + 1];
	int n = digits_only(v, d, LONGEST);

	if (n < 0)
		return "rule.digits";
	if (r->max && (n < r->min || n > r->max))
		return r->min == r->max ? "rule.digits-exact" : "rule.digits-range";
	return NULL;
}

static const char *check_id(const char *v)
{
	char d[16];
	int n = digits_only(v, d, 15);

	return n == 9 || n == 12 ? NULL : "rule.id-number";
}

/* Day, month, year of "5/9/2026", "05.09.2026", "5 9 2026", "05092026". Returns a message id or NULL. */
static const char *split_date(const char *s, int out[3])
{
	char part[3][9] = { "", "", "" };
	size_t n = 0, at = 0;

	for (; *s; s++) {
		if (isdigit((unsigned char)*s)) {
			if (n == 8)
				return "rule.date";
			part[at][n++] = *s;
		} else if (strchr("./- ", *s)) {
			if (!n)          /* a run of separators, as in "05 / 09" */
				continue;
			if (++at == 3)
				return "rule.date";
			n = 0;
		} else {
			return "rule.date";
		}
	}
	if (at == 0 && strlen(part[0]) == 8) {
		memcpy(part[2], part[0] + 4, 5);
		memcpy(part[1], part[0] + 2, 2);
		part[1][2] = part[0][2] = '\0';
	} else if (at == 0 && strlen(part[0]) == 6) {
		return "rule.date-year";
	}
	if (strlen(part[0]) > 2 || strlen(part[1]) > 2 || !*part[0] || !*part[1])
		return "rule.date";
	if (strlen(part[2]) != 4)
		return *part[2] ? "rule.date-year" : "rule.date";
	for (at = 0; at < 3; at++)
		out[at] = atoi(part[at]);
	return NULL;
}

/* A separator behind the year is a slip of the finger, not another part. */
static char *trimmed(const char *value)
{
	char *v = text_nfc(value ? value : "");
	size_t n = strlen(v), lead = strspn(v, " \t");

	while (n > lead && (v[n - 1] == ' ' || v[n - 1] == '\t'))
		n--;
	v[n] = '\0';
	memmove(v, v + lead, n - lead + 1);
	return v;
}

static const char *check_date(const char *v)
{
	int d[3];
	const char *bad = split_date(v, d);

	if (bad)
		return bad;
	return clock_valid_date(d[2], d[1], d[0]) ? NULL : "rule.date-none";
}

/* 0 and nine digits into out; also from +84 and 84. */
static bool phone_normal(const char *v, char out[11])
{
	char d[16];
	bool plus = *v == '+';
	int n = digits_only(v + plus, d, 15);

	if (n == 11 && !strncmp(d, "84", 2) && d[2] != '0')
		snprintf(out, 11, "0%.9s", d + 2);
	else if (n == 10 && !plus && d[0] == '0' && d[1] != '0')
		snprintf(out, 11, "%.10s", d);
	else
		return false;
	return true;
}

static const char *check_mail(const char *v)
{
	const char *at = strchr(v, '@'), *dot = strrchr(v, '.'), *s;
	size_t n = strlen(v);

	for (s = v; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s > '~' || strchr("<>()[],;:\\\"", *s))
			return "rule.mail";
	if (!at || at == v || strchr(at + 1, '@') || n > 254 || at - v > 64)
		return "rule.mail";
	if (!dot || dot < at + 2 || !dot[1] || strstr(v, "..") || v[0] == '.' || at[-1] == '.' || at[1] == '-')
		return "rule.mail";
	return NULL;
}

static int letters(const char *s)
{
	int n = 0;
	size_t at = 0;

	while (s[at]) {
		at += text_next_grapheme(s, at);
		n++;
	}
	return n;
}

static const char *missing(const struct field *f)
{
	switch (f->kind) {
	case FIELD_CHOICE: case FIELD_FILE: case FIELD_REVIEW:
		return "rule.choose";
	case FIELD_MULTI:
		return "rule.choose-some";
	case FIELD_TEXT: case FIELD_SECRET: case FIELD_DIGITS: case FIELD_ID: case FIELD_DATE: case FIELD_PHONE:
	case FIELD_MAIL: case FIELD_WAIT: case FIELD_QR: case FIELD_PAGE: case FIELD_NOTE: case FIELD_SEARCH:
	case FIELD_KIND_COUNT:
		break;
	}
	return "rule.required";
}

const char *rule_check(const struct field *f, const char *value)
{
	struct rules r = rules_of(f);
	AUTO(mem_free) char *v = trimmed(value);
	char phone[11];

	if (!*v)
		return r.required ? missing(f) : NULL;
	if (r.id_number)
		return check_id(v);
	if (r.date)
		return check_date(v);
	if (r.phone)
		return phone_normal(v, phone) ? NULL : "rule.phone";
	if (r.mail)
		return check_mail(v);
	if (r.digits)
		return check_digits(v, &r);
	if (r.max && letters(v) > r.max)
		return "rule.max";
	if (r.min && letters(v) < r.min)
		return "rule.min";
	return NULL;
}

char *rule_normal(const struct field *f, const char *value)
{
	struct rules r = rules_of(f);
	char *v;
	char phone[11];
	int d[3];

	if (f->kind == FIELD_SECRET && !r.digits)
		return mem_str(value ? value : "");
	v = trimmed(value);
	if (r.phone && phone_normal(v, phone))
		memcpy(v, phone, strlen(phone) + 1);
	else if (r.date && !check_date(v) && !split_date(v, d)) {
		mem_free(&v);
		v = mem_printf("%02d/%02d/%04d", d[0] % 100, d[1] % 100, d[2] % 10000);
	} else if ((r.digits || r.id_number) && !check_digits(v, &(struct rules){ 0 })) {
		char *plain = text_digits(v);

		mem_free(&v);
		v = plain;
	}
	return v;
}

char *rule_words(const struct field *f, const char *id)
{
	struct rules r = rules_of(f);
	AUTO(json_release) json_t *vars = json_pack("{s:i,s:i}", "min", r.min, "max", r.max);

	return msg_fill(id, vars);
}
