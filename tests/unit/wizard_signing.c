/* The chain that makes one signature, driven without the wizard: every phase, every end, and what a crash leaves. */
#include "unit/wizard_play.h"

#include "wizard/signing.h"

#include <setjmp.h>
#include <sys/file.h>
#include <cmocka.h>

static struct play p;
static struct signing *s;
static int file;

static json_t *request(const char *more_key, json_t *more)
{
	json_t *r = json_pack("{s:s,s:s,s:s,s:s,s:{s:i,s:f,s:f,s:f,s:f},s:[s],s:s,s:[s]}", "way", "neac", "provider", "vnpt", "account", PLAY_ID,
		"title", "to-khai.pdf", "place", "page", 1, "x", 1.0, "y", 2.0, "w", 3.0, "h", 4.0, "show", "name", "level", "B-T", "signers", PLAY_ID);

	if (more_key)
		json_put(r, more_key, more);
	return r;
}

static void begin_with(json_t *r)
{
	play_seed = 7;
	play_start(&p);
	file = play_memfd("%PDF mau");
	s = signing_new(p.config, r, file, -1, -1);
}

static void begin(void) { begin_with(request(NULL, NULL)); }

static void end(void)
{
	signing_free(s);
	fd_close(&file);
	play_end(&p);
}

/* Runs what the chain asks for; a held verb stops it. */
static void run(void)
{
	struct work k;

	while (signing_next(s, &k)) {
		struct job_message m = { 0 };
		struct play_rule r = { .end = PLAY_RESULT };
		play_take_rule(&p, k.verb, &r);
		play_remember(&p, &k);
		if (r.end == PLAY_RESULT) {
			m.body = r.body ? json_incref(r.body) : play_default(&p, &k, m.fds, &m.nfds);
		} else {
			err_set(&m.err, r.kind, "told by the test");
			err_reason(&m.err, r.reason ? r.reason : "");
		}
		json_decref(r.body);
		work_clear(&k);
		if (r.end == PLAY_HOLD)
			return;
		signing_answer(s, r.end == PLAY_RESULT ? JOB_RESULT : r.end == PLAY_ERROR ? JOB_ERROR : JOB_DIED, &m);
		job_message_clear(&m);
	}
}

static void to_save(void)
{
	run();
	assert_int_equal(SIGNING_CONFIRM, signing_state(s));
	signing_confirm(s);
	run();
	assert_int_equal(SIGNING_SAVE, signing_state(s));
}

static void to_end(void)
{
	to_save();
	signing_saved(s);
	run();
}

static void ends_with(enum err_kind kind, const char *reason)
{
	assert_int_equal(SIGNING_ENDED, signing_state(s));
	assert_int_equal(kind, signing_err(s)->kind);
	if (reason)
		assert_string_equal(reason, signing_err(s)->reason);
}

/* ---- the straight way ------------------------------------------------------------------------------------------------- */
static void the_order(void **state)
{
	static const char *const order[] = { "clock.check", "sign.certificates", "doc.certificate", "revocation.fetch", "doc.certificate",
		"doc.prepare", "sign.submit", "doc.cms", "tsa.stamp", "doc.embed" };

	(void)state;
	begin();
	assert_string_equal("", signing_transaction(s));
	to_save();
	assert_int_equal(6, p.n);
	assert_int_not_equal(0, strlen(signing_transaction(s)));
	assert_false(signing_has_left(s));
	signing_saved(s);
	run();
	assert_int_equal(SIGNING_DONE, signing_state(s));
	assert_int_equal(COUNT(order), p.n);
	for (size_t i = 0; i < COUNT(order); i++)
		assert_string_equal(order[i], p.asked[i].verb);
	assert_string_equal("B-T", json_str(signing_result(s), "level", ""));
	assert_true(signing_output(s) >= 0);
	AUTO(json_release) json_t *h = signing_history(s, "d", "c");
	assert_string_equal("signed", json_str(h, "result", ""));
	assert_null(strstr(json_str(h, "reason", ""), PLAY_ID));
	end();
}

