/* The whole journey without a terminal and without helpers: what is asked for and in which order, what survives Back, an
 * error, a second Enter, a late answer, and what is left of the person in the end. */
#include "unit/wizard_play.h"

#include "wizard/session.h"

#include <setjmp.h>
#include <cmocka.h>

static struct play p;

static void begin(void) { play_start(&p); }
static void end(void) { play_end(&p); }
static void at(const char *screen) { assert_string_equal(screen, play_at(&p)); }
static const char *value(const char *field) { return view_value(play_view(&p), field); }

/* ---- order --------------------------------------------------------------------------------------------------------------- */
static void from_welcome_to_slip(void **state)
{
	(void)state;
	begin();
	play_to_slip(&p);
	at("slip");
	assert_true(play_first(&p, "outbox.add") < play_first(&p, "portal.send"));
	assert_true(play_first(&p, "portal.send") < play_first(&p, "outbox.sent"));
	assert_true(play_first(&p, "outbox.sent") < play_first(&p, "draft.drop"));
	assert_int_equal(1, play_count(&p, "sign.submit"));
	assert_int_equal(1, play_count(&p, "portal.send"));
	assert_string_equal(json_str(play_args(&p, "outbox.add"), "key", "?"), json_str(play_args(&p, "portal.send"), "key", ""));
	assert_int_equal(2, p.asked[play_first(&p, "portal.send")].nfds);
	assert_string_equal("bb5ea0c4d27b9a66e3f2b7a9c8d1e0f4a5b6c7d8e9f00112233445566778899c",
		json_str(json_array_get(json_at(play_args(&p, "portal.send"), "files"), 1), "sha256", ""));
	end();
}

/* Nothing leaves for the phone before the store has said that the prepared request is kept (rule G7). */
static void kept_before_it_leaves(void **state)
{
	(void)state;
	begin();
	play_to_confirm(&p);
	play_hold(&p, "draft.save");
	play_enter(&p);
	play_wait(&p, 10);
	at("sign-wait");
	assert_int_equal(1, play_count(&p, "doc.prepare"));
	assert_int_equal(0, play_count(&p, "sign.submit"));
	play_hold(&p, "draft.save");
	play_release(&p, "draft.save", JOB_RESULT, NULL);
	play_wait(&p, 10);
	assert_int_equal(0, play_count(&p, "sign.submit"));
	assert_non_null(json_at(p.saved_body, "pending.transaction"));
	assert_non_null(strstr(json_string_value(json_array_get(p.saved_files, json_array_size(p.saved_files) - 1)), "prepared-"));
	play_release(&p, "draft.save", JOB_RESULT, NULL);
	play_wait(&p, 4);
	assert_int_equal(1, play_count(&p, "sign.submit"));
	end();
}

/* The code stands on the screen for three seconds before the phone rings (rule G4). */
static void code_first(void **state)
{
	(void)state;
	begin();
	play_to_confirm(&p);
	play_enter(&p);
	play_wait(&p, 2);
	assert_int_equal(0, play_count(&p, "sign.submit"));
	play_wait(&p, 2);
	assert_int_equal(1, play_count(&p, "sign.submit"));
	end();
}

static void store_cannot_keep_it(void **state)
{
	(void)state;
	begin();
	play_to_confirm(&p);
	for (int i = 0; i < 6; i++)
		play_fail(&p, "draft.save", ERR_STORE_FULL, "");
	play_enter(&p);
	play_wait(&p, 10);
	assert_int_equal(0, play_count(&p, "sign.submit"));
	at("sign-fault");
	end();
}

/* Every answer is saved (rule U15): after each page the draft holds it. */
static void saved_at_every_page(void **state)
{
	(void)state;
	begin();
	play_to_form(&p, 1);
	assert_string_equal("mother", json_str(p.saved_body, "dossier.answers.relation", ""));
	play_set(&p, "child_name", "Nguyễn Lò Mai An");
	play_back(&p);
	assert_string_equal("Nguyễn Lò Mai An", json_str(p.saved_body, "dossier.answers.child_name", ""));
	end();
}

