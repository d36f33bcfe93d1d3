/* Thin comfort over jansson: paths, required fields with an error that names them, size and depth limits. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct buf;

/* For AUTO(json_release). */
void json_release(json_t **j);
/* Parses bytes from outside: at most `max` bytes, duplicate keys refused, no NUL in strings. The caller owns it. */
json_t *json_parse(const void *p, size_t n, size_t max, struct err *e);
/* Compact text; the caller owns it. */
char *json_text(const json_t *j);

/* "a.b.0.c" from j; borrowed; NULL when absent. */
json_t *json_at(const json_t *j, const char *path);
/* String at path or `none`; borrowed. */
const char *json_str(const json_t *j, const char *path, const char *none);
long long json_int(const json_t *j, const char *path, long long none);
bool json_is(const json_t *j, const char *path);            /* true only when there and true */
/* Required: NULL and ERR_SERVICE_ODD naming the path when absent or of another type. */
const char *json_need_str(const json_t *j, const char *path, struct err *e);
/* Sets "a.b" (objects on the way are made); steals value. */
void json_put(json_t *j, const char *path, json_t *value);
void json_put_str(json_t *j, const char *path, const char *value);  /* NULL: JSON null */

/* Standard base64 with padding. Decoding skips white space and refuses all else that is foreign. */
char *base64_text(const void *p, size_t n);
int base64_bytes(const char *s, struct buf *out, struct err *e);
char *hex_text(const void *p, size_t n);                    /* lower case */
int hex_bytes(const char *s, struct buf *out, struct err *e);

#endif
