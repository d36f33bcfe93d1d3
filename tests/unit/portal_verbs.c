/* Delivering once: what is sent, what is asked for by key, and what is told when the intake fails in the middle. */
#include "unit/net_mini.h"

#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "portal/portal.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mini_ca ca;

enum does { ANSWERS, CUTS };
struct step {
	enum does does;
	int status;
	const char *body;
};

static void play(struct mini_con *c, const struct mini_req *q)
{
	const struct step *s = (const struct step *)c->self + c->nth;

	(void)q;
	if (s->does == ANSWERS)
		mini_answer(c, s->status, s->body);
}

#define KEY "5b1f0000-0000-4000-8000-00000000000a"
#define TAKEN "{\"code\":\"H11-261120-0001\",\"state\":1,\"state_text\":\"M\\u1edbi \\u001b]0;x\\u0007\",\"received_at\":\"2026-11-20T10:00:00Z\",\"due\":\"2026-11-23T10:00:00Z\"}"

struct trial {
	json_t *result;
	struct err e;
	int rc, asked;
	char lines[512];             /* "GET /portal/deliveries/KEY; ..." */
	char *body;                  /* of the POST, NUL-ended */
	size_t n;
	char head[4096];
};

static struct trial go(int (*verb)(struct job_call *, struct err *), json_t *args, const int *fds, size_t nfds, const struct step *steps)
{
	struct trial t = { .result = json_object() };
	struct mini m = mini_start(play, (void *)steps, &ca);
	AUTO(mem_free) char *path = mem_printf("%s/portal.yaml", mini_dir());
	AUTO(json_release) json_t *a = args;
	FILE *f = fopen(path, "w");

	fprintf(f, "sandbox: true\nportal: { url: \"%s/portal\", ca: %s }\n", m.url, ca.file);
	fclose(f);
	AUTO(config_release) struct config *c = config_load(path, NULL, &t.e);
	assert_non_null(c);
	struct job_call call = { .config = c, .args = a, .fds = fds, .nfds = nfds, .result = t.result };
	t.rc = verb(&call, &t.e);
	t.asked = m.s->count;
	for (int i = 0; i < t.asked; i++) {
		const struct mini_req *q = &m.s->req[i];
		size_t n = strlen(t.lines);
		snprintf(t.lines + n, sizeof t.lines - n, "%s %s; ", q->method, q->path);
		if (strcmp(q->method, "POST"))
			continue;
		free(t.body);
		t.body = mem_alloc(q->n + 1);
		memcpy(t.body, q->body, q->n);
		t.n = q->n;
		memcpy(t.head, q->head, sizeof t.head);
	}
	mini_stop(&m);
	return t;
}

static void trial_clear(struct trial *t)
{
	json_decref(t->result);
	free(t->body);
}

static int file_of(const char *text, char hex[65])
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (write(fd, text, strlen(text)) < 0)
		abort();
	sha256_hex(hex, text, strlen(text));
	return fd;
}

static json_t *send_args(const char *name, const char *hex, bool first)
{
	return json_pack("{s:s,s:{s:s},s:[{s:s,s:s,s:s}],s:b}", "key", KEY, "dossier", "procedure", "1.001193", "files", "component", "to-khai",
	                 "name", name, "sha256", hex, "first", first);
}

