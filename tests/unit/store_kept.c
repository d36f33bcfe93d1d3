/* Notes under a key: kept sealed, replaced, destroyed. */
#include "store_world.h"

static void a_note_is_kept_and_destroyed(void **state)
{
	AUTO(store_release) struct store *s = world_open();
	AUTO(json_release) json_t *first = json_pack("{s:s}", "path", "/nha/nguyen-van-thu.pdf"), *second = json_pack("{s:s}", "path", "/nha/khac.pdf");
	struct err e = { 0 };

	(void)state;
	assert_int_equal(store_keep(s, "completion", "aa11", first, &e), 0);
	assert_int_equal(store_keep(s, "completion", "bb22", second, &e), 0);
	assert_int_equal(store_keep(s, "evidence", "aa11", second, &e), 0);
	store_release(&s);
	s = world_open();
	json_t *list = store_kept(s, "completion", NULL, &e);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_str(list, "0.body.path", ""), "/nha/nguyen-van-thu.pdf");
	json_decref(list);
	assert_int_equal(store_keep(s, "completion", "aa11", second, &e), 0);
	list = store_kept(s, "completion", "aa11", &e);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_str(list, "0.body.path", ""), "/nha/khac.pdf");
	json_decref(list);
	assert_int_equal(store_forget(s, "completion", "aa11", &e), 0);
	assert_int_equal(store_forget(s, "completion", "aa11", &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	list = store_kept(s, "evidence", NULL, &e); /* another kind under the same key stays */
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
}

static void what_is_kept_is_sealed(void **state)
{
	AUTO(store_release) struct store *s = world_open();
	AUTO(json_release) json_t *body = json_pack("{s:s}", "path", "/nha/nguyen-van-thu.pdf");
	struct err e = { 0 };

	(void)state;
	assert_int_equal(store_keep(s, "completion", "aa11", body, &e), 0);
	assert_int_equal(store_keep(s, "completion", "/nha/thu.pdf", body, &e), -1); /* a path would be readable */
	assert_int_equal(e.kind, ERR_USAGE);
	store_release(&s);
	AUTO(mem_free) char *look = mem_printf("grep -rq nguyen-van-thu '%s'", world_dir);
	assert_int_not_equal(system(look), 0);
	/* moved to another key, the seal does not open */
	AUTO(mem_free) char *move = mem_printf("sqlite3 '%s/tramky.db' \"update note set key = 'cc33'\"", world_dir);
	assert_int_equal(system(move), 0);
	s = world_open();
	assert_null(store_kept(s, "completion", NULL, &e));
	assert_string_equal(e.reason, "store.seal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_note_is_kept_and_destroyed, world_begin, world_end),
		cmocka_unit_test_setup_teardown(what_is_kept_is_sealed, world_begin, world_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
