/* What net_fetch promises: an answer whatever its status, and for each way a request can fail an error of its own that says
 * whether the request had left (NT1-NT5, NT7). */
#include "unit/net_mini.h"

#include "base/err.h"
#include "base/mem.h"
#include "net/net.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mini_ca good, other, wrong_name;

static void script(struct mini_con *c, const struct mini_req *q)
{
	const char *p = q->path;

	if (strcmp(p, "/silent") == 0) {
		mini_wait_gone(c);
	} else if (strcmp(p, "/drip") == 0) {
		mini_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
		mini_say(c, "{\"");
		mini_wait_gone(c);
	} else if (strcmp(p, "/cut") == 0) {
		mini_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"half\":");
	} else if (strcmp(p, "/reset") == 0) {
		mini_reset(c);
	} else if (strcmp(p, "/nothing") == 0) {
		return;
	} else if (strcmp(p, "/big-said") == 0) {
		mini_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
		mini_wait_gone(c);
	} else if (strcmp(p, "/big") == 0) {
		mini_say(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
		for (int i = 0; i < 5000; i++)
			mini_say(c, "%1000d", i);
	} else if (strcmp(p, "/heads") == 0) {
		mini_say(c, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 5000; i++)
			mini_say(c, "X-%d: %500d\r\n", i, i);
	} else if (strcmp(p, "/garbage") == 0) {
		mini_say(c, "\x01\x02 220 not http at all\r\n\r\n");
	} else if (strcmp(p, "/moved") == 0) {
		mini_say(c, "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
	} else if (strcmp(p, "/busy") == 0) {
		mini_say(c, "HTTP/1.1 429 Busy\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n");
	} else {
		mini_answer(c, strcmp(p, "/no") == 0 ? 403 : 200, "{\"ok\":true}");
	}
}

struct trial {
	struct net_answer a;
	struct err e;
	int rc;
};

static struct trial go(struct net_request r)
{
	struct trial t = { 0 };

	t.rc = net_fetch_watched(&r, &t.a, NULL, &t.e);
	return t;
}

static char *at(const struct mini *m, const char *path)
{
	static char url[256];

	snprintf(url, sizeof url, "%s%s", m->url, path);
	return url;
}

static void answers(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, &good);
	static const char *const heads[] = { "Content-Type: application/json", "Idempotency-Key: k-1", NULL };
	struct trial t = go((struct net_request){ .method = "POST", .url = at(&m, "/x"), .ca_file = good.file, .body = "{\"a\":1}",
	                                          .body_len = 7, .headers = heads });

	assert_int_equal(t.rc, 0);
	assert_int_equal(t.a.status, 200);
	assert_string_equal((char *)t.a.body->p, "{\"ok\":true}");
	assert_string_equal(t.a.content_type, "application/json");
	assert_int_equal(t.a.date, 1795168800);
	assert_true(t.a.sent);
	net_answer_clear(&t.a);
	const struct mini_req *q = mini_take(&m);
	assert_string_equal(q->method, "POST");
	assert_int_equal(q->n, 7);
	assert_memory_equal(q->body, "{\"a\":1}", 7);
	assert_non_null(strstr(q->head, "Idempotency-Key: k-1\r\n"));
	assert_null(strcasestr(q->head, "Expect:"));
	t = go((struct net_request){ .method = "GET", .url = at(&m, "/no"), .ca_file = good.file });
	assert_int_equal(t.rc, 0);
	assert_int_equal(t.a.status, 403);
	net_answer_clear(&t.a);
	t = go((struct net_request){ .method = "GET", .url = at(&m, "/busy"), .ca_file = good.file });
	assert_int_equal(t.a.retry_after, 17);
	net_answer_clear(&t.a);
	mini_stop(&m);
}