/* ---- back ------------------------------------------------------------------------------------------------------------------ */
static void back_keeps_everything(void **state)
{
	static const char *const way[] = { "khai-sinh-result", "khai-sinh-father", "khai-sinh-mother", "khai-sinh-child", "khai-sinh-requester",
		"agency", "procedure", "find", "home" };

	(void)state;
	begin();
	play_to_components(&p);
	for (size_t i = 0; i < COUNT(way); i++) {
		play_back(&p);
		at(way[i]);
		if (i == 0)
			assert_string_equal("2", value("copies"));
		if (i == 3)
			assert_string_equal("10/11/2026", value("child_birth"));
		if (i == 4)
			assert_string_equal("mother", value("relation"));
		if (i == 5)
			assert_string_equal("03253", value("commune"));
		if (i == 7)
			assert_string_equal("khai sinh", value("search"));
	}
	end();
}

static void back_before_the_login(void **state)
{
	(void)state;
	begin();
	play_to_otp(&p);
	play_back(&p);
	at("login");
	assert_string_equal(PLAY_ID, value("id"));
	assert_string_equal("", value("password"));
	play_back(&p);
	at("language");
	play_back(&p);
	at("welcome");
	play_back(&p);
	at("welcome");
	end();
}

static void back_in_a_profile(void **state)
{
	(void)state;
	begin();
	play_to_home(&p);
	play_choose(&p, "menu", "signatures");
	play_choose(&p, "profile", "add");
	assert_string_equal(PLAY_NAME, value("name"));
	play_set(&p, "phone", "0900 000 078");
	play_enter(&p);
	assert_string_equal(PLAY_ID, value("account"));
	play_set(&p, "provider", "viettel");
	play_back(&p);
	assert_string_equal("0900000078", value("phone"));
	play_enter(&p);
	assert_string_equal("viettel", value("provider"));
	end();
}

/* From the review a number leads to the answer and back again. */
static void review_jumps_and_returns(void **state)
{
	(void)state;
	begin();
	play_to_review(&p);
	play_choose(&p, "answers", "form:4");
	at("khai-sinh-result");
	play_enter(&p);
	at("review");
	play_choose(&p, "answers", "form:1");
	play_set(&p, "child_name", "Nguyễn Lò Mai Bình");
	play_enter(&p);
	/* Another name: the declaration is written anew and must be signed anew. */
	at("components");
	assert_int_equal(2, play_count(&p, "doc.compose"));
	end();
}

/* After an end of the signature nothing of it stays behind on the way back. */
static void back_after_an_end(void **state)
{
	(void)state;
	begin();
	play_says(&p, "sign.certificates", json_pack("{s:[]}", "certificates"));
	play_to_confirm(&p);
	at("sign-certificate");
	play_enter(&p);
	play_wait(&p, 3);
	at("sign-confirm");              /* the person chooses: nothing is asked again by itself */
	assert_int_equal(1, play_count(&p, "sign.certificates"));
	play_choose(&p, "profile", "0");
	play_wait(&p, 1);
	assert_int_equal(2, play_count(&p, "sign.certificates"));
	at("sign-confirm");
	play_back(&p);
	at("sign-place");
	play_back(&p);
	at("component");
	end();
	begin();
	play_fail(&p, "sign.submit", ERR_REFUSED, "");
	play_to_wait(&p);
	at("sign-refused");
	play_enter(&p);
	at("sign-confirm");
	play_back(&p);
	at("sign-place");
	end();
}

