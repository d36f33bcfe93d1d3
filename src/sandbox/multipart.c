#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/intake.h"

/* The boundary of a content type; RFC 2046 5.1.1 allows 70 characters. */
static bool boundary_of(const char *type, char out[80])
{
	const char *at = type && !strncasecmp(type, "multipart/form-data", 19) ? strcasestr(type, "boundary=") : NULL;
	size_t n;

	if (!at)
		return false;
	at += 9;
	if (*at == '"') {
		at++;
		n = strcspn(at, "\"");
	} else {
		n = strcspn(at, "; \t");
	}
	if (!n || n > 70)
		return false;
	snprintf(out, 80, "\r\n--%.*s", (int)n, at);
	return true;
}

/* key="value" in a Content-Disposition line, with \" inside as browsers and curl write it. */
static bool parameter(const char *line, size_t n, const char *key, char *out, size_t max)
{
	size_t len = strlen(key), at = 0;

	for (size_t i = 0; i + len + 2 <= n; i++) {
		if ((i && line[i - 1] != ' ' && line[i - 1] != ';') || strncasecmp(line + i, key, len) || line[i + len] != '=' || line[i + len + 1] != '"')
			continue;
		for (i += len + 2; i < n && line[i] != '"'; i++) {
			if (line[i] == '\\' && i + 1 < n && line[i + 1] == '"')
				i++;
			if (at + 1 >= max || iscntrl((unsigned char)line[i]))
				return false;
			out[at++] = line[i];
		}
		out[at] = 0;
		return i < n;
	}
	out[0] = 0;
	return true;
}

static bool headers(const char *p, size_t n, struct part *part)
{
	while (n) {
		const char *end = memmem(p, n, "\r\n", 2);
		size_t len = end ? (size_t)(end - p) : n;

		if (len > 20 && !strncasecmp(p, "Content-Disposition:", 20)
		    && (!parameter(p, len, "name", part->name, sizeof part->name) || !parameter(p, len, "filename", part->filename, sizeof part->filename)))
			return false;
		if (!end)
			break;
		p += len + 2;
		n -= len + 2;
	}
	return part->name[0];
}

int multipart_parse(const char *content_type, const void *body, size_t n, struct part *parts, int max)
{
	char mark[80];
	const char *p = body, *end = p + n;
	size_t len;
	int count = 0;

	if (!boundary_of(content_type, mark))
		return -1;
	len = strlen(mark);
	/* the first boundary has no line end in front; a preamble is not accepted */
	if (n < len || memcmp(p, mark + 2, len - 2))
		return -1;
	p += len - 2;
	for (;;) {
		const char *head, *stop;

		if (end - p >= 2 && !memcmp(p, "--", 2))
			return count;
		if (end - p < 2 || memcmp(p, "\r\n", 2) || count == max)
			return -1;
		p += 2;
		head = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);
		if (!head || head - p > 4096)
			return -1;
		parts[count] = (struct part){ .p = (const unsigned char *)head + 4 };
		if (!headers(p, (size_t)(head - p), &parts[count]))
			return -1;
		p = head + 4;
		/* an empty part: the line end before the boundary is the one that ended the headers' blank line */
		stop = memmem(p, (size_t)(end - p), mark, len);
		if (!stop)
			return -1;
		parts[count++].n = (size_t)(stop - p);
		p = stop + len;
	}
}