static void a_delivery(void **state)
{
	(void)state;
	static const struct step steps[] = { { ANSWERS, 404, "{}" }, { ANSWERS, 201, TAKEN } };
	char hex[65];
	AUTO(fd_close) int fd = file_of("%PDF-1.7 two\r\nlines", hex);
	AUTO(trial_clear) struct trial t = go(portal_send, send_args("t\u1edd \"khai\"\r\nX: 1.pdf", hex, false), &fd, 1, steps);

	assert_int_equal(t.rc, 0);
	assert_string_equal(t.lines, "GET /portal/deliveries/" KEY "; POST /portal/dossiers; ");
	assert_string_equal(json_str(t.result, "code", ""), "H11-261120-0001");
	assert_int_equal(json_int(t.result, "state", 0), 1);
	assert_null(strchr(json_str(t.result, "state_text", ""), 0x1b));
	assert_non_null(strstr(t.head, "Idempotency-Key: " KEY "\r\n"));
	const char *b = strstr(t.head, "boundary=");
	assert_non_null(b);
	AUTO(mem_free) char *boundary = mem_strn(b + 9, strcspn(b + 9, "\r\n"));
	AUTO(mem_free) char *file = mem_printf("--%s\r\nContent-Disposition: form-data; name=\"files\"; filename=\"t\u1edd %%22khai%%22 X: 1.pdf\"\r\n"
	                                       "Content-Type: application/pdf\r\n\r\n%%PDF-1.7 two\r\nlines\r\n--%s--\r\n", boundary, boundary);
	const char *tail = strstr(t.body, file);
	if (!tail)
		fail_msg("%s", t.body);
	assert_int_equal(tail + strlen(file) - t.body, t.n);
	const char *json = strstr(t.body, "\r\n\r\n{");
	assert_non_null(json);
	AUTO(json_release) json_t *dossier = json_parse(json + 4, strcspn(json + 4, "\r"), 65536, NULL);
	assert_string_equal(json_str(dossier, "files.0.sha256", ""), hex);
	assert_string_equal(json_str(dossier, "procedure", ""), "1.001193");
}

static const struct {
	const char *name;
	struct step steps[5];
	int asked;
	bool first;
	enum err_kind kind;
	const char *reason;
} cases[] = {
	{ "it is there already", { { ANSWERS, 200, TAKEN } }, 1, false, ERR_NONE, "" },
	{ "first try, no question", { { ANSWERS, 201, TAKEN } }, 1, true, ERR_NONE, "" },
	{ "the same answer again", { { ANSWERS, 404, "{}" }, { ANSWERS, 200, TAKEN } }, 2, false, ERR_NONE, "" },
	{ "cut, but it arrived", { { CUTS, 0, NULL }, { ANSWERS, 200, TAKEN } }, 2, true, ERR_NONE, "" },
	{ "cut, it did not arrive", { { CUTS, 0, NULL }, { ANSWERS, 404, "{}" } }, 2, true, ERR_SERVICE_DOWN, "intake.not-arrived" },
	{ "cut, nobody can say", { { CUTS, 0, NULL }, { CUTS, 0, NULL }, { CUTS, 0, NULL }, { CUTS, 0, NULL } }, 4, true, ERR_SERVICE_DOWN, "intake.unknown" },
	{ "500, but it arrived", { { ANSWERS, 500, "{}" }, { ANSWERS, 200, TAKEN } }, 2, true, ERR_NONE, "" },
	{ "a mangled answer, it arrived", { { ANSWERS, 201, "{\"co" }, { ANSWERS, 200, TAKEN } }, 2, true, ERR_NONE, "" },
	{ "the question itself fails", { { CUTS, 0, NULL } }, 1, false, ERR_SERVICE_DOWN, "net.cut" },
	{ "an empty file", { { ANSWERS, 422, "{\"error\":\"empty_file\",\"missing\":[\"to-khai\"]}" } }, 1, true, ERR_REJECTED, "intake.empty-file" },
	{ "too big", { { ANSWERS, 413, "<html>" } }, 1, true, ERR_REJECTED, "intake.http-413" },
	{ "an id with escapes", { { ANSWERS, 422, "{\"error\":\"a\\u001b[1m\"}" } }, 1, true, ERR_REJECTED, "intake.http-422" },
	{ "busy", { { ANSWERS, 429, "{\"retry_after\":9}" } }, 1, true, ERR_SERVICE_DOWN, "wait-9" },
	{ "a code that is a path", { { ANSWERS, 404, "{}" }, { ANSWERS, 201, "{\"code\":\"../x\"}" }, { ANSWERS, 404, "{}" } }, 3, false, ERR_SERVICE_ODD, "intake.not-arrived" },
};