/* ---- errors ---------------------------------------------------------------------------------------------------------------- */
static void act_login(void) { play_to_otp(&p); }
static void act_otp(void) { play_to_home(&p); }
static void act_resend(void) { play_to_otp(&p); play_set(&p, "code", "42"); play_wait(&p, 61); play_act(&p, "resend"); }
static void act_lookup(void) { play_choose(&p, "start", "lookup"); play_set(&p, "code", "H18-1"); play_enter(&p); }
static void act_profile(void)
{
	play_to_home(&p);
	play_choose(&p, "menu", "signatures");
	play_choose(&p, "profile", "add");
	play_set(&p, "phone", "0900000078");
	play_enter(&p);
	play_set(&p, "provider", "viettel");
	play_enter(&p);
}
static void act_load(void)
{
	json_array_append_new(p.drafts, json_pack("{s:s,s:s,s:s,s:b}", "draft", "d1", "title", "Khai sinh", "saved_at", "2026-11-20T01:00:00Z", "pending", 0));
	play_to_home(&p);
	play_choose(&p, "draft", "d1");
}
static void act_image(void)
{
	play_file(&p, "chu-ky.png");
	play_to_home(&p);
	play_choose(&p, "menu", "signatures");
	play_choose(&p, "profile", "add");
	play_act(&p, "picture");
	play_choose(&p, "file", "0:chu-ky.png");
}
static void act_inspect(void) { play_to_components(&p); play_attach(&p); }
static void act_compose(void) { play_to_components(&p); }
static void act_text(void) { play_to_place(&p); }
static void act_confirm(void) { play_to_confirm(&p); }
static void act_sign(void) { play_to_wait(&p); }
static void act_send(void) { play_to_slip(&p); }

static bool sentence(const char *s)
{
	return s && strchr(s, ' ') && strncmp(s, "err.", 4) != 0 && !strstr(s, "{") && !strstr(s, "told by the test");
}

/* What a person reads on an error: on top, or in the note of an end page. */
static const char *told(void)
{
	struct view_field *f = view_field(play_view(&p), "what");
	return play_view(&p)->error ? play_view(&p)->error : f ? f->value : "";
}

static void each_error_has_words(void **state)
{
	static const struct { const char *verb; void (*act)(void); const char *screen, *field, *kept; } cases[] = {
		{ "identity.login", act_login, "login", "id", "001 190 123 456" },
		{ "identity.otp", act_otp, "otp", NULL, NULL },
		{ "identity.resend", act_resend, "otp", "code", "42" },
		{ "portal.status", act_lookup, "lookup", "code", "H18-1" },
		{ "profiles.put", act_profile, "signature-more", "provider", "viettel" },
		{ "draft.load", act_load, "drafts", NULL, NULL },
		{ "doc.image", act_image, "picture", NULL, NULL },
		{ "doc.inspect", act_inspect, "file", NULL, NULL },
		{ "doc.compose", act_compose, "components", NULL, NULL },
		{ "doc.text", act_text, "sign-place", NULL, NULL },
		{ "clock.check", act_confirm, NULL, NULL, NULL }, { "sign.certificates", act_confirm, NULL, NULL, NULL },
		{ "doc.certificate", act_confirm, NULL, NULL, NULL }, { "doc.prepare", act_sign, NULL, NULL, NULL },
		{ "sign.submit", act_sign, NULL, NULL, NULL }, { "doc.cms", act_sign, NULL, NULL, NULL }, { "doc.embed", act_sign, NULL, NULL, NULL },
		{ "outbox.add", act_send, "review", NULL, NULL },
	};
	/* Each kind once a verb that is quick to reach; the long journeys take every seventh. */
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (int kind = ERR_INTERNAL + (int)i % 7; kind < ERR_KIND_COUNT; kind += i < 4 ? 1 : 7) {
			begin();
			play_fail(&p, cases[i].verb, (enum err_kind)kind, "");
			cases[i].act();
			if (!sentence(told()))
				fail_msg("%s, %s: \"%s\" on %s", cases[i].verb, err_id((enum err_kind)kind), told(), play_at(&p));
			if (cases[i].screen)
				at(cases[i].screen);
			if (cases[i].field && kind != ERR_OTP_WRONG)        /* a refused code is typed anew */
				assert_string_equal(cases[i].kept, value(cases[i].field));
			end();
		}
}