/* What is signed is what was prepared; the title and a code stand on the phone; the revocation answer goes to the second check. */
static void what_is_asked(void **state)
{
	(void)state;
	begin();
	to_end();
	const json_t *a = play_args(&p, "sign.submit"), *item = json_array_get(json_at(a, "items"), 0);
	assert_string_equal("aGFzaA==", json_str(item, "hash", ""));
	assert_string_equal(signing_document_code(s), json_str(item, "document_code", ""));
	assert_string_equal(signing_transaction(s), json_str(a, "transaction", ""));
	assert_string_equal("540110000A12", json_str(a, "serial", ""));
	assert_int_equal(JOB_OUTLIVES, p.asked[play_first(&p, "sign.submit")].flags & JOB_OUTLIVES);
	assert_string_equal("b2s=", json_str(play_args(&p, "doc.certificate"), "ocsp", ""));
	assert_string_equal("dHNy", json_str(play_args(&p, "doc.embed"), "tsa_response", ""));
	end();
}

/* ---- ends before the request leaves --------------------------------------------------------------------------------------- */
static void errors_before(void **state)
{
	static const char *const fatal[] = { "clock.check", "sign.certificates", "doc.certificate", "doc.prepare" };

	(void)state;
	for (size_t i = 0; i < COUNT(fatal); i++) {
		begin();
		play_fail(&p, fatal[i], ERR_SERVICE_DOWN, "x.y");
		run();
		signing_confirm(s);
		run();
		ends_with(ERR_SERVICE_DOWN, "x.y");
		assert_int_equal(0, play_count(&p, "sign.submit"));
		end();
	}
}

static void other_person(void **state)
{
	json_t *c = play_certificate(NULL);

	(void)state;
	begin();
	json_put_str(c, "certificate.id", "001090999999");
	json_put_str(c, "ocsp_url", "");
	play_says(&p, "doc.certificate", c);
	run();
	ends_with(ERR_NOT_THE_SIGNER, "cert.other-person");
	assert_int_equal(0, play_count(&p, "doc.prepare"));
	end();
}

static void unusable(void **state)
{
	json_t *c = play_certificate(NULL);

	(void)state;
	begin();
	json_put(c, "usable", json_false());
	json_put(c, "reasons", json_pack("[s]", "cert.expired"));
	json_put_str(c, "ocsp_url", "");
	play_says(&p, "doc.certificate", c);
	run();
	ends_with(ERR_CERT_UNUSABLE, "cert.expired");
	end();
}

/* Without an answer of OCSP or CRL the person is warned and may go on (source stays empty). */
static void no_revocation_answer(void **state)
{
	(void)state;
	for (int died = 0; died < 2; died++) {
		begin();
		if (died)
			play_dies(&p, "revocation.fetch");
		else
			play_fail(&p, "revocation.fetch", ERR_NO_NETWORK, "");
		run();
		assert_int_equal(SIGNING_CONFIRM, signing_state(s));
		assert_string_equal("", json_str(signing_certificate(s), "source", "?"));
		signing_confirm(s);
		run();
		signing_saved(s);
		run();
		assert_int_equal(SIGNING_DONE, signing_state(s));
		end();
	}
}

static json_t *two(void)
{
	return json_pack("{s:[{s:s,s:[],s:s},{s:s,s:[],s:s}]}", "certificates", "certificate", "bW90", "chain", "serial", "0A", "certificate", "aGFp",
		"chain", "serial", "0B");
}

static void two_certificates(void **state)
{
	static const struct { const char *wanted, *certificate, *reason; } cases[] = {
		{ NULL, "bW90", NULL }, { "0B", "aGFp", NULL }, { "0b", "aGFp", NULL }, { "0C", NULL, "cert.serial-unknown" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin_with(request(cases[i].wanted ? "serial" : NULL, cases[i].wanted ? json_string(cases[i].wanted) : NULL));
		play_says(&p, "sign.certificates", two());
		run();
		if (cases[i].reason)
			ends_with(ERR_CERT_UNUSABLE, cases[i].reason);
		else
			assert_string_equal(cases[i].certificate, json_str(play_args(&p, "doc.certificate"), "certificate", ""));
		end();
	}
	begin();
	play_says(&p, "sign.certificates", json_pack("{s:[]}", "certificates"));
	run();
	ends_with(ERR_CERT_UNUSABLE, "cert.none");
	end();
}

/* ---- ends on the phone and after it -------------------------------------------------------------------------------------------- */
static void ends_of_the_request(void **state)
{
	static const enum err_kind kinds[] = { ERR_REFUSED, ERR_EXPIRED, ERR_NO_NETWORK, ERR_NETWORK_UNKNOWN, ERR_PROVIDER_ERROR, ERR_PROVIDER_AUTH,
		ERR_QUOTA, ERR_SECRET_WRONG, ERR_SECRET_BLOCKED, ERR_SERVICE_TLS };

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		begin();
		play_fail(&p, "sign.submit", kinds[i], "");
		to_end();
		ends_with(kinds[i], "");
		assert_int_equal(1, play_count(&p, "sign.submit"));
		assert_int_equal(0, play_count(&p, "doc.cms"));
		AUTO(json_release) json_t *h = signing_history(s, "d", "c");
		assert_string_equal(err_id(kinds[i]), json_str(h, "result", ""));
		end();
	}
}

