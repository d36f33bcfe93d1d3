/* A signing from "prepared" to each of its ends, against a scripted provider: what the person is told, what the state file
 * says after each step, and that no request that asks the person is ever sent twice. */
#include "unit/sign_help.h"

#include "sign/state.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mini_ca ca, stranger;
static struct signer me, other;
static char state_path[256];

/* ---- the provider ---------------------------------------------------------------------------------------------------- */

enum does { ANSWERS, CUTS, RESETS, KEEPS_SILENT, NOISE, WAITS_FOR_GO };
struct step {
	enum does does;
	int http;
	const char *body;            /* "@ok" and friends: a signed reply, made before the server starts */
};
struct plan {
	const struct step *steps;    /* by request; the last one repeats */
	int n;
	int go;                      /* descriptor for WAITS_FOR_GO */
	char *ok, *wrong_key, *wrong_hash, *other_person;
};

static char *signed_reply(const struct signer *s, int which, const char *more)
{
	unsigned char hash[32];

	hash_of(hash, which);
	AUTO(mem_free) char *sig = signer_sign(s, hash);
	return mem_printf("{\"status_code\":200,\"message\":\"SUCCESS\",\"data\":{\"transaction_id\":\"" SIGN_TXN "\",%s"
	                  "\"signatures\":[{\"doc_id\":\"KS-4F7K2\",\"signature_value\":\"%s\",\"timestamp_signature\":null}]}}", more, sig);
}