/* Refusal, expiry, no network, unknown outcome, certificate, stop, our fault: never one for another (rule U10). */
static void each_end_has_its_page(void **state)
{
	static const struct { enum err_kind kind; const char *screen; } ends[] = {
		{ ERR_REFUSED, "sign-refused" }, { ERR_EXPIRED, "sign-expired" }, { ERR_NO_NETWORK, "sign-network" }, { ERR_SERVICE_DOWN, "sign-network" },
		{ ERR_SERVICE_SLOW, "sign-network" }, { ERR_NETWORK_UNKNOWN, "sign-unknown" }, { ERR_CERT_UNUSABLE, "sign-certificate" },
		{ ERR_NOT_THE_SIGNER, "sign-certificate" }, { ERR_QUOTA, "sign-certificate" }, { ERR_PROVIDER_ERROR, "sign-fault" },
		{ ERR_PROVIDER_AUTH, "sign-fault" }, { ERR_INTERNAL, "sign-fault" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		begin();
		play_fail(&p, "sign.submit", ends[i].kind, "");
		play_to_wait(&p);
		at(ends[i].screen);
		assert_true(sentence(play_view(&p)->text));
		play_act(&p, "later");
		at("components");
		end();
	}
}

/* An unknown outcome invites no second request: back to the papers, the file is not "to be signed once more". */
static void unknown_is_not_tried_again(void **state)
{
	(void)state;
	begin();
	play_fail(&p, "sign.submit", ERR_NETWORK_UNKNOWN, "");
	play_to_wait(&p);
	play_enter(&p);
	play_wait(&p, 5);
	at("components");
	assert_int_equal(1, play_count(&p, "sign.submit"));
	end();
}

static void sending_errors(void **state)
{
	(void)state;
	begin();
	play_fail(&p, "portal.send", ERR_NO_NETWORK, "");
	play_to_slip(&p);
	at("slip");
	assert_int_equal(1, play_count(&p, "outbox.failed"));
	assert_int_equal(0, play_count(&p, "outbox.sent"));
	play_wait(&p, 6);               /* it is found once it has arrived */
	assert_true(play_count(&p, "portal.find") > 0);
	assert_string_equal("H18.57-20261120-000001", value("qr"));
	end();
	begin();
	play_fail(&p, "portal.send", ERR_REJECTED, "intake.empty-file");
	play_to_slip(&p);
	at("review");
	assert_true(sentence(play_view(&p)->error));
	assert_int_equal(0, play_count(&p, "draft.drop"));
	end();
}

/* ---- keys at the wrong time --------------------------------------------------------------------------------------------------- */
static void nothing_is_asked_twice(void **state)
{
	(void)state;
	begin();
	play_hold(&p, "identity.login");
	play_to_otp(&p);
	play_enter(&p);
	play_enter(&p);
	assert_int_equal(1, play_count(&p, "identity.login"));
	play_release(&p, "identity.login", JOB_RESULT, NULL);
	at("otp");
	play_hold(&p, "identity.otp");
	play_set(&p, "code", PLAY_OTP);
	play_enter(&p);
	play_enter(&p);
	assert_int_equal(1, play_count(&p, "identity.otp"));
	end();
	begin();
	play_hold(&p, "profiles.put");
	act_profile();
	play_enter(&p);
	assert_int_equal(1, play_count(&p, "profiles.put"));
	end();
	begin();
	play_hold(&p, "sign.submit");
	play_to_wait(&p);
	play_enter(&p);
	play_wait(&p, 5);
	assert_int_equal(1, play_count(&p, "sign.submit"));
	end();
	begin();
	play_hold(&p, "portal.send");
	play_to_slip(&p);
	play_act(&p, "send");
	play_enter(&p);
	play_wait(&p, 5);
	assert_int_equal(1, play_count(&p, "outbox.add"));
	assert_int_equal(1, play_count(&p, "portal.send"));
	end();
	begin();
	play_hold(&p, "doc.inspect");
	act_inspect();
	play_choose(&p, "file", "0:giay-chung-sinh.pdf");
	assert_int_equal(1, play_count(&p, "doc.inspect"));
	end();
}

static void late_answers_are_nobodys(void **state)
{
	(void)state;
	begin();
	play_hold(&p, "identity.login");
	play_to_otp(&p);
	play_back(&p);
	at("language");
	assert_int_equal(1, p.cancels);
	play_release(&p, "identity.login", JOB_RESULT, NULL);
	at("language");
	play_choose(&p, "lang", "vi");
	at("login");
	end();
	begin();
	play_hold(&p, "doc.inspect");
	act_inspect();
	play_back(&p);
	at("component");
	play_release(&p, "doc.inspect", JOB_ERROR, json_object());
	assert_null(play_view(&p)->error);
	end();
}

static void stop_stops(void **state)
{
	(void)state;
	begin();
	play_hold(&p, "sign.submit");
	play_to_wait(&p);
	play_back(&p);
	at("sign-wait");                /* Esc alone does not give a request up */
	play_act(&p, "stop");
	at("sign-stopped");
	assert_int_equal(1, p.cancels);
	play_release(&p, "sign.submit", JOB_RESULT, json_pack("{s:s,s:[{s:s,s:s}]}", "state", "signature-received", "signatures", "document_code",
		json_str(json_array_get(json_at(play_args(&p, "sign.submit"), "items"), 0), "document_code", ""), "signature", "a3k="));
	at("sign-stopped");
	assert_int_equal(0, play_count(&p, "doc.cms"));
	end();
}

static void again_after_a_minute(void **state)
{
	(void)state;
	begin();
	play_hold(&p, "sign.submit");
	play_to_wait(&p);
	play_act(&p, "again");
	at("sign-wait");
	assert_true(sentence(play_view(&p)->error));
	play_wait(&p, 61);
	play_act(&p, "again");
	at("sign-confirm");
	assert_int_equal(1, p.cancels);
	assert_true(sentence(play_view(&p)->notice));
	end();
}

/* The phone is still asked while another page is shown: the end is found on coming back. */
static void leave_while_waiting(void **state)
{
	(void)state;
	begin();
	play_hold(&p, "sign.submit");
	play_to_wait(&p);
	play_done(&p);
	at("leave");
	assert_int_equal(0, p.cancels);
	json_t *body = json_pack("{s:s,s:[{s:s,s:s}]}", "state", "signature-received", "signatures", "document_code",
		json_str(json_array_get(json_at(play_args(&p, "sign.submit"), "items"), 0), "document_code", ""), "signature", "a3k=");
	play_release(&p, "sign.submit", JOB_RESULT, body);
	at("leave");
	play_choose(&p, "what", "stay");
	at("sign-done");
	end();
}

/* ---- a draft comes back ------------------------------------------------------------------------------------------------------------- */
static void draft_comes_back(void **state)
{
	struct play first;

	(void)state;
	begin();
	play_hold(&p, "sign.submit");
	play_to_wait(&p);
	first = p;
	/* The store's answer to draft.load is what was saved last, with all the files ever saved. */
	json_t *body = json_deep_copy(first.saved_body);
	int prepared = dup(first.saved_fds[first.nsaved_fds - 1]);
	const char *name = json_string_value(json_array_get(first.saved_files, json_array_size(first.saved_files) - 1));
	assert_non_null(strstr(name, json_str(body, "pending.transaction", "?")));
	json_t *draft = json_pack("{s:O,s:[s],s:i}", "body", body, "files", name, "total", 1);
	AUTO(mem_free) char *from = mem_printf("%s/data/wait/%s.json", first.dir, json_str(body, "pending.transaction", ""));
	AUTO(mem_free) char *kept = mem_str("/dev/shm/play-state-XXXXXX");
	int keep = mkstemp(kept);
	assert_int_equal(0, rename(from, kept));
	close(keep);
	end();
	begin();
	AUTO(mem_free) char *dir = mem_printf("%s/data/wait", p.dir);
	AUTO(mem_free) char *to = mem_printf("%s/%s.json", dir, json_str(body, "pending.transaction", ""));
	assert_int_equal(0, file_mkdirs(dir, 0700, NULL));
	assert_int_equal(0, rename(kept, to));
	p.draft = draft;
	p.draft_fds[p.ndraft_fds++] = prepared;
	act_load();
	play_wait(&p, 3);
	at("sign-done");
	assert_int_equal(0, play_count(&p, "sign.submit"));
	assert_int_equal(1, play_count(&p, "sign.resume"));
	play_enter(&p);
	at("components");
	play_back(&p);
	at("khai-sinh-result");
	assert_string_equal("2", value("copies"));
	json_decref(body);
	end();
}

/* ---- papers are in Vietnamese -------------------------------------------------------------------------------------------------------- */
static void declaration_in_vietnamese(void **state)
{
	(void)state;
	play_start_with(&p, "lang: en\n");
	play_to_components(&p);
	AUTO(mem_free) char *doc = json_text(play_args(&p, "doc.compose"));
	assert_non_null(strstr(doc, "\"Mẹ\""));
	assert_non_null(strstr(doc, "UBND"));
	assert_null(strstr(doc, "Mother"));
	assert_null(strstr(doc, "People"));
	assert_string_equal("Papers of the dossier", play_view(&p)->title);
	end();
}

/* ---- the end --------------------------------------------------------------------------------------------------------------------------- */
static void sealed_before_the_end(void **state)
{
	(void)state;
	begin();
	play_to_form(&p, 1);
	play_set(&p, "child_name", "Nguyễn Lò Mai An");
	play_hold(&p, "draft.save");
	wizard_end(p.w);
	play_pump(&p);
	assert_false(wizard_finished(p.w));
	assert_string_equal("Nguyễn Lò Mai An", json_str(p.saved_body, "dossier.answers.child_name", ""));
	play_release(&p, "draft.save", JOB_RESULT, NULL);
	assert_true(wizard_finished(p.w));
	end();
	/* A store that cannot: tried again, then the session ends all the same. */
	begin();
	play_to_form(&p, 1);
	size_t before = play_count(&p, "draft.save");
	for (int i = 0; i < 9; i++)
		play_fail(&p, "draft.save", ERR_STORE_GONE, "");
	wizard_end(p.w);
	play_pump(&p);
	assert_true(wizard_finished(p.w));
	assert_true(play_count(&p, "draft.save") - before > 1);
	end();
}

static void keep_or_drop(void **state)
{
	(void)state;
	begin();
	play_to_components(&p);
	play_done(&p);
	play_choose(&p, "what", "drop");
	assert_true(wizard_finished(p.w));
	assert_int_equal(1, play_count(&p, "draft.drop"));
	assert_int_equal(1, play_count(&p, "identity.logout"));
	end();
	begin();
	play_to_components(&p);
	play_done(&p);
	play_choose(&p, "what", "keep");
	assert_true(wizard_finished(p.w));
	assert_int_equal(0, play_count(&p, "draft.drop"));
	end();
}

static void idleness(void **state)
{
	(void)state;
	begin();
	assert_false(wizard_holds_person(p.w));
	play_to_home(&p);
	assert_true(wizard_holds_person(p.w));
	assert_true(wizard_may_idle(p.w));
	end();
	begin();
	play_hold(&p, "sign.submit");
	play_to_wait(&p);
	assert_false(wizard_may_idle(p.w));     /* waiting for the phone is not idleness (rule U23) */
	end();
}

/* After twenty seconds of waiting nothing personal stands on the screen; the code does (rule P6). */
static void hidden_while_waiting(void **state)
{
	(void)state;
	begin();
	play_hold(&p, "sign.submit");
	play_to_wait(&p);
	struct wait_view *v = &view_field(play_view(&p), "wait")->wait;
	assert_non_null(strstr(v->lines[1], "to-khai"));
	play_wait(&p, 21);
	v = &view_field(play_view(&p), "wait")->wait;
	for (char **line = v->lines; *line; line++)
		assert_null(strstr(*line, "to-khai"));
	assert_null(play_view(&p)->who);
	assert_non_null(strstr(v->lines[2], "KS-"));
	end();
}

#ifndef TRAMKY_SAN
/* ---- what the wizard can still reach: its own block, and every block of the heap that a word in a reached one points to ---- */
enum { BLOCKS_MAX = 200000 };
static struct { uintptr_t at; size_t n; } blocks[BLOCKS_MAX];
static size_t nblocks;

static void heap_bounds(uintptr_t *from, uintptr_t *to)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];

	*from = *to = 0;
	while (f && fgets(line, sizeof line, f))
		if (strstr(line, "[heap]"))
			sscanf(line, "%lx-%lx", from, to);
	fclose(f);
}

