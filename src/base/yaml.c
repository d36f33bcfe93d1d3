#include "base/yaml.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libfyaml.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The parser's events are read one by one, so a bomb is refused before anything of it is built. */
enum { DEPTH_MAX = 32, SIZE_MAX_BYTES = 4 << 20, ALIAS_NODES_MAX = 20000, ANCHORS_MAX = 256 };

struct reader {
	struct fy_parser *p;
	struct fy_diag *diag;
	const char *name;
	struct fy_mark last;    /* where the newest event began */
	char said[80];          /* the newest message that libfyaml did not collect but wanted to print */
	json_t *anchors;        /* name -> value, complete values only: an alias inside its own anchor finds nothing */
	size_t alias_nodes;
	struct err *e;
};

/* Message with the place; libfyaml counts from 0. Always NULL. */
static json_t *refuse(struct reader *r, const struct fy_mark *m, const char *what)
{
	err_set(r->e, ERR_CONFIG, "%s:%d:%d: %s", r->name, m ? m->line + 1 : 1, m ? m->column + 1 : 1, what);
	return NULL;
}

/* A few messages ("indentation indicator 0") are printed even by a quiet parser, without a place. Never onto the
 * terminal, which is the screen's: the first line is kept, as the reason when nothing better was collected. */
static void on_output(struct fy_diag *diag, void *user, const char *text, size_t n)
{
	struct reader *r = user;
	size_t skip = n > 7 && memcmp(text, "[ERR]: ", 7) == 0 ? 7 : 0, line = skip;

	(void)diag;
	while (line < n && text[line] != '\n')
		line++;
	snprintf(r->said, sizeof r->said, "%.*s", (int)(line - skip), text + skip);
}

static void parser_error(struct reader *r)
{
	void *at = NULL;
	struct fy_diag_error *de;

	while ((de = fy_diag_errors_iterate(r->diag, &at)))
		if (de->type == FYET_ERROR) {
			err_set(r->e, ERR_CONFIG, "%s:%d:%d: %s", r->name, de->line, de->column, de->msg);
			return;
		}
	refuse(r, &r->last, r->said[0] ? r->said : "cannot be read as YAML");
}

/* The next event; NULL with the error set when there is none. */
static struct fy_event *next_event(struct reader *r)
{
	struct fy_event *ev = fy_parser_parse(r->p);

	const struct fy_mark *m = ev ? fy_event_start_mark(ev) : NULL;

	if (!ev)
		parser_error(r);
	if (m)
		r->last = *m;
	return ev;
}

static bool is_integer(const char *s)
{
	size_t sign = *s == '-';
	size_t digits = strspn(s + sign, "0123456789");
	/* 079, 0901... and +84... are codes and telephone numbers, which must keep their first character */
	if (digits == 0 || s[sign + digits] || (digits > 1 && s[sign] == '0'))
		return false;
	errno = 0;
	(void)strtoll(s, NULL, 10);
	return errno == 0;
}

static bool one_of(const char *s, const char *a, const char *b, const char *c)
{
	return strcmp(s, a) == 0 || strcmp(s, b) == 0 || strcmp(s, c) == 0;
}

/* Plain scalars by the YAML 1.2 core schema (10.3.2), decimal integers only; quoted ones are always strings. */
static json_t *scalar(struct reader *r, struct fy_event *ev)
{
	size_t n = 0;
	const char *p = fy_token_get_text(ev->scalar.value, &n);
	const struct fy_mark *m = fy_event_start_mark(ev);

	if (n && (!p || memchr(p, '\0', n) || !text_is_utf8(p, n)))
		return refuse(r, m, "a NUL in a text, or not UTF-8");
	AUTO(mem_free) char *s = mem_strn(n ? p : "", n);
	bool plain = fy_token_scalar_style(ev->scalar.value) == FYSS_PLAIN && !ev->scalar.tag;
	if (plain && (!*s || strcmp(s, "~") == 0 || one_of(s, "null", "Null", "NULL")))
		return json_null();
	if (plain && one_of(s, "true", "True", "TRUE"))
		return json_true();
	if (plain && one_of(s, "false", "False", "FALSE"))
		return json_false();
	if (plain && is_integer(s))
		return json_integer(strtoll(s, NULL, 10));
	return json_string(s);
}

