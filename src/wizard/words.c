#include "wizard/words.h"

#include <stdio.h>
#include <string.h>

static const char *const ones[] = { "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín" };

static void put(char *out, size_t room, const char *word)
{
	size_t n = strlen(out);

	if (n)
		snprintf(out + n, room - n, " %s", word);
	else
		snprintf(out, room, "%s", word);
}

/* The last digit changes its word after tens: mười lăm, hai mươi mốt, hai mươi lăm. */
static void put_tens(int n, char *out, size_t room, int after_hundreds)
{
	int tens = n / 10, unit = n % 10;

	if (tens == 0) {
		if (unit && after_hundreds)
			put(out, room, "lẻ");
		if (unit || !after_hundreds)
			put(out, room, ones[unit]);
		return;
	}
	if (tens > 1)
		put(out, room, ones[tens]);
	put(out, room, tens == 1 ? "mười" : "mươi");
	if (unit == 1 && tens > 1)
		put(out, room, "mốt");
	else if (unit == 5)
		put(out, room, "lăm");
	else if (unit)
		put(out, room, ones[unit]);
}

void words_number(int n, char *out, size_t room)
{
	out[0] = '\0';
	if (n < 0 || n > 9999)
		return;
	if (n >= 1000) {
		put(out, room, ones[n / 1000]);
		put(out, room, "nghìn");
	}
	if (n >= 100 && n % 1000) {
		put(out, room, ones[n / 100 % 10]);
		put(out, room, "trăm");
	}
	if (n < 100 || n % 100)
		put_tens(n % 100, out, room, n >= 100);
}

void words_date(const char *date, char *out, size_t room)
{
	int d = 0, m = 0, y = 0, end = 0;
	char day[96], month[96], year[96];

	out[0] = '\0';
	if (sscanf(date, "%2d/%2d/%4d%n", &d, &m, &y, &end) != 3 || date[end] || d < 1 || d > 31 || m < 1 || m > 12 || y < 1)
		return;
	words_number(d, day, sizeof day);
	words_number(m, month, sizeof month);
	words_number(y, year, sizeof year);
	/* The fourth month is "tư", as people say and write it. */
	snprintf(out, room, "ngày %s tháng %s năm %s", day, m == 4 ? "tư" : month, year);
}