static void reach(uintptr_t word, uintptr_t from, uintptr_t to)
{
	/* glibc: the size stands before the block; its low three bits are flags. */
	if (word % 16 || word < from + 16 || word >= to)
		return;
	size_t size = *(size_t *)(word - 8) & ~(size_t)7;
	if (size < 32 || size > to - word + 16)
		return;
	for (size_t i = 0; i < nblocks; i++)
		if (blocks[i].at == word)
			return;
	if (nblocks < BLOCKS_MAX) {
		blocks[nblocks].at = word;
		blocks[nblocks++].n = size - 8;
	}
}

static bool found(const char *planted)
{
	uintptr_t from, to;
	size_t n = strlen(planted);

	heap_bounds(&from, &to);
	nblocks = 0;
	reach((uintptr_t)p.w, from, to);
	for (size_t i = 0; i < nblocks; i++) {
		if (memmem((void *)blocks[i].at, blocks[i].n, planted, n))
			return true;
		/* Configuration and catalogue hold no person, but their spare room still holds words that were there before them. */
		for (size_t k = 0; k + 8 <= blocks[i].n; k += 8) {
			uintptr_t word = *(uintptr_t *)(blocks[i].at + k);
			if (word != (uintptr_t)p.config && word != (uintptr_t)p.w->catalogue && word != (uintptr_t)p.w->groups)
				reach(word, from, to);
		}
	}
	return false;
}

