#include "base/clock.h"
#include "base/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400, VN_AHEAD = 7 * 3600 };

/* Written once by clock_setup(). A chosen time stands still: every process of a test then has the same "now". */
static time_t standing;
static bool stands;
static time_t shift;

void clock_setup(const struct config *c)
{
	const char *s = config_sandbox(c) ? getenv("TRAMKY_TEST_NOW") : NULL;

	stands = false;
	shift = 0;
	if (!s || !*s)
		return;
	if (*s == '+' || *s == '-') {
		char *end;
		long long n = strtoll(s, &end, 10);
		if (!*end && end > s + 1 && llabs(n) < 100LL * 366 * DAY)
			shift = (time_t)n;
	} else {
		stands = clock_parse(s, &standing);
	}
}

time_t clock_now(void)
{
	return stands ? standing : time(NULL) + shift;
}

int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool clock_valid_date(int year, int month, int day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && is_leap(year));
}

static time_t from_utc(int year, int month, int day, int hour, int min, int sec)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = min,
			 .tm_sec = sec };
	return timegm(&tm);
}

time_t clock_from_vn(int year, int month, int day, int hour, int min, int sec)
{
	return from_utc(year, month, day, hour, min, sec) - VN_AHEAD;
}

void clock_rfc3339(time_t t, char out[32])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}

/* n digits at *s; advances. -1 when there are fewer. */
static int number(const char **s, int n)
{
	int v = 0;

	while (n--) {
		if (!isdigit((unsigned char)**s))
			return -1;
		v = v * 10 + (*(*s)++ - '0');
	}
	return v;
}

static bool mark(const char **s, char c)
{
	if (toupper((unsigned char)**s) != c)
		return false;
	++*s;
	return true;
}

/* RFC 3339, section 5.6 time-offset: seconds to take off. */
static bool offset(const char **s, int *seconds)
{
	int sign = **s == '-' ? -1 : 1;

	*seconds = 0;
	if (mark(s, 'Z'))
		return true;
	if (**s != '+' && **s != '-')
		return false;
	++*s;
	int h = number(s, 2);
	if (h < 0 || h > 23 || !mark(s, ':'))
		return false;
	int m = number(s, 2);
	*seconds = sign * (h * 3600 + m * 60);
	return m >= 0 && m <= 59;
}

bool clock_parse(const char *s, time_t *t)
{
	int y, mo, d, h, mi, sec, off;

	if (!s)
		return false;
	if ((y = number(&s, 4)) < 0 || !mark(&s, '-') || (mo = number(&s, 2)) < 0 || !mark(&s, '-') ||
	    (d = number(&s, 2)) < 0 || !mark(&s, 'T') || !clock_valid_date(y, mo, d))
		return false;
	if ((h = number(&s, 2)) < 0 || !mark(&s, ':') || (mi = number(&s, 2)) < 0 || !mark(&s, ':') ||
	    (sec = number(&s, 2)) < 0 || h > 23 || mi > 59 || sec > 60)
		return false;
	if (mark(&s, '.')) {
		if (number(&s, 1) < 0)
			return false;
		while (isdigit((unsigned char)*s))
			s++;
	}
	if (!offset(&s, &off) || *s)
		return false;
	*t = from_utc(y, mo, d, h, mi, sec) - off;
	return true;
}

struct tm clock_vn_tm(time_t t)
{
	struct tm tm = { 0 };

	t += VN_AHEAD;
	gmtime_r(&t, &tm);
	return tm;
}

void clock_vn(time_t t, char out[32])
{
	struct tm tm = clock_vn_tm(t);

	if (strftime(out, 32, "%d/%m/%Y %H:%M:%S", &tm) == 0)
		out[0] = '\0';
}
