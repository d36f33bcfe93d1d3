/* Time: stored UTC, shown as Viet Nam time (UTC+7). Tests choose "now" by TRAMKY_TEST_NOW, in the sandbox only. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct config;

void clock_setup(const struct config *c);            /* TRAMKY_TEST_NOW, in the sandbox: a time stands still, +N/-N shifts */
time_t clock_now(void);                              /* wall clock, shifted in tests */
int64_t clock_ms(void);                              /* monotonic milliseconds, never shifted */
/* 2026-11-20T10:03:00Z; out of at least 21 bytes. */
void clock_rfc3339(time_t t, char out[32]);
bool clock_parse(const char *rfc3339, time_t *t);    /* Z or +hh:mm */
/* "20/11/2026 17:03:05" in Viet Nam time. */
void clock_vn(time_t t, char out[32]);
struct tm clock_vn_tm(time_t t);
time_t clock_from_vn(int year, int month, int day, int hour, int min, int sec);
bool clock_valid_date(int year, int month, int day);

#endif