/* Nodes of j; *deepest rises to the depth of its lowest one when j itself stands at `depth`. */
static size_t count_nodes(json_t *j, int depth, int *deepest)
{
	size_t n = 1, i;
	const char *key;
	json_t *v;

	*deepest = depth > *deepest ? depth : *deepest;
	if (json_is_object(j))
		json_object_foreach(j, key, v)
			n += count_nodes(v, depth + 1, deepest);
	else if (json_is_array(j))
		json_array_foreach(j, i, v)
			n += count_nodes(v, depth + 1, deepest);
	return n;
}

static json_t *alias(struct reader *r, struct fy_event *ev, int depth)
{
	int deepest = 0;
	const struct fy_mark *m = fy_event_start_mark(ev);
	size_t n = 0;
	const char *p = fy_token_get_text(ev->alias.anchor, &n);
	AUTO(mem_free) char *name = mem_strn(p ? p : "", p ? n : 0);
	json_t *v = json_object_get(r->anchors, name);

	if (!v)
		return refuse(r, m, "an alias to nothing that is complete");
	if ((r->alias_nodes += count_nodes(v, depth, &deepest)) > ALIAS_NODES_MAX)
		return refuse(r, m, "too many aliases");
	if (deepest > DEPTH_MAX)
		return refuse(r, m, "nested too deep");
	return json_deep_copy(v);
}

static int keep_anchor(struct reader *r, struct fy_token *anchor, const struct fy_mark *m, json_t *v)
{
	size_t n = 0;
	const char *p = anchor ? fy_token_get_text(anchor, &n) : NULL;

	if (!p || !v)
		return 0;
	if (json_object_size(r->anchors) >= ANCHORS_MAX) {
		refuse(r, m, "too many anchors");
		return -1;
	}
	AUTO(mem_free) char *name = mem_strn(p, n);
	return json_object_set(r->anchors, name, v);
}

static json_t *value(struct reader *r, struct fy_event *ev, int depth);

static json_t *list(struct reader *r, int depth)
{
	json_t *j = json_array();

	for (;;) {
		struct fy_event *ev = next_event(r);
		bool end = ev && ev->type == FYET_SEQUENCE_END;
		json_t *v = ev && !end ? value(r, ev, depth + 1) : NULL;
		fy_parser_event_free(r->p, ev);
		if (end)
			return j;
		if (!v || json_array_append_new(j, v) < 0) {
			json_decref(j);
			return NULL;
		}
	}
}

/* One "key: value" whose key event is at hand. */
static int pair(struct reader *r, json_t *j, struct fy_event *key_ev, int depth)
{
	const struct fy_mark *m = fy_event_start_mark(key_ev);
	size_t n = 0;

	if (key_ev->type != FYET_SCALAR) {
		refuse(r, m, "a key must be a plain word");
		return -1;
	}
	const char *p = fy_token_get_text(key_ev->scalar.value, &n);
	if (n && (!p || memchr(p, '\0', n) || !text_is_utf8(p, n))) {
		refuse(r, m, "a key must be text");
		return -1;
	}
	AUTO(mem_free) char *key = mem_strn(n ? p : "", n);
	if (json_object_get(j, key)) {
		AUTO(mem_free) char *what = mem_printf("the key \"%.60s\" is there twice", key);
		refuse(r, m, what);
		return -1;
	}
	struct fy_event *ev = next_event(r);
	json_t *v = ev ? value(r, ev, depth + 1) : NULL;
	fy_parser_event_free(r->p, ev);
	return v ? json_object_set_new(j, key, v) : -1;
}

static json_t *map(struct reader *r, int depth)
{
	json_t *j = json_object();

	for (;;) {
		struct fy_event *ev = next_event(r);
		bool end = ev && ev->type == FYET_MAPPING_END;
		int rc = ev && !end ? pair(r, j, ev, depth) : -1;
		fy_parser_event_free(r->p, ev);
		if (end)
			return j;
		if (rc < 0) {
			json_decref(j);
			return NULL;
		}
	}
}

