/* The state file under a full disk and a power cut. */
#include "unit/sign_help.h"

#include "sign/state.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <cmocka.h>

static struct signer me;
static struct config *conf;
static char path[256];

static int fresh(void)
{
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static struct sign_request request(void)
{
	struct sign_request r;
	struct err e = { 0 };
	AUTO(json_release) json_t *args = sign_args("vnpt", &me, 2);

	if (sign_request_read(&r, args, conf, &e) < 0)
		fail_msg("%s", e.cause);
	return r;
}

static json_t *long_signatures(void)
{
	json_t *list = json_array();
	AUTO(mem_free) char *raw = mem_alloc(1024);
	AUTO(mem_free) char *b64 = base64_text(raw, 1024);      /* RSA-8192 */

	json_array_append_new(list, json_pack("{s:s,s:s}", "document_code", "KS-4F7K2", "signature", b64));
	json_array_append_new(list, json_pack("{s:s,s:s}", "document_code", "KS-9TQ2A", "signature", b64));
	return list;
}

static void steps_come_back(void **state)
{
	(void)state;
	AUTO(sign_request_clear) struct sign_request r = request();
	AUTO(state_clear) struct sign_state s = { .fd = fresh(), .deadline = 1795168800 };
	AUTO(fd_close) int fd = s.fd;
	struct err e = { 0 };

	assert_int_equal(state_read(&s, r.transaction, &e), 0);
	assert_int_equal(s.step, STEP_NONE);
	s.deadline = 1795168800;
	s.signatures = long_signatures();
	s.end = ERR_REFUSED;
	snprintf(s.reason, sizeof s.reason, "sign.deadline");
	for (int step = STEP_PREPARED; step <= STEP_ENDED; step++) {
		AUTO(state_clear) struct sign_state back = { .fd = fd };
		assert_int_equal(state_write(&s, &r, (enum sign_step)step, &e), 0);
		assert_int_equal(state_read(&back, r.transaction, &e), 0);
		assert_int_equal(back.step, step);
		assert_int_equal(back.deadline, 1795168800);
		assert_int_equal(json_array_size(back.signatures), step == STEP_RECEIVED ? 2 : 0);
		assert_int_equal(back.end, step == STEP_ENDED ? ERR_REFUSED : ERR_NONE);
	}
}

/* Room is taken before the request leaves: the signature then fits, whatever else fills the disk. */
static void a_full_disk_keeps_no_signature_out(void **state)
{
	(void)state;
	AUTO(sign_request_clear) struct sign_request r = request();
	AUTO(fd_close) int fd = fresh();
	AUTO(state_clear) struct sign_state s = { .fd = fd };
	struct err e = { 0 };
	struct rlimit was, now;
	struct stat st;

	assert_int_equal(state_write(&s, &r, STEP_SUBMITTED, &e), 0);
	assert_int_equal(fstat(fd, &st), 0);
	getrlimit(RLIMIT_FSIZE, &was);
	now = was;
	now.rlim_cur = (rlim_t)st.st_size;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &now);
	s.signatures = long_signatures();
	int rc = state_write(&s, &r, STEP_RECEIVED, &e);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(rc, 0);
}

/* A write cut at any sector: old or new or unreadable, but never "nothing left" once something may have left. */
static void a_cut_never_forgets(void **state)
{
	(void)state;
	AUTO(sign_request_clear) struct sign_request r = request();
	AUTO(fd_close) int fd = fresh();
	AUTO(buf_free) struct buf before = { 0 }, after = { 0 };
	AUTO(state_clear) struct sign_state s = { .fd = fd };
	struct err e = { 0 };

	assert_int_equal(state_write(&s, &r, STEP_SUBMITTED, &e), 0);
	fd_read_all(fd, &before, 1 << 20, &e);
	s.signatures = long_signatures();
	assert_int_equal(state_write(&s, &r, STEP_RECEIVED, &e), 0);
	fd_read_all(fd, &after, 1 << 20, &e);
	assert_int_equal(before.n, after.n);
	for (size_t cut = 0; cut <= after.n; cut += 512) {
		AUTO(state_clear) struct sign_state back = { .fd = fd };
		assert_int_equal(pwrite(fd, before.p, before.n, 0), before.n);
		assert_int_equal(pwrite(fd, after.p, cut, 0), cut);
		assert_int_equal(state_read(&back, r.transaction, &e), 0);
		assert_true(back.step == STEP_SUBMITTED || back.step == STEP_RECEIVED || back.step == STEP_DAMAGED);
		if (cut == 0)
			assert_int_equal(back.step, STEP_SUBMITTED);
		if (back.step == STEP_RECEIVED)
			assert_int_equal(json_array_size(back.signatures), 2);
	}
}

static void strange_files(void **state)
{
	(void)state;
	static const struct { const char *text; size_t n; enum sign_step step; } cases[] = {
		{ "", 0, STEP_NONE },
		{ "\0\0\0\0", 4, STEP_NONE },                   /* room without bytes, after a power cut */
		{ "    ", 4, STEP_NONE },
		{ "[]", 2, STEP_DAMAGED },
		{ "{\"transaction\":", 15, STEP_DAMAGED },
		{ "{\"transaction\":\"" SIGN_TXN "\",\"state\":\"?\"}", 66, STEP_DAMAGED },
		{ "{\"transaction\":\"" SIGN_TXN "\"}", 54, STEP_DAMAGED },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(fd_close) int fd = fresh();
		AUTO(state_clear) struct sign_state s = { .fd = fd };
		struct err e = { 0 };
		assert_int_equal(write(fd, cases[i].text, cases[i].n), cases[i].n);
		assert_int_equal(state_read(&s, SIGN_TXN, &e), 0);
		assert_int_equal(s.step, cases[i].step);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_come_back),
		cmocka_unit_test(a_full_disk_keeps_no_signature_out),
		cmocka_unit_test(a_cut_never_forgets),
		cmocka_unit_test(strange_files),
	};
	snprintf(path, sizeof path, "%s/state.json", mini_dir());
	me = signer_make("TEST Nguyen Van Thu", "CCCD:001090123456");
	conf = sign_config("https://127.0.0.1:1", "/dev/null", "");
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	signer_free(&me);
	config_free(conf);
	return rc;
}