static void other_document_code(void **state)
{
	(void)state;
	begin();
	play_says(&p, "sign.submit", json_pack("{s:s,s:[{s:s,s:s}]}", "state", "signature-received", "signatures", "document_code", "KS-KHAC", "signature", "a3k="));
	to_end();
	ends_with(ERR_PROVIDER_ERROR, "sign.no-signature");
	assert_int_equal(0, play_count(&p, "doc.cms"));
	end();
}

static void broken_signature(void **state)
{
	(void)state;
	begin();
	play_fail(&p, "doc.cms", ERR_PROVIDER_ERROR, "sign.hash-mismatch");
	to_end();
	ends_with(ERR_PROVIDER_ERROR, "sign.hash-mismatch");
	assert_int_equal(0, play_count(&p, "doc.embed"));
	end();
}

static void no_time_stamp(void **state)
{
	(void)state;
	begin();
	play_fail(&p, "tsa.stamp", ERR_SERVICE_DOWN, "");
	to_end();
	assert_int_equal(SIGNING_DONE, signing_state(s));
	assert_string_equal("B-B", json_str(signing_result(s), "level", ""));
	assert_null(json_at(play_args(&p, "doc.embed"), "tsa_response"));
	end();
	begin_with(request("level", json_string("B-B")));
	to_end();
	assert_int_equal(0, play_count(&p, "tsa.stamp"));
	end();
}

/* The helper that waits dies: the provider is asked, nothing is sent again; dead twice, nobody knows. */
static void helper_dies(void **state)
{
	(void)state;
	begin();
	play_dies(&p, "sign.submit");
	to_save();
	signing_saved(s);
	run();
	assert_int_equal(SIGNING_DONE, signing_state(s));
	assert_int_equal(1, play_count(&p, "sign.submit"));
	assert_int_equal(1, play_count(&p, "sign.resume"));
	assert_string_equal(json_str(play_args(&p, "sign.submit"), "transaction", "?"), json_str(play_args(&p, "sign.resume"), "transaction", ""));
	end();
	begin();
	play_dies(&p, "sign.submit");
	play_dies(&p, "sign.resume");
	to_end();
	ends_with(ERR_NETWORK_UNKNOWN, NULL);
	end();
}

static void progress(void **state)
{
	struct job_message m = { .body = json_pack("{s:s,s:i}", "state", "waiting-person", "seconds_left", 100) };

	(void)state;
	begin();
	play_hold(&p, "sign.submit");
	to_end();
	assert_int_equal(-1, signing_seconds_left(s));
	signing_answer(s, JOB_PROGRESS, &m);
	assert_string_equal("waiting-person", signing_phase(s));
	assert_int_equal(100, signing_seconds_left(s));
	play_clock_ms += 30000;
	assert_int_equal(70, signing_seconds_left(s));
	play_clock_ms += 300000;
	assert_int_equal(0, signing_seconds_left(s));
	job_message_clear(&m);
	end();
}

/* ---- stopping ------------------------------------------------------------------------------------------------------------------------ */
static void cancels(void **state)
{
	(void)state;
	begin();
	run();
	signing_cancel(s);
	ends_with(ERR_CANCELLED, "sign.before");
	end();
	begin();
	to_save();
	signing_cancel(s);
	ends_with(ERR_CANCELLED, "sign.before");
	end();
	begin();
	play_hold(&p, "sign.submit");
	to_end();
	assert_true(signing_has_left(s));
	signing_cancel(s);
	ends_with(ERR_CANCELLED, "sign.left");
	/* An answer that comes after all is nobody's. */
	struct job_message m = { .body = json_object() };
	signing_answer(s, JOB_RESULT, &m);
	job_message_clear(&m);
	ends_with(ERR_CANCELLED, "sign.left");
	end();
}

/* ---- after a crash --------------------------------------------------------------------------------------------------------------------- */
static char *state_path(void)
{
	return mem_printf("%s/data/wait/%s.json", p.dir, signing_transaction(s));
}

static struct signing *restored(void)
{
	AUTO(json_release) json_t *saved = signing_save(s);
	AUTO(mem_free) char *text = json_text(saved);
	struct err e = { 0 };

