/* The sandbox's own text forms of bytes: a mistake in base64 or hex of the programs under test must not repeat here. */
#ifndef SANDBOX_BYTES_H
#define SANDBOX_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct buf;

char *bytes_hex(const void *p, size_t n);           /* lower case; the caller owns it */
char *bytes_b64(const void *p, size_t n);           /* one line, padded; the caller owns it */
/* Strict: exactly `n` bytes and nothing else. */
bool bytes_from_hex(const char *s, unsigned char *out, size_t n);
/* Strict but for CR and LF between characters; appends to out. False on foreign letters or wrong padding. */
bool bytes_from_b64(const char *s, struct buf *out);
void bytes_random(void *p, size_t n);
char *bytes_token(size_t n);                        /* n random bytes as hex */
char *bytes_uuid(void);
void bytes_sha256(const void *p, size_t n, unsigned char out[32]);
bool bytes_same(const char *a, const char *b);      /* in constant time for equal lengths; NULL is never the same */

/* Viet Nam has one zone, UTC+7, without summer time. */
struct tm bytes_vn(time_t t);
time_t bytes_vn_time(int year, int month, int day, int hour, int min);
int64_t bytes_ms(void);                             /* monotonic milliseconds */
void bytes_rfc3339(time_t t, char out[32]);

#endif
