/* When a dossier is due: same-day procedures by the authored table, others by the published time; Viet Nam's days. */
#include "catalogue/catalogue_int.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400, VN_OFFSET = 7 * 3600, CLOSING = 17 * 3600, METHODS_MAX = 64, TIME_MAX = 400 };

static int day_of(long long t)
{
	long long local = t + VN_OFFSET;

	return (int)(local >= 0 ? local / DAY : (local - DAY + 1) / DAY);
}

static long long end_of(int day)
{
	return (long long)day * DAY - VN_OFFSET + CLOSING;
}

static void read_holidays(struct catalogue *c)
{
	AUTO(table_clear) struct table t = { 0 };

	if (c->holidays_read)
		return;
	c->holidays_read = true;
	if (table_read(&t, c->dir, "holidays.tsv", 4, NULL))
		return;
	c->holidays = mem_array(t.rows, sizeof *c->holidays);
	for (size_t i = 0; i < t.rows; i++) {
		int y, m, d;

		if (sscanf(table_cell(&t, i, 0), "%4d-%2d-%2d", &y, &m, &d) != 3 || !clock_valid_date(y, m, d))
			continue;
		c->holidays[c->nholidays++] = (struct holiday){
			.day = day_of(clock_from_vn(y, m, d, 12, 0, 0)),
			.works = strcmp(table_cell(&t, i, 1), "work") == 0,
		};
	}
}

static bool working(const struct catalogue *c, int day)
{
	int weekday = (day % 7 + 7 + 4) % 7; /* 1970-01-01 was a Thursday */

	for (size_t i = 0; i < c->nholidays; i++)
		if (c->holidays[i].day == day)
			return c->holidays[i].works;
	return weekday != 0 && weekday != 6;
}

static int next_working(const struct catalogue *c, int day)
{
	do
		day++;
	while (!working(c, day));
	return day;
}

static int working_from(const struct catalogue *c, int day)
{
	return working(c, day) ? day : next_working(c, day);
}

/* Minutes after midnight until which a same-day procedure is taken for the same day; -1: it is none. */
static int same_day_until(struct catalogue *c, const char *code)
{
	if (!c->deadlines_read) {
		c->deadlines_read = true;
		if (table_read(&c->deadlines, c->dir, "deadlines.tsv", 4, NULL))
			table_clear(&c->deadlines);
	}
	for (size_t i = 0; i < c->deadlines.rows; i++) {
		int h, m;

		if (strcmp(table_cell(&c->deadlines, i, 0), code) == 0 &&
		    strcmp(table_cell(&c->deadlines, i, 1), "same-day") == 0 &&
		    sscanf(table_cell(&c->deadlines, i, 2), "%2d:%2d", &h, &m) == 2)
			return h * 60 + m;
	}
	return -1;
}

static int months_on(int day, int n)
{
	struct tm tm = clock_vn_tm(end_of(day));
	int month = tm.tm_mon + n, year = tm.tm_year + 1900 + month / 12, d = tm.tm_mday;

	for (month = month % 12 + 1; d > 28 && !clock_valid_date(year, month, d);)
		d--;
	return day_of(clock_from_vn(year, month, d, 12, 0, 0));
}

/* The day one published time gives, or 0: no number, no unit, or one we do not know. Without a unit the portal's
 * number means nothing (1.001193 has "1", 1.000005 a fee). */
static int due_day(const struct catalogue *c, const struct method *m, long long accepted)
{
	char *end;
	long n = strtol(m->time_n, &end, 10);
	int day = day_of(accepted);

	if (end == m->time_n || *end || n < 1 || n > TIME_MAX)
		return 0;
	if (strcmp(m->time_unit, "ngày làm việc") == 0) {
		for (; n > 0; n--)
			day = next_working(c, day);
		return day;
	}
	if (strcmp(m->time_unit, "ngày") == 0)
		return working_from(c, day + (int)n);
	if (strcmp(m->time_unit, "tháng") == 0)
		return working_from(c, months_on(day, (int)n));
	if (strcmp(m->time_unit, "giờ") == 0)
		return working_from(c, day_of(accepted + n * 3600));
	return 0;
}

long long catalogue_due(struct catalogue *c, const char *code, long long accepted)
{
	const struct procedure *p = catalogue_procedure(c, code);
	const struct method *rows[METHODS_MAX];
	int last = 0;

	if (!p)
		return 0;
	read_holidays(c);
	int until = same_day_until(c, p->code);
	if (until >= 0) {
		int day = day_of(accepted);
		long long into = accepted + VN_OFFSET - (long long)day * DAY;

		return end_of(working(c, day) && into <= until * 60LL ? day : next_working(c, day));
	}
	/* Several cases and channels: the longest, so that nobody is promised too early. */
	size_t n = catalogue_methods(c, p->code, rows, METHODS_MAX);
	for (size_t i = 0; i < n; i++) {
		int day = due_day(c, rows[i], accepted);

		last = day > last ? day : last;
	}
	return last ? end_of(last) : 0;
}