static json_t *value(struct reader *r, struct fy_event *ev, int depth)
{
	const struct fy_mark *at = fy_event_start_mark(ev);
	struct fy_mark m = at ? *at : (struct fy_mark){ 0 };
	struct fy_token *anchor = NULL;
	json_t *v = NULL;

	if (depth > DEPTH_MAX)
		return refuse(r, &m, "nested too deep");
	if (ev->type == FYET_ALIAS)
		return alias(r, ev, depth);
	if (ev->type == FYET_SCALAR) {
		v = scalar(r, ev);
		anchor = ev->scalar.anchor;
	} else if (ev->type == FYET_SEQUENCE_START) {
		v = list(r, depth);
		anchor = ev->sequence_start.anchor;
	} else if (ev->type == FYET_MAPPING_START) {
		v = map(r, depth);
		anchor = ev->mapping_start.anchor;
	} else {
		return refuse(r, &m, "unexpected end");
	}
	if (keep_anchor(r, anchor, &m, v) < 0) {
		json_decref(v);
		return NULL;
	}
	return v;
}

/* Skips to `want`; -1 with the error set when something else comes. */
static int expect(struct reader *r, enum fy_event_type want, const char *otherwise)
{
	struct fy_event *ev = next_event(r);
	int rc = -1;

	if (ev && ev->type == want)
		rc = 0;
	else if (ev)
		refuse(r, fy_event_start_mark(ev), otherwise);
	fy_parser_event_free(r->p, ev);
	return rc;
}

static json_t *document(struct reader *r)
{
	if (expect(r, FYET_STREAM_START, "not a YAML stream") < 0 ||
	    expect(r, FYET_DOCUMENT_START, "the file holds nothing") < 0)
		return NULL;
	struct fy_event *ev = next_event(r);
	json_t *j = ev ? value(r, ev, 0) : NULL;
	fy_parser_event_free(r->p, ev);
	if (j && expect(r, FYET_DOCUMENT_END, "the document goes on unexpectedly") == 0 &&
	    expect(r, FYET_STREAM_END, "only one document a file") == 0)
		return j;
	json_decref(j);
	return NULL;
}

/* Looked at before libfyaml does, which takes a cut sequence at the end for nothing and UTF-16 for text. */
static int check_bytes(const char *text, size_t n, const char *name, struct err *e)
{
	size_t line = 1;

	for (size_t at = 0, len; at < n; at += len + 1, line++) {
		const char *end = memchr(text + at, '\n', n - at);
		len = end ? (size_t)(end - text) - at : n - at;
		bool nul = memchr(text + at, '\0', len) != NULL;
		if (nul || !text_is_utf8(text + at, len))
			return err_set(e, ERR_CONFIG, "%s:%zu:1: %s", name, line, nul ? "a NUL byte" : "not UTF-8");
	}
	return 0;
}

static json_t *parse(const char *text, size_t n, const char *name, struct err *e)
{
	if (check_bytes(text, n, name, e) < 0)
		return NULL;
	struct fy_diag_cfg dc;
	struct reader r = { .name = name, .e = e };

	fy_diag_cfg_default(&dc);
	dc.level = FYET_ERROR;
	dc.fp = NULL;
	dc.output_fn = on_output;
	dc.user = &r;
	r.diag = fy_diag_create(&dc);
	/* Collected, not printed: the screen owns the terminal. */
	fy_diag_set_collect_errors(r.diag, true);
	struct fy_parse_cfg pc = { .diag = r.diag, .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG };
	r.p = r.diag ? fy_parser_create(&pc) : NULL;
	r.anchors = json_object();
	json_t *j = NULL;
	if (r.p && fy_parser_set_string(r.p, text, n) == 0)
		j = document(&r);
	else
		err_set(e, ERR_INTERNAL, "libfyaml: no parser");
	json_decref(r.anchors);
	fy_parser_destroy(r.p);
	fy_diag_destroy(r.diag);
	return j;
}

json_t *yaml_parse(const char *text, const char *name, struct err *e)
{
	size_t n = text ? strlen(text) : 0;

	name = name ? name : "yaml";
	if (n > SIZE_MAX_BYTES) {
		err_set(e, ERR_CONFIG, "%s:1:1: more than %d bytes", name, SIZE_MAX_BYTES);
		return NULL;
	}
	return parse(text ? text : "", n, name, e);
}

json_t *yaml_read(const char *path, struct err *e)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct stat st;
	/* Not blocking: the path may name a pipe. */
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(e, ERR_NO_FILE, "%s: %s", path, fd < 0 ? strerror(errno) : "not a file");
		return NULL;
	}
	if (fd_read_all(fd, &b, SIZE_MAX_BYTES, e) < 0) {
		err_set(e, ERR_CONFIG, "%s:1:1: more than %d bytes", path, SIZE_MAX_BYTES);
		return NULL;
	}
	return parse(b.p ? (char *)b.p : "", b.n, path, e);
}