static void play(struct mini_con *c, const struct mini_req *q)
{
	const struct plan *p = c->self;
	const struct step *s = &p->steps[c->nth < p->n ? c->nth : p->n - 1];
	const char *body = s->body;
	char now[512] = "";
	bool asks = strstr(q->path, "status") == NULL;

	/* The request that asks the person leaves only after the disk says so. */
	int fd = open(state_path, O_RDONLY);
	ssize_t got = read(fd, now, sizeof now - 1);
	close(fd);
	if (asks && (got <= 0 || !strstr(now, "\"state\":\"submitted\""))) {
		mini_answer(c, 400, "{\"code\":400,\"message\":\"the state file did not say submitted\"}");
		return;
	}
	if (body && *body == '@')
		body = !strcmp(body, "@ok") ? p->ok : !strcmp(body, "@wrong-key") ? p->wrong_key : !strcmp(body, "@wrong-hash") ? p->wrong_hash
		     : p->other_person;
	switch (s->does) {
	case WAITS_FOR_GO:
		(void)!read(p->go, &(char){ 0 }, 1);
		mini_answer(c, s->http, body);
		return;
	case ANSWERS:
		mini_answer(c, s->http, body);
		return;
	case CUTS:
		return;
	case RESETS:
		mini_reset(c);
		return;
	case KEEPS_SILENT:
		mini_wait_gone(c);
		return;
	case NOISE:
		mini_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\x01\x02\x03\xff{[");
		return;
	}
}

static struct plan plan_of(const struct step *steps, int n)
{
	AUTO(mem_free) char *theirs = mem_printf("\"cert_data\":\"%s\",", other.b64);

	return (struct plan){ .steps = steps, .n = n, .go = -1, .ok = signed_reply(&me, 0, ""), .wrong_key = signed_reply(&other, 0, ""),
	                      .wrong_hash = signed_reply(&me, 1, ""), .other_person = signed_reply(&me, 0, theirs) };
}

static void plan_clear(struct plan *p)
{
	free(p->ok);
	free(p->wrong_key);
	free(p->wrong_hash);
	free(p->other_person);
}

/* ---- our side -------------------------------------------------------------------------------------------------------- */

struct screen {
	char told[256];              /* states in the order told, each once */
	int stop_fd, go, leave;
	bool stop;
};

static bool wants_stop(void *self)
{
	return ((struct screen *)self)->stop;
}

static void hear(void *self, const json_t *body)
{
	struct screen *s = self;
	const char *state = json_str(body, "state", "?");

	if (!strstr(s->told, state) && strlen(s->told) + strlen(state) + 2 < sizeof s->told) {
		strcat(s->told, state);
		strcat(s->told, " ");
	}
	if (s->leave > 0 && strcmp(state, "waiting-person") == 0) {
		close(s->leave);
		s->leave = 0;
	}
	if (s->go > 0) {
		(void)!write(s->go, "g", 1);
		s->go = 0;
	}
}

static int fresh_state(const char *text)
{
	int fd = open(state_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (text && write(fd, text, strlen(text)) < 0)
		abort();
	return fd;
}

static int state_again(void)
{
	return open(state_path, O_RDWR | O_CLOEXEC);
}

/* What the file says: "ended refused", "signature-received". */
static const char *on_disk(void)
{
	static char out[128];
	char text[65536] = "";
	int fd = open(state_path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);

	close(fd);
	AUTO(json_release) json_t *j = json_parse(text, n > 0 ? (size_t)n : 0, sizeof text, NULL);
	if (!j)
		return "unreadable";
	assert_string_equal(json_str(j, "transaction", ""), SIGN_TXN);
	assert_string_equal(json_str(j, "document_codes.0", ""), "KS-4F7K2");
	assert_int_equal(json_array_size(json_at(j, "hashes")), 1);
	assert_null(strstr(text, "001090123456"));
	assert_null(strstr(text, "sp-secret"));
	snprintf(out, sizeof out, "%s%s%s", json_str(j, "state", "?"), json_str(j, "end", NULL) ? " " : "", json_str(j, "end", ""));
	if (strcmp(json_str(j, "state", ""), "signature-received") == 0)
		assert_int_equal(json_array_size(json_at(j, "signatures")), 1);
	return out;
}

static int sign(const struct config *c, const char *way, int fd, bool resume, struct screen *s, json_t **result, struct err *e)
{
	AUTO(json_release) json_t *args = sign_args(way, &me, 1);
	AUTO(sign_request_clear) struct sign_request r = { 0 };
	struct sign_hooks h = { .self = s, .fd = s->stop_fd ? s->stop_fd : -1, .cancelled = wants_stop, .progress = hear };

	err_clear(e);
	*result = json_object();
	assert_int_equal(sign_request_read(&r, args, c, e), 0);
	int rc = sign_run(c, &r, fd, resume, &h, *result, e);
	if (rc == 0) {
		unsigned char hash[32];
		hash_of(hash, 0);
		AUTO(mem_free) char *want = signer_sign(&me, hash);
		assert_string_equal(json_str(*result, "state", ""), "signature-received");
		assert_string_equal(json_str(*result, "signatures.0.document_code", ""), "KS-4F7K2");
		assert_string_equal(json_str(*result, "signatures.0.signature", ""), want);
	}
	return rc;
}

/* ---- every end --------------------------------------------------------------------------------------------------------- */

#define WAIT "{\"status_code\":200,\"message\":\"sig_wait_for_user_confirm\",\"data\":{\"transaction_id\":\"" SIGN_TXN "\",\"tran_code\":\"t\",\"expired_in\":300}}"
#define PENDING "{\"status_code\":200,\"message\":\"PENDING\",\"data\":{\"transaction_id\":\"" SIGN_TXN "\",\"signatures\":null,\"expired_in\":299}}"
#define SAYS(code, word) "{\"status_code\":" #code ",\"message\":\"" word "\"}"

static const struct {
	const char *name, *way;
	struct step steps[6];
	int nsteps, requests;
	enum err_kind end;           /* ERR_NONE: signed */
	const char *reason, *disk;
} ends[] = {
	{ "signed, blocking", "neac", { { ANSWERS, 200, "@ok" } }, 1, 1, ERR_NONE, "", "signature-received" },
	{ "signed, hex and file_options", "plain", { { ANSWERS, 200, "@ok" } }, 1, 1, ERR_NONE, "", "signature-received" },
	{ "signed, polled", "vnpt", { { ANSWERS, 200, WAIT }, { ANSWERS, 200, PENDING }, { ANSWERS, 200, "@ok" } }, 3, 3, ERR_NONE, "", "signature-received" },
	{ "signed, polled by body", "ca2", { { ANSWERS, 200, WAIT }, { ANSWERS, 200, "@ok" } }, 2, 2, ERR_NONE, "", "signature-received" },
	{ "refused", "neac", { { ANSWERS, 400, SAYS(400, "REJECTED") } }, 1, 1, ERR_REFUSED, "", "ended refused" },
	{ "refused, polled", "vnpt", { { ANSWERS, 200, WAIT }, { ANSWERS, 200, SAYS(200, "REJECTED") } }, 2, 2, ERR_REFUSED, "", "ended refused" },
	{ "expired", "neac", { { ANSWERS, 200, SAYS(408, "EXPIRED") } }, 1, 1, ERR_EXPIRED, "", "ended expired" },
	{ "expired, polled", "vnpt", { { ANSWERS, 200, WAIT }, { ANSWERS, 200, SAYS(200, "EXPIRED") } }, 2, 2, ERR_EXPIRED, "", "ended expired" },
	{ "quota", "neac", { { ANSWERS, 200, SAYS(65000, "QUOTA_EXCEEDED") } }, 1, 1, ERR_QUOTA, "", "ended quota" },
	{ "too many", "neac", { { ANSWERS, 429, "" } }, 1, 1, ERR_QUOTA, "sign.too-many", "ended quota" },
	{ "revoked", "neac", { { ANSWERS, 403, SAYS(403, "CREDENTIAL_STATUS_INVALID") } }, 1, 1, ERR_CERT_UNUSABLE, "cert.refused", "ended certificate-unusable" },
	{ "our account there", "neac", { { ANSWERS, 401, SAYS(401, "SP_CREDENTIAL_INVALID") } }, 1, 1, ERR_PROVIDER_AUTH, "", "ended provider-auth" },
	{ "a malformed request", "neac", { { ANSWERS, 400, SAYS(400, "BAD_REQUEST") } }, 1, 1, ERR_PROVIDER_ERROR, "sign.our-fault", "ended provider-error" },
	{ "HTTP 500", "neac", { { ANSWERS, 500, SAYS(500, "SERVER_INTERNAL_ERROR") } }, 1, 1, ERR_PROVIDER_ERROR, "sign.provider-500", "ended provider-error" },
	{ "failed", "vnpt", { { ANSWERS, 200, WAIT }, { ANSWERS, 200, SAYS(200, "FAILED") } }, 2, 2, ERR_PROVIDER_ERROR, "sign.failed", "ended provider-error" },
	{ "a strange code", "neac", { { ANSWERS, 200, SAYS(777, "?") } }, 1, 1, ERR_PROVIDER_ERROR, "sign.unknown-code", "ended provider-error" },
	{ "another request is open", "neac", { { ANSWERS, 409, SAYS(409, "BUSY") } }, 1, 1, ERR_PROVIDER_ERROR, "sign.request-open", "ended provider-error" },
	{ "noise", "neac", { { NOISE, 0, NULL } }, 1, 1, ERR_PROVIDER_ERROR, "sign.garbage", "ended provider-error" },
	{ "noise three times", "vnpt", { { ANSWERS, 200, WAIT }, { NOISE, 0, NULL } }, 2, 4, ERR_PROVIDER_ERROR, "sign.garbage", "ended provider-error" },
	{ "a list instead of an object", "neac", { { ANSWERS, 200, "[]" } }, 1, 1, ERR_PROVIDER_ERROR, "sign.garbage", "ended provider-error" },
	{ "a redirect", "neac", { { ANSWERS, 302, "" } }, 1, 1, ERR_PROVIDER_ERROR, "sign.garbage", "ended provider-error" },
	{ "another key", "neac", { { ANSWERS, 200, "@wrong-key" } }, 1, 1, ERR_PROVIDER_ERROR, "sign.not-verified", "ended provider-error" },
	{ "another hash", "vnpt", { { ANSWERS, 200, WAIT }, { ANSWERS, 200, "@wrong-hash" } }, 2, 2, ERR_PROVIDER_ERROR, "sign.not-verified", "ended provider-error" },
	{ "another certificate", "neac", { { ANSWERS, 200, "@other-person" } }, 1, 1, ERR_PROVIDER_ERROR, "sign.other-person", "ended provider-error" },
	{ "cut after it left, nobody to ask", "neac", { { CUTS, 0, NULL } }, 1, 1, ERR_NETWORK_UNKNOWN, "net.cut", "ended network-unknown" },
	{ "reset after it left", "plain", { { RESETS, 0, NULL } }, 1, 1, ERR_NETWORK_UNKNOWN, "net.cut", "ended network-unknown" },
	{ "a proxy's 504", "neac", { { ANSWERS, 504, "<html>" } }, 1, 1, ERR_NETWORK_UNKNOWN, "net.http-50x", "ended network-unknown" },
	{ "an answer that would come by webhook", "plain", { { ANSWERS, 200, SAYS(200, "OK") } }, 1, 1, ERR_NETWORK_UNKNOWN, "sign.no-status-call", "ended network-unknown" },
	{ "cut, but the status is known", "vnpt", { { CUTS, 0, NULL }, { ANSWERS, 200, PENDING }, { ANSWERS, 200, "@ok" } }, 3, 3, ERR_NONE, "", "signature-received" },
	{ "a proxy's 502, then signed", "vnpt", { { ANSWERS, 502, "" }, { ANSWERS, 200, "@ok" } }, 2, 2, ERR_NONE, "", "signature-received" },
	{ "cuts and faults while asking", "vnpt", { { ANSWERS, 200, WAIT }, { CUTS, 0, NULL }, { ANSWERS, 500, "" }, { NOISE, 0, NULL }, { RESETS, 0, NULL }, { ANSWERS, 200, "@ok" } },
	  6, 6, ERR_NONE, "", "signature-received" },
	{ "cut, and they do not know it", "vnpt", { { CUTS, 0, NULL }, { ANSWERS, 404, SAYS(404, "TRANSACTION_NOT_FOUND") } }, 2, 2, ERR_NETWORK_UNKNOWN, "sign.unknown-transaction", "ended network-unknown" },
	{ "taken, then forgotten", "vnpt", { { ANSWERS, 200, WAIT }, { ANSWERS, 404, SAYS(404, "TRANSACTION_NOT_FOUND") } }, 2, 2, ERR_PROVIDER_ERROR, "sign.unknown-transaction", "ended provider-error" },
};

static void every_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		AUTO(plan_clear) struct plan p = plan_of(ends[i].steps, ends[i].nsteps);
		struct mini m = mini_start(play, &p, &ca);
		AUTO(config_release) struct config *c = sign_config(m.url, ca.file, "");
		struct screen s = { 0 };
		struct err e;
		json_t *result;
		int fd = fresh_state(NULL);
		int rc = sign(c, ends[i].way, fd, false, &s, &result, &e);
		print_message("%s: %s %s (%s)\n", ends[i].name, err_id(e.kind), e.reason, e.cause);
		assert_int_equal(rc, ends[i].end == ERR_NONE ? 0 : -1);
		if (rc < 0) {
			assert_int_equal(e.kind, ends[i].end);
			assert_string_equal(e.reason, ends[i].reason);
		}
		assert_int_equal(m.s->count, ends[i].requests);
		assert_string_equal(on_disk(), ends[i].disk);
		assert_int_equal(strncmp(s.told, "submitted ", 10), 0);
		close(fd);
		json_decref(result);

		/* Asked again with the same file: no request that asks the person, the same answer (unless it may be polled). */
		fd = state_again();
		int asked = m.s->count;
		rc = sign(c, ends[i].way, fd, false, &s, &result, &e);
		assert_int_equal(rc, ends[i].end == ERR_NONE ? 0 : -1);
		if (ends[i].end != ERR_NETWORK_UNKNOWN || strcmp(ends[i].way, "vnpt"))
			assert_int_equal(m.s->count, asked);
		for (int k = asked; k < m.s->count; k++)
			assert_non_null(strstr(m.s->req[k].path, "status"));
		if (rc < 0)
			assert_int_equal(e.kind, ends[i].end);
		close(fd);
		json_decref(result);
		mini_stop(&m);
	}
}

/* ---- it never left ------------------------------------------------------------------------------------------------------- */

static void never_left_may_be_tried_again(void **state)
{
	(void)state;
	static const struct step ok[] = { { ANSWERS, 200, "@ok" } };
	AUTO(plan_clear) struct plan p = plan_of(ok, 1);
	struct mini m = mini_start(play, &p, &ca);
	AUTO(config_release) struct config *nobody = sign_config("https://127.0.0.1:1", ca.file, "");
	AUTO(config_release) struct config *wrong = sign_config(m.url, stranger.file, "");
	AUTO(config_release) struct config *good = sign_config(m.url, ca.file, "");
	struct screen s = { 0 };
	struct err e;
	json_t *r;
	int fd = fresh_state(NULL);

	assert_int_equal(sign(nobody, "neac", fd, false, &s, &r, &e), -1);
	assert_int_equal(e.kind, ERR_NO_NETWORK);
	assert_string_equal(e.reason, "net.refused");
	assert_string_equal(on_disk(), "ended no-network");
	json_decref(r);
	assert_int_equal(sign(wrong, "neac", fd, false, &s, &r, &e), -1);
	assert_int_equal(e.kind, ERR_SERVICE_TLS);
	assert_string_equal(on_disk(), "ended service-tls");
	json_decref(r);
	assert_int_equal(m.s->count, 0);
	assert_int_equal(sign(good, "neac", fd, false, &s, &r, &e), 0);
	json_decref(r);
	close(fd);
	mini_stop(&m);
}

static void no_disk_no_request(void **state)
{
	(void)state;
	static const struct step ok[] = { { ANSWERS, 200, "@ok" } };
	AUTO(plan_clear) struct plan p = plan_of(ok, 1);
	struct mini m = mini_start(play, &p, &ca);
	AUTO(config_release) struct config *c = sign_config(m.url, ca.file, "");
	struct screen s = { 0 };
	struct err e;
	json_t *r;

	close(fresh_state(NULL));
	int fd = open(state_path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(sign(c, "neac", fd, false, &s, &r, &e), -1);
	assert_int_equal(m.s->count, 0);
	json_decref(r);
	close(fd);
	mini_stop(&m);
}

/* ---- going on after a crash ------------------------------------------------------------------------------------------------ */

/* The job is killed between "submitted" and the answer; the next start finds the file. */
static void killed_while_waiting(void **state)
{
	(void)state;
	static const struct { const char *way; struct step steps[2]; bool signed_after; } cases[] = {
		{ "neac", { { KEEPS_SILENT, 0, NULL }, { ANSWERS, 200, "@ok" } }, false },
		{ "vnpt", { { KEEPS_SILENT, 0, NULL }, { ANSWERS, 200, "@ok" } }, true },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(plan_clear) struct plan p = plan_of(cases[i].steps, 2);
		struct mini m = mini_start(play, &p, &ca);
		AUTO(config_release) struct config *c = sign_config(m.url, ca.file, "");
		struct screen s = { 0 };
		struct err e;
		json_t *r;
		close(fresh_state(NULL));
		pid_t pid = fork();
		if (pid == 0) {
			sign(c, cases[i].way, state_again(), false, &s, &r, &e);
			_exit(0);
		}
		assert_non_null(mini_take(&m));
		assert_string_equal(on_disk(), "submitted");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_string_equal(on_disk(), "submitted");
		int fd = state_again();
		int rc = sign(c, cases[i].way, fd, true, &s, &r, &e);
		close(fd);
		json_decref(r);
		if (cases[i].signed_after) {
			assert_int_equal(rc, 0);
			assert_int_equal(m.s->count, 2);
			assert_non_null(strstr(m.s->req[1].path, "/" SIGN_TXN "/status"));
			assert_string_equal(on_disk(), "signature-received");
		} else {
			assert_int_equal(rc, -1);
			assert_int_equal(e.kind, ERR_NETWORK_UNKNOWN);
			assert_string_equal(e.reason, "sign.no-status-call");
			assert_int_equal(m.s->count, 1);
			assert_string_equal(on_disk(), "ended network-unknown");
		}
		mini_stop(&m);
	}
}

static char *file_text(const char *state, const char *rest)
{
	return mem_printf("{\"transaction\":\"" SIGN_TXN "\",\"way\":\"x\",\"document_codes\":[\"KS-4F7K2\"],\"hashes\":[\"\"],\"state\":\"%s\",%s"
	                  "\"at\":\"2026-11-20T10:00:00Z\",\"deadline\":\"2026-11-20T10:05:00Z\"}", state, rest);
}

static void resuming(void **state)
{
	(void)state;
	unsigned char hash[32];
	hash_of(hash, 0);
	AUTO(mem_free) char *sig = signer_sign(&me, hash);
	AUTO(mem_free) char *sigs = mem_printf("\"signatures\":[{\"document_code\":\"KS-4F7K2\",\"signature\":\"%s\"}],", sig);
	const struct {
		const char *name, *way;
		char *file;
		struct step step;
		int requests;
		enum err_kind end;
		const char *reason;
	} cases[] = {
		{ "nothing written", "neac", mem_str(""), { 0, 0, NULL }, 0, ERR_NO_NETWORK, "sign.never-left" },
		{ "prepared only", "vnpt", file_text("prepared", ""), { 0, 0, NULL }, 0, ERR_NO_NETWORK, "sign.never-left" },
		{ "signature on disk", "neac", file_text("signature-received", sigs), { 0, 0, NULL }, 0, ERR_NONE, "" },
		{ "a signature that is none", "neac", file_text("signature-received", "\"signatures\":[{\"document_code\":\"KS-4F7K2\",\"signature\":\"AAAA\"}],"),
		  { 0, 0, NULL }, 0, ERR_PROVIDER_ERROR, "sign.not-verified" },
		{ "ended", "neac", file_text("ended", "\"end\":\"refused\",\"reason\":\"\","), { 0, 0, NULL }, 0, ERR_REFUSED, "" },
		{ "cancelled stays cancelled", "vnpt", file_text("ended", "\"end\":\"cancelled\",\"reason\":\"\","), { 0, 0, NULL }, 0, ERR_CANCELLED, "" },
		{ "a torn file, nobody to ask", "neac", mem_str("{\"transaction\":\"9b2f"), { 0, 0, NULL }, 0, ERR_NETWORK_UNKNOWN, "sign.no-status-call" },
		{ "a torn file, asked for", "vnpt", mem_str("{\"transaction\":\"9b2f"), { ANSWERS, 200, "@ok" }, 1, ERR_NONE, "" },
		{ "unknown, asked for once more", "vnpt", file_text("ended", "\"end\":\"network-unknown\",\"reason\":\"net.cut\","), { ANSWERS, 200, "@ok" }, 1, ERR_NONE, "" },
		{ "past its deadline, still waiting", "vnpt", file_text("waiting-person", ""), { ANSWERS, 200, PENDING }, 1, ERR_EXPIRED, "sign.deadline" },
		{ "past its deadline, no network", "vnpt", file_text("submitted", ""), { CUTS, 0, NULL }, 1, ERR_NETWORK_UNKNOWN, "net.cut" },
		{ "past its deadline, signed", "vnpt", file_text("waiting-person", ""), { ANSWERS, 200, "@ok" }, 1, ERR_NONE, "" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(plan_clear) struct plan p = plan_of(&cases[i].step, 1);
		struct mini m = mini_start(play, &p, &ca);
		AUTO(config_release) struct config *c = sign_config(m.url, ca.file, "");
		struct screen s = { 0 };
		struct err e;
		json_t *r;
		int fd = fresh_state(cases[i].file);
		int rc = sign(c, cases[i].way, fd, true, &s, &r, &e);
		print_message("%s: %s %s\n", cases[i].name, err_id(e.kind), e.reason);
		assert_int_equal(rc, cases[i].end == ERR_NONE ? 0 : -1);
		if (rc < 0) {
			assert_int_equal(e.kind, cases[i].end);
			assert_string_equal(e.reason, cases[i].reason);
		}
		assert_int_equal(m.s->count, cases[i].requests);
		close(fd);
		json_decref(r);
		free(cases[i].file);
		mini_stop(&m);
	}
	AUTO(config_release) struct config *c = sign_config("https://127.0.0.1:1", ca.file, "");
	struct screen s = { 0 };
	struct err e;
	json_t *r;
	int fd = fresh_state("{\"transaction\":\"another\",\"state\":\"submitted\"}");
	assert_int_equal(sign(c, "vnpt", fd, true, &s, &r, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	close(fd);
	json_decref(r);
}

/* The old job still waits: who starts again waits with it and gets its answer. */
static void two_jobs_one_request(void **state)
{
	(void)state;
	static const struct step steps[] = { { WAITS_FOR_GO, 200, "@ok" } };
	AUTO(plan_clear) struct plan p = plan_of(steps, 1);
	int go[2];
	assert_int_equal(pipe(go), 0);
	p.go = go[0];
	struct mini m = mini_start(play, &p, &ca);
	AUTO(config_release) struct config *c = sign_config(m.url, ca.file, "");
	struct screen s = { 0 };
	struct err e;
	json_t *r;
	close(fresh_state(NULL));
	pid_t pid = fork();
	if (pid == 0) {
		s.go = 0;
		_exit(sign(c, "neac", state_again(), false, &s, &r, &e) == 0 ? 0 : 1);
	}
	assert_non_null(mini_take(&m));
	int fd = state_again(), status = 0;
	s.go = go[1];           /* the first news of the waiting lets the provider answer */
	assert_int_equal(sign(c, "neac", fd, true, &s, &r, &e), 0);
	assert_int_equal(m.s->count, 1);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	json_decref(r);
	close(fd);
	close(go[0]);
	close(go[1]);
	mini_stop(&m);
}

/* ---- stopping ---------------------------------------------------------------------------------------------------------------- */

static void cancelling(void **state)
{
	(void)state;
	static const struct { const char *way; struct step steps[2]; int n; } cases[] = {
		{ "neac", { { KEEPS_SILENT, 0, NULL } }, 1 },
		{ "vnpt", { { ANSWERS, 200, WAIT }, { ANSWERS, 200, PENDING } }, 2 },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(plan_clear) struct plan p = plan_of(cases[i].steps, cases[i].n);
		struct mini m = mini_start(play, &p, &ca);
		AUTO(config_release) struct config *c = sign_config(m.url, ca.file, "");
		struct screen s = { .stop = true };
		struct err e;
		json_t *r;
		int stop[2], fd = fresh_state(NULL);
		assert_int_equal(pipe(stop), 0);
		assert_int_equal(write(stop[1], "c", 1), 1);
		s.stop_fd = stop[0];
		assert_int_equal(sign(c, cases[i].way, fd, false, &s, &r, &e), -1);
		assert_int_equal(e.kind, ERR_CANCELLED);
		assert_string_equal(on_disk(), "ended cancelled");
		json_decref(r);
		close(fd);
		close(stop[0]);
		close(stop[1]);
		mini_stop(&m);
	}
}

/* The screen dies while the request is out, or between two questions: either way the job goes on. */
static void the_screen_may_go(void **state)
{
	(void)state;
	for (int later = 0; later < 2; later++) {
		static const struct step steps[] = { { ANSWERS, 200, WAIT }, { ANSWERS, 200, PENDING }, { ANSWERS, 200, "@ok" } };
		AUTO(plan_clear) struct plan p = plan_of(steps, 3);
		struct mini m = mini_start(play, &p, &ca);
		AUTO(config_release) struct config *c = sign_config(m.url, ca.file, "");
		struct screen s = { .stop = false };
		struct err e;
		json_t *r;
		int gone[2], fd = fresh_state(NULL);

		assert_int_equal(pipe(gone), 0);
		s.stop_fd = gone[0];
		if (later)
			s.leave = gone[1];
		else
			close(gone[1]);
		assert_int_equal(sign(c, "vnpt", fd, false, &s, &r, &e), 0);
		assert_string_equal(on_disk(), "signature-received");
		json_decref(r);
		close(fd);
		close(gone[0]);
		mini_stop(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end),
		cmocka_unit_test(never_left_may_be_tried_again),
		cmocka_unit_test(no_disk_no_request),
		cmocka_unit_test(killed_while_waiting),
		cmocka_unit_test(resuming),
		cmocka_unit_test(two_jobs_one_request),
		cmocka_unit_test(cancelling),
		cmocka_unit_test(the_screen_may_go),
	};
	snprintf(state_path, sizeof state_path, "%s/wait.json", mini_dir());
	ca = mini_ca_make(mini_dir(), "gateway", "IP:127.0.0.1");
	stranger = mini_ca_make(mini_dir(), "stranger", "IP:127.0.0.1");
	me = signer_make("TEST Nguyen Van Thu", "CCCD:001090123456");
	other = signer_make("TEST Tran Thi Mau", "CCCD:001190000001");
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	signer_free(&me);
	signer_free(&other);
	mini_ca_free(&ca);
	mini_ca_free(&stranger);
	return rc;
}