static void deliveries(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char hex[65];
		AUTO(fd_close) int fd = file_of("%PDF-1.7", hex);
		AUTO(trial_clear) struct trial t = go(portal_send, send_args("a.pdf", hex, cases[i].first), &fd, 1, cases[i].steps);
		print_message("%s: %s %s; %s\n", cases[i].name, err_id(t.e.kind), t.e.reason, t.lines);
		assert_int_equal(t.rc, cases[i].kind == ERR_NONE ? 0 : -1);
		assert_int_equal(t.asked, cases[i].asked);
		if (t.rc < 0) {
			assert_int_equal(t.e.kind, cases[i].kind);
			assert_string_equal(t.e.reason, cases[i].reason);
		} else {
			assert_string_equal(json_str(t.result, "code", ""), "H11-261120-0001");
		}
	}
}

static void what_was_shown_is_sent(void **state)
{
	(void)state;
	static const struct step steps[] = { { ANSWERS, 404, "{}" } };
	char hex[65];
	AUTO(fd_close) int fd = file_of("%PDF-1.7 other", hex);
	hex[0] = hex[0] == '0' ? '1' : '0';
	AUTO(trial_clear) struct trial t = go(portal_send, send_args("a.pdf", hex, true), &fd, 1, steps);
	assert_int_equal(t.rc, -1);
	assert_int_equal(t.asked, 0);
	AUTO(trial_clear) struct trial u = go(portal_send, send_args("a.pdf", hex, true), NULL, 0, steps);
	assert_int_equal(u.e.kind, ERR_USAGE);
	assert_int_equal(u.asked, 0);
}

static void following(void **state)
{
	(void)state;
	static const struct step found[] = { { ANSWERS, 200, "{\"code\":\"H11-1\",\"state\":5,\"state_text\":\"B\\u1ed5 sung\",\"due\":null,\"receipt\":null,\"missing\":[\"a\\u0000b\"]}" } };
	static const struct step ok[] = { { ANSWERS, 200, "{\"code\":\"H11-1\",\"state\":5,\"state_text\":\"x\",\"due\":null,\"receipt\":{\"number\":\"7\",\"components\":[{\"name\":\"t\\u001bk\"}]},\"missing\":[\"m\"]}" } };
	static const struct step none[] = { { ANSWERS, 404, "{}" } };

	AUTO(trial_clear) struct trial nul = go(portal_status, json_pack("{s:s}", "code", "H11-1"), NULL, 0, found);
	assert_int_equal(nul.rc, -1);           /* a NUL inside a string is no answer */
	AUTO(trial_clear) struct trial t = go(portal_status, json_pack("{s:s}", "code", "H11-1"), NULL, 0, ok);
	assert_int_equal(t.rc, 0);
	assert_string_equal(t.lines, "GET /portal/dossiers/H11-1; ");
	assert_int_equal(json_int(t.result, "state", 0), 5);
	assert_string_equal(json_str(t.result, "receipt.components.0.name", ""), "tk");
	assert_string_equal(json_str(t.result, "missing.0", ""), "m");
	AUTO(trial_clear) struct trial u = go(portal_status, json_pack("{s:s}", "code", "H11-1"), NULL, 0, none);
	assert_int_equal(u.e.kind, ERR_NOT_FOUND);
	AUTO(trial_clear) struct trial v = go(portal_status, json_pack("{s:s}", "code", "../deliveries/x"), NULL, 0, none);
	assert_int_equal(v.e.kind, ERR_NOT_FOUND);
	assert_int_equal(v.asked, 0);
	AUTO(trial_clear) struct trial w = go(portal_find, json_pack("{s:s}", "key", KEY), NULL, 0, none);
	assert_int_equal(w.e.kind, ERR_NOT_FOUND);
	assert_string_equal(w.lines, "GET /portal/deliveries/" KEY "; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delivery),
		cmocka_unit_test(deliveries),
		cmocka_unit_test(what_was_shown_is_sent),
		cmocka_unit_test(following),
	};
	ca = mini_ca_make(mini_dir(), "portal", "IP:127.0.0.1");
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	mini_ca_free(&ca);
	return rc;
}
