#include "sandbox/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/mem.h"

char *bytes_hex(const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = p;
	char *out = mem_alloc(2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool bytes_from_hex(const char *s, unsigned char *out, size_t n)
{
	if (!s || strlen(s) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_digit(s[2 * i]), lo = hex_digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

char *bytes_b64(const void *p, size_t n)
{
	char *out = mem_alloc((n + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)out, p, (int)n);
	return out;
}

static int b64_digit(char c)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(set, c) : NULL;

	return at ? (int)(at - set) : -1;
}

bool bytes_from_b64(const char *s, struct buf *out)
{
	unsigned bits = 0;
	size_t digits = 0, pad = 0;

	for (; s && *s; s++) {
		int v = b64_digit(*s);

		if (*s == '\r' || *s == '\n')
			continue;
		if (*s == '=' && digits % 4 >= 2 && digits % 4 + pad < 4) {
			pad++;
			continue;
		}
		if (v < 0 || pad)
			return false;
		bits = bits << 6 | (unsigned)v;
		if (++digits % 4 != 1) {
			unsigned char byte = (unsigned char)(bits >> (6 - 2 * ((digits - 1) % 4)));

			buf_add(out, &byte, 1);
		}
	}
	return s && digits % 4 != 1 && (digits + pad) % 4 == 0;
}

void bytes_random(void *p, size_t n)
{
	/* without random numbers nothing here may go on */
	if (RAND_bytes(p, (int)n) != 1)
		abort();
}

char *bytes_token(size_t n)
{
	unsigned char raw[64];

	if (n > sizeof raw)
		n = sizeof raw;
	bytes_random(raw, n);
	return bytes_hex(raw, n);
}

char *bytes_uuid(void)
{
	unsigned char r[16];

	bytes_random(r, sizeof r);
	r[6] = (unsigned char)((r[6] & 15) | 64);
	r[8] = (unsigned char)((r[8] & 63) | 128);
	return mem_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3], r[4], r[5],
	                  r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
}

void bytes_sha256(const void *p, size_t n, unsigned char out[32])
{
	if (!EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL))
		abort();
}

bool bytes_same(const char *a, const char *b)
{
	return a && b && strlen(a) == strlen(b) && !CRYPTO_memcmp(a, b, strlen(a));
}

enum { VN_OFFSET = 7 * 3600 };

struct tm bytes_vn(time_t t)
{
	struct tm tm;

	t += VN_OFFSET;
	gmtime_r(&t, &tm);
	return tm;
}

time_t bytes_vn_time(int year, int month, int day, int hour, int min)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = min };

	return timegm(&tm) - VN_OFFSET;
}

int64_t bytes_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void bytes_rfc3339(time_t t, char out[32])
{
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