static void nothing_is_left(void **state)
{
	static const char *const planted[] = { PLAY_NAME, PLAY_ID, PLAY_TOKEN, PLAY_PASSWORD, PLAY_OTP, PLAY_ADDRESS, "Mai An", "0900000077",
		"mai.thu@vidu.vn", "011234567" };

	(void)state;
	for (int way = 0; way < 3; way++) {
		begin();
		if (way == 0)
			play_to_form(&p, 2);
		else if (way == 1)
			play_to_slip(&p);
		else
			play_to_review(&p);
		assert_true(found(PLAY_NAME));          /* the search itself finds what is there */
		assert_true(found(PLAY_TOKEN));
		if (way < 2) {
			play_done(&p);
			play_choose(&p, "what", way ? "end" : "keep");
		} else {
			wizard_end(p.w);
			play_pump(&p);
		}
		assert_true(wizard_finished(p.w));
		for (size_t i = 0; i < COUNT(planted); i++)
			if (found(planted[i]))
				fail_msg("still reachable after end %d: %s", way, planted[i]);
		end();
	}
}
#endif

#ifndef TRAMKY_SAN
/* What was freed must not be taken for what is held: freed blocks are overwritten at once, and none waits in a cache that glibc
 * leaves as it was. Both can only be said before the program starts. */
