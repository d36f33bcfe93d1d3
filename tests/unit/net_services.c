/* Time-stamps, revocation answers, the clock. */
#include "unit/net_mini.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "net/services.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mini_ca ca;

static void script(struct mini_con *c, const struct mini_req *q)
{
	if (strcmp(q->path, "/tsa") == 0 || strcmp(q->path, "/ocsp") == 0)
		mini_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x30\x01\x02");
	else if (strcmp(q->path, "/crl") == 0)
		mini_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ncrl!");
	else if (strcmp(q->path, "/huge") == 0) {
		static char chunk[1 << 20];
		mini_say(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
		for (int i = 0; i < 22; i++)            /* over the 20 MB that a list may have */
			mini_bytes(c, chunk, sizeof chunk);
	} else if (strcmp(q->path, "/dated/profiles") == 0)
		mini_say(c, "HTTP/1.1 401 X\r\nDate: Fri, 20 Nov 2026 10:00:00 GMT\r\nContent-Length: 0\r\n\r\n");
	else
		mini_say(c, "HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n");
}

static struct config *conf(const char *text)
{
	AUTO(mem_free) char *path = mem_printf("%s/services.yaml", mini_dir());
	FILE *f = fopen(path, "w");
	struct err e = { 0 };

	fputs(text, f);
	fclose(f);
	struct config *c = config_load(path, NULL, &e);
	if (!c)
		fail_msg("%s", e.cause);
	return c;
}

static void stamps(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL);
	AUTO(mem_free) char *text = mem_printf("sandbox: true\ntsa: { url: \"%s/tsa\" }\n", m.url);
	AUTO(config_release) struct config *c = conf(text);
	AUTO(json_release) json_t *args = json_pack("{s:s}", "request", "MAMCAQE="), *result = json_object();
	struct job_call call = { .config = c, .args = args, .result = result };
	struct err e = { 0 };

	assert_int_equal(net_tsa_stamp(&call, &e), 0);
	assert_string_equal(json_str(result, "response", ""), "MAEC");
	const struct mini_req *q = mini_take(&m);
	assert_non_null(strstr(q->head, "Content-Type: application/timestamp-query"));
	assert_int_equal(q->n, 5);
	assert_memory_equal(q->body, "\x30\x03\x02\x01\x01", 5);
	json_object_set_new(args, "request", json_string("?"));
	assert_int_equal(net_tsa_stamp(&call, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	mini_stop(&m);
}

static void revocation(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL), evil = mini_start(script, NULL, NULL);
	AUTO(mem_free) char *text = mem_printf("sandbox: true\nrevocation: { allow: [\"%s/\"] }\n", m.url);
	AUTO(config_release) struct config *c = conf(text);
	char ocsp[128], crl[128], huge[128], other[128];
	struct err e = { 0 };

	snprintf(ocsp, sizeof ocsp, "%s/ocsp", m.url);
	snprintf(crl, sizeof crl, "%s/crl", m.url);
	snprintf(huge, sizeof huge, "%s/huge", m.url);
	snprintf(other, sizeof other, "%s/crl", evil.url);
	AUTO(json_release) json_t *args = json_pack("{s:s,s:s,s:s}", "ocsp_url", ocsp, "ocsp_request", "MAA=", "crl_url", crl), *result = json_object();
	struct job_call call = { .config = c, .args = args, .result = result };
	assert_int_equal(net_revocation_fetch(&call, &e), 0);
	assert_string_equal(json_str(result, "ocsp", ""), "MAEC");
	assert_string_equal(json_str(result, "crl", ""), "Y3JsIQ==");
	const struct mini_req *q = mini_take(&m);
	assert_string_equal(q->method, "POST");
	assert_non_null(strstr(q->head, "Content-Type: application/ocsp-request"));

	/* A certificate of a stranger names an address of the stranger; one that answers too much is left out. */
	AUTO(json_release) json_t *args2 = json_pack("{s:s,s:s,s:s}", "ocsp_url", other, "ocsp_request", "MAA=", "crl_url", huge), *result2 = json_object();
	call.args = args2;
	call.result = result2;
	assert_int_equal(net_revocation_fetch(&call, &e), 0);
	assert_int_equal(json_object_size(result2), 0);
	assert_int_equal(evil.s->count, 0);
	mini_stop(&m);
	mini_stop(&evil);
}

static void prefixes(void **state)
{
	(void)state;
	AUTO(config_release) struct config *c = conf("sandbox: true\nrevocation: { allow: [\"http://ca.vn\", \"https://x.vn/crl/\", \"\", 7] }\n");

	assert_true(net_url_allowed(c, "http://ca.vn/a.crl"));
	assert_true(net_url_allowed(c, "http://ca.vn"));
	assert_true(net_url_allowed(c, "https://x.vn/crl/1"));
	assert_false(net_url_allowed(c, "http://ca.vn.example/a.crl"));
	assert_false(net_url_allowed(c, "http://ca.vn@example/a.crl"));
	assert_false(net_url_allowed(c, "http://ca.vn:8080/"));
	assert_false(net_url_allowed(c, "https://ca.vn/"));
	assert_false(net_url_allowed(c, "https://x.vn/other"));
	assert_false(net_url_allowed(c, "file:///etc/passwd"));
	assert_false(net_url_allowed(c, ""));
}

static void clocks(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, &ca);
	AUTO(mem_free) char *text = mem_printf("sandbox: true\nidentity: { url: \"%s/dated\", ca: %s }\n", m.url, ca.file);
	AUTO(config_release) struct config *c = conf(text);
	const struct { const char *now; int rc; const char *reason; } cases[] = {
		{ "2026-11-20T10:00:30Z", 0, "" },
		{ "2026-11-20T09:59:10Z", 0, "" },
		{ "2026-11-20T10:05:00Z", -1, "clock.ahead-" },
		{ "2025-11-20T10:00:00Z", -1, "clock.behind-" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		AUTO(json_release) json_t *args = json_object(), *result = json_object();
		struct job_call call = { .config = c, .args = args, .result = result };
		setenv("TRAMKY_TEST_NOW", cases[i].now, 1);
		clock_setup(c);
		assert_int_equal(net_clock_check(&call, &e), cases[i].rc);
		assert_int_equal(strncmp(e.reason, cases[i].reason, strlen(cases[i].reason)), 0);
		if (cases[i].rc)
			assert_int_equal(e.kind, ERR_CLOCK_WRONG);
		else
			assert_true(llabs(json_int(result, "skew", 999)) <= 60);
	}
	unsetenv("TRAMKY_TEST_NOW");
	mini_stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps),
		cmocka_unit_test(revocation),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(clocks),
	};
	ca = mini_ca_make(mini_dir(), "services", "IP:127.0.0.1");
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	mini_ca_free(&ca);
	return rc;
}