static void bodies_in_pieces(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL);
	int fd = memfd_create("piece", MFD_CLOEXEC);
	char big[300000];

	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)('a' + i % 26);
	assert_int_equal(write(fd, big, sizeof big), sizeof big);
	struct net_piece pieces[] = { { .p = "<", .n = 1 }, { .fd = fd, .n = sizeof big }, { .p = ">", .n = 1 }, { .p = "", .n = 0 } };
	static const char *const methods[] = { "POST", "PUT" };
	for (size_t i = 0; i < COUNT(methods); i++) {
		struct trial t = go((struct net_request){ .method = methods[i], .url = m.url, .plain_ok = true, .pieces = pieces, .npieces = 4 });
		assert_int_equal(t.rc, 0);
		net_answer_clear(&t.a);
		const struct mini_req *q = mini_take(&m);
		assert_string_equal(q->method, methods[i]);
		assert_int_equal(q->n, sizeof big + 2);
		assert_int_equal(q->body[0], '<');
		assert_memory_equal(q->body + 1, big, sizeof big);
		assert_int_equal(q->body[q->n - 1], '>');
	}
	struct trial t = go((struct net_request){ .method = "POST", .url = m.url, .plain_ok = true, .body_fd = fd });
	assert_int_equal(t.rc, 0);
	net_answer_clear(&t.a);
	assert_int_equal(mini_take(&m)->n, sizeof big);
	close(fd);
	mini_stop(&m);
}

static const struct {
	const char *path;
	enum err_kind kind;
	const char *reason;
	bool sent;
} failures[] = {
	{ "/silent",   ERR_SERVICE_SLOW, "net.silent",  true },
	{ "/drip",     ERR_SERVICE_SLOW, "net.drip",    true },
	{ "/cut",      ERR_SERVICE_DOWN, "net.cut",     true },
	{ "/reset",    ERR_SERVICE_DOWN, "net.cut",     true },
	{ "/nothing",  ERR_SERVICE_DOWN, "net.cut",     true },
	{ "/big-said", ERR_SERVICE_ODD,  "net.too-big", true },
	{ "/big",      ERR_SERVICE_ODD,  "net.too-big", true },
	{ "/heads",    ERR_SERVICE_ODD,  "net.too-big", true },
	{ "/garbage",  ERR_SERVICE_ODD,  "net.garbage", true },
};

static void failures_differ(void **state)
{
	(void)state;
	for (int tls = 0; tls < 2; tls++) {
		struct mini m = mini_start(script, NULL, tls ? &good : NULL);
		for (size_t i = 0; i < COUNT(failures); i++) {
			struct trial t = go((struct net_request){ .method = "POST", .url = at(&m, failures[i].path), .ca_file = tls ? good.file : NULL,
			                                          .plain_ok = !tls, .body = "{}", .body_len = 2,
			                                          .total_ms = strcmp(failures[i].path, "/silent") && strcmp(failures[i].path, "/drip") ? 20000 : 400 });
			print_message("%s tls=%d: %s %s: %s\n", failures[i].path, tls, err_id(t.e.kind), t.e.reason, t.e.cause);
			assert_int_equal(t.rc, -1);
			assert_int_equal(t.e.kind, failures[i].kind);
			assert_string_equal(t.e.reason, failures[i].reason);
			assert_int_equal(t.a.sent, failures[i].sent);
			net_answer_clear(&t.a);
			assert_non_null(mini_take(&m));
		}
		mini_stop(&m);
	}
}

/* Without a total limit the low speed limit ends a silence: the rule for uploads and downloads of unknown length. */
static void low_speed_ends_it(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL);
	struct trial t = go((struct net_request){ .method = "GET", .url = at(&m, "/drip"), .plain_ok = true, .low_seconds = 1 });

	assert_int_equal(t.e.kind, ERR_SERVICE_SLOW);
	assert_string_equal(t.e.reason, "net.drip");
	net_answer_clear(&t.a);
	mini_stop(&m);
}