	assert_null(strstr(text, "matkhau"));
	return signing_restore(p.config, saved, signing_prepared(s), &e);
}

/* Locked by the helper that still lives: watched; let go: asked for; gone: nobody knows. */
static void round_trip(void **state)
{
	(void)state;
	begin_with(request("password", json_string("matkhau")));
	play_hold(&p, "sign.submit");
	to_end();
	AUTO(mem_free) char *path = state_path();
	AUTO(fd_close) int lock = open(path, O_RDWR | O_CLOEXEC);
	assert_true(lock >= 0);
	assert_int_equal(0, flock(lock, LOCK_EX));
	static const char text[] = "{\"transaction\":\"t\",\"deadline\":\"2026-11-20T03:02:00Z\"}";
	assert_int_equal((int)strlen(text), pwrite(lock, text, strlen(text), 0));
	struct signing *old = s;
	s = restored();
	assert_non_null(s);
	assert_int_equal(SIGNING_WATCH, signing_state(s));
	assert_int_equal(120, signing_seconds_left(s));
	assert_string_equal(signing_transaction(old), signing_transaction(s));
	assert_string_equal(signing_document_code(old), signing_document_code(s));
	signing_look(s);
	assert_int_equal(SIGNING_WATCH, signing_state(s));
	flock(lock, LOCK_UN);
	signing_look(s);
	assert_int_equal(SIGNING_WORK, signing_state(s));
	run();
	assert_int_equal(SIGNING_DONE, signing_state(s));
	assert_int_equal(1, play_count(&p, "sign.submit"));
	assert_int_equal(1, play_count(&p, "sign.resume"));
	signing_free(old);
	end();
}

static void state_file_gone(void **state)
{
	(void)state;
	begin();
	play_hold(&p, "sign.submit");
	to_end();
	AUTO(mem_free) char *path = state_path();
	assert_int_equal(0, unlink(path));
	struct signing *old = s;
	s = restored();
	assert_non_null(s);
	ends_with(ERR_NETWORK_UNKNOWN, "sign.state-file");
	signing_free(old);
	end();
}

/* A link put where the state file belongs is not followed. */
static void state_file_link(void **state)
{
	(void)state;
	begin();
	play_hold(&p, "sign.submit");
	to_end();
	AUTO(mem_free) char *path = state_path();
	AUTO(mem_free) char *elsewhere = mem_printf("%s/elsewhere", p.dir);
	assert_int_equal(0, rename(path, elsewhere));
	assert_int_equal(0, symlink(elsewhere, path));
	struct signing *old = s;
	s = restored();
	ends_with(ERR_NETWORK_UNKNOWN, NULL);
	signing_free(old);
	end();
}

static void half_saved(void **state)
{
	struct err e = { 0 };

	(void)state;
	begin();
	to_save();
	AUTO(json_release) json_t *saved = signing_save(s);
	assert_null(signing_restore(p.config, saved, -1, &e));
	json_object_del(saved, "made");
	assert_null(signing_restore(p.config, saved, signing_prepared(s), &e));
	assert_int_equal(ERR_INTERNAL, e.kind);
	end();
}

static void another_account(void **state)
{
	(void)state;
	begin();
	run();
	signing_change(s, "account", json_string("011234567"));
	assert_int_equal(SIGNING_WORK, signing_state(s));
	run();
	assert_int_equal(2, play_count(&p, "sign.certificates"));
	assert_string_equal("011234567", json_str(play_args(&p, "sign.certificates"), "account", ""));
	signing_change(s, "level", json_string("B-B"));
	assert_int_equal(SIGNING_CONFIRM, signing_state(s));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order), cmocka_unit_test(what_is_asked), cmocka_unit_test(errors_before), cmocka_unit_test(other_person),
		cmocka_unit_test(unusable), cmocka_unit_test(no_revocation_answer), cmocka_unit_test(two_certificates),
		cmocka_unit_test(ends_of_the_request), cmocka_unit_test(other_document_code), cmocka_unit_test(broken_signature),
		cmocka_unit_test(no_time_stamp), cmocka_unit_test(helper_dies), cmocka_unit_test(progress), cmocka_unit_test(cancels),
		cmocka_unit_test(round_trip), cmocka_unit_test(state_file_gone), cmocka_unit_test(state_file_link), cmocka_unit_test(half_saved),
		cmocka_unit_test(another_account),
	};
	log_open("wizard_signing", "/dev/null");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
