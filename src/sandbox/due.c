#include <stdlib.h>
#include <string.h>

#include "sandbox/bytes.h"
#include "sandbox/intake.h"

/* Days off by law besides week-ends, and working Saturdays that make up for a bridged day (labour code 2019, article 112;
 * notices of the Ministry of Home Affairs). Own table: the catalogue under test has another. yyyymmdd. */
static const int days_off[] = {
	20260101, 20260102, 20260216, 20260217, 20260218, 20260219, 20260220, 20260427, 20260430, 20260501, 20260831, 20260901, 20260902,
	20270101, 20270204, 20270205, 20270208, 20270209, 20270210, 20270416, 20270430, 20270503, 20270902, 20270903,
};
static const int working_saturdays[] = { 20260110, 20260822 };

static bool listed(const int *list, size_t n, int day)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == day)
			return true;
	return false;
}

bool due_working_day(int year, int month, int day)
{
	struct tm tm = bytes_vn(bytes_vn_time(year, month, day, 12, 0));
	int date = (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;

	if (tm.tm_wday == 0 || tm.tm_wday == 6)
		return listed(working_saturdays, COUNT(working_saturdays), date);
	return !listed(days_off, COUNT(days_off), date);
}

time_t due_of(const char *procedure, int days, time_t t)
{
	/* birth registration and certification of copies: the same working day until 15:00, else the next */
	static const char *const same_day[] = { "1.001193", "2.000815" };
	struct tm tm = bytes_vn(t);
	int seconds = tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;

	for (size_t i = 0; i < COUNT(same_day); i++)
		if (!strncmp(procedure, same_day[i], strlen(same_day[i])))
			days = seconds <= 15 * 3600 && due_working_day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) ? 0 : 1;
	for (int guard = 0; days > 0 && guard < 1000; guard++) {
		tm = bytes_vn(bytes_vn_time(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday + 1, 12, 0));
		days -= due_working_day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	}
	return bytes_vn_time(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, 17, 0);
}