static void redirects_are_answers(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL);
	struct trial t = go((struct net_request){ .method = "GET", .url = at(&m, "/moved"), .plain_ok = true });

	assert_int_equal(t.rc, 0);
	assert_int_equal(t.a.status, 302);
	assert_int_equal(m.s->count, 1);
	net_answer_clear(&t.a);
	mini_stop(&m);
}

static void never_left(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL);
	char url[64];

	snprintf(url, sizeof url, "%s", m.url);
	mini_stop(&m);          /* nobody listens there now */
	struct trial t = go((struct net_request){ .method = "POST", .url = url, .plain_ok = true, .body = "x", .body_len = 1 });
	assert_int_equal(t.e.kind, ERR_SERVICE_DOWN);
	assert_string_equal(t.e.reason, "net.refused");
	assert_false(t.a.sent);
	net_answer_clear(&t.a);
	t = go((struct net_request){ .method = "GET", .url = "https://no-such-host.invalid/", .total_ms = 20000 });
	assert_int_equal(t.e.kind, ERR_NO_NETWORK);
	assert_false(t.a.sent);
	net_answer_clear(&t.a);
	t = go((struct net_request){ .method = "GET", .url = url });    /* plain http where TLS is the rule */
	assert_int_equal(t.e.kind, ERR_CONFIG);
	net_answer_clear(&t.a);
}

/* A listener that never accepts: TCP connects by the backlog, the TLS handshake does not come (NT7). */
static void black_hole(void **state)
{
	(void)state;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[64];

	assert_int_equal(bind(l, (struct sockaddr *)&a, len) | listen(l, 4) | getsockname(l, (struct sockaddr *)&a, &len), 0);
	snprintf(url, sizeof url, "https://127.0.0.1:%d/", ntohs(a.sin_port));
	struct trial t = go((struct net_request){ .method = "POST", .url = url, .body = "x", .body_len = 1, .connect_ms = 300 });
	assert_int_equal(t.e.kind, ERR_SERVICE_SLOW);
	assert_string_equal(t.e.reason, "net.connect-slow");
	assert_false(t.a.sent);
	net_answer_clear(&t.a);
	close(l);
}

static void tls_is_never_negotiable(void **state)
{
	(void)state;
	struct mini a = mini_start(script, NULL, &other), b = mini_start(script, NULL, &wrong_name), c = mini_start(script, NULL, &good);
	const struct { const char *url, *ca, *pins, *reason; } cases[] = {
		{ a.url, good.file, NULL, "net.tls" },          /* another authority */
		{ b.url, wrong_name.file, NULL, "net.tls" },    /* another name */
		{ c.url, NULL, NULL, "net.tls" },               /* the system store does not know ours */
		{ c.url, good.file, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "net.pin" },
		{ c.url, "/nonexistent.pem", NULL, "net.ca-file" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trial t = go((struct net_request){ .method = "POST", .url = cases[i].url, .ca_file = cases[i].ca, .pins = cases[i].pins,
		                                          .body = "{}", .body_len = 2 });
		assert_int_equal(t.e.kind, ERR_SERVICE_TLS);
		assert_string_equal(t.e.reason, cases[i].reason);
		assert_false(t.a.sent);
		net_answer_clear(&t.a);
	}
	assert_int_equal(a.s->count + b.s->count + c.s->count, 0);
	mini_stop(&a);
	mini_stop(&b);
	mini_stop(&c);
}

static void the_right_pin_passes(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, &good);
	unsigned char *der = NULL, md[32];
	char b64[64], pins[160];

	int n = i2d_PUBKEY(good.server_key, &der);
	EVP_Digest(der, (size_t)n, md, NULL, EVP_sha256(), NULL);
	EVP_EncodeBlock((unsigned char *)b64, md, 32);
	snprintf(pins, sizeof pins, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;sha256//%s", b64);
	struct trial t = go((struct net_request){ .method = "GET", .url = m.url, .ca_file = good.file, .pins = pins });
	assert_int_equal(t.rc, 0);
	net_answer_clear(&t.a);
	OPENSSL_free(der);
	mini_stop(&m);
}

static void environment_proxies_are_ignored(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL), proxy = mini_start(script, NULL, NULL);

	setenv("http_proxy", proxy.url, 1);
	setenv("ALL_PROXY", proxy.url, 1);
	struct trial t = go((struct net_request){ .method = "GET", .url = at(&m, "/x"), .plain_ok = true });
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(t.rc, 0);
	assert_int_equal(m.s->count, 1);
	assert_int_equal(proxy.s->count, 0);
	net_answer_clear(&t.a);
	mini_stop(&m);
	mini_stop(&proxy);
}