static void start_with_clean_frees(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0:glibc.malloc.perturb=165", 1);
	execv("/proc/self/exe", argv);
}
#endif

int main(int argc, char **argv)
{
	(void)argc;
#ifndef TRAMKY_SAN
	start_with_clean_frees(argv);
#else
	(void)argv;
#endif
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_welcome_to_slip), cmocka_unit_test(kept_before_it_leaves), cmocka_unit_test(code_first),
		cmocka_unit_test(store_cannot_keep_it), cmocka_unit_test(saved_at_every_page), cmocka_unit_test(back_keeps_everything),
		cmocka_unit_test(back_before_the_login), cmocka_unit_test(back_in_a_profile), cmocka_unit_test(review_jumps_and_returns),
		cmocka_unit_test(back_after_an_end), cmocka_unit_test(each_error_has_words), cmocka_unit_test(each_end_has_its_page),
		cmocka_unit_test(unknown_is_not_tried_again), cmocka_unit_test(sending_errors), cmocka_unit_test(nothing_is_asked_twice),
		cmocka_unit_test(late_answers_are_nobodys), cmocka_unit_test(stop_stops), cmocka_unit_test(again_after_a_minute),
		cmocka_unit_test(leave_while_waiting), cmocka_unit_test(draft_comes_back), cmocka_unit_test(declaration_in_vietnamese),
		cmocka_unit_test(sealed_before_the_end), cmocka_unit_test(keep_or_drop), cmocka_unit_test(idleness),
		cmocka_unit_test(hidden_while_waiting),
#ifndef TRAMKY_SAN
		cmocka_unit_test(nothing_is_left),
#endif
	};
	log_open("wizard_journey", "/dev/null");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