static bool yes(void *self)
{
	++*(int *)self;
	return true;
}

static bool no(void *self)
{
	++*(int *)self;
	return false;
}

static void count_tick(void *self)
{
	++*(int *)self;
}

static void cancelling(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL);
	struct net_answer a;
	struct err e = { 0 };
	int p[2], asked = 0;

	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "c", 1), 1);
	struct net_request r = { .method = "POST", .url = at(&m, "/silent"), .plain_ok = true, .body = "x", .body_len = 1, .total_ms = 20000 };
	struct net_watch w = { .fd = p[0], .stop = yes, .self = &asked };
	assert_int_equal(net_fetch_watched(&r, &a, &w, &e), -1);
	assert_int_equal(e.kind, ERR_CANCELLED);
	assert_int_equal(asked, 1);
	net_answer_clear(&a);

	/* The screen is gone (hang-up, nothing to read) but the job goes on: asked once, then left alone. */
	close(p[1]);
	assert_int_equal(read(p[0], &(char){ 0 }, 1), 1);
	asked = 0;
	w = (struct net_watch){ .fd = p[0], .stop = no, .self = &asked };
	r.total_ms = 400;
	assert_int_equal(net_fetch_watched(&r, &a, &w, &e), -1);
	assert_string_equal(e.reason, "net.silent");
	assert_int_equal(asked, 1);
	net_answer_clear(&a);

	asked = 0;
	w = (struct net_watch){ .fd = -1, .tick = count_tick, .self = &asked };
	r.total_ms = 1500;
	assert_int_equal(net_fetch_watched(&r, &a, &w, &e), -1);
	assert_true(asked > 0);
	net_answer_clear(&a);
	close(p[0]);
	mini_stop(&m);
}

static void header_lines_cannot_be_injected(void **state)
{
	(void)state;
	struct mini m = mini_start(script, NULL, NULL);
	static const char *const heads[] = { "Authorization: Bearer a\r\nX-Evil: 1", NULL };
	struct trial t = go((struct net_request){ .method = "GET", .url = m.url, .plain_ok = true, .headers = heads });

	assert_int_equal(t.rc, -1);
	assert_int_equal(m.s->count, 0);
	net_answer_clear(&t.a);
	mini_stop(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(bodies_in_pieces),
		cmocka_unit_test(failures_differ),
		cmocka_unit_test(low_speed_ends_it),
		cmocka_unit_test(redirects_are_answers),
		cmocka_unit_test(never_left),
		cmocka_unit_test(black_hole),
		cmocka_unit_test(tls_is_never_negotiable),
		cmocka_unit_test(the_right_pin_passes),
		cmocka_unit_test(environment_proxies_are_ignored),
		cmocka_unit_test(cancelling),
		cmocka_unit_test(header_lines_cannot_be_injected),
	};
	good = mini_ca_make(mini_dir(), "good", "IP:127.0.0.1");
	other = mini_ca_make(mini_dir(), "other", "IP:127.0.0.1");
	wrong_name = mini_ca_make(mini_dir(), "wrong-name", "DNS:somewhere.invalid");
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	mini_ca_free(&good);
	mini_ca_free(&other);
	mini_ca_free(&wrong_name);
	return rc;
}
