/* Import: rows judged and cleaned, the folder exchanged whole, nothing changed when the import is unusable. */
#include "catalogue/catalogue.h"

#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char root[64];

static void put(const char *dir, const char *name, const char *text)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s/%s", root, dir, name);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static char *get(const char *dir, const char *name)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s/%s", root, dir, name);
	FILE *f = fopen(path, "re");
	char *text = mem_alloc(20000);

	if (f) {
		text[fread(text, 1, 19999, f)] = '\0';
		fclose(f);
	}
	return text;
}

static void good_input(void)
{
	put("in", "provinces.tsv", "code\tname\tfull_name\tkind\tn_communes\tformed_from_63\n11\tThử\tTỉnh Thử\tTỉnh\t1\tThử\n");
	put("in", "communes.tsv",
	    "code\tname\tfull_name\tkind\tprovince_code\n00001\tMường Thử\tXã Mường Thử\tXã\t11\n00001\tx\tx\tXã\t11\n"
	    "00002\tx\tx\tXã\t99\n2\tx\tx\tXã\t11\n");
	put("in", "procedures.tsv",
	    "code\tname\tfield\tlevels\tissuer\texecuting_agency\tchannels\tdecision_no\tapplicants\tportal_id\n"
	    "1.000001\tTha\xcc\x89 th\xc6\xb0\xcc\x89\tHộ tịch\tX\ta\tb\tcounter\td\te\tf\n1.000002\tx\ty\tQ\ta\tb\tc\td\te\tf\n"
	    "12\tx\ty\tX\ta\tb\tc\td\te\tf\n1.000003\tshort\n1.000004\t\xff\ty\tX\ta\tb\tc\td\te\tf\n");
	put("in", "procedure_methods.tsv",
	    "code\trow\tchannel\ttime_n\ttime_unit\tfee_and_note\n1.000001\t1\tcounter\t3\tngày làm việc\t\n9.000001\t1\tcounter\t\t\t\n");
	put("in", "procedure_components.tsv",
	    "code\tseq\tgroup\ttext\toriginals\tcopies\tkind\thas_form_file\n"
	    "1.000001\t1\t\t\xe2\x80\x8eTờ\x01 khai\xe2\x80\xae theo Thông tư 25/\t20251\t0\tpaper\t\n1.000001\t2\t\tx\tmany\t0\tpaper\t\n");
}

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/catalogue_import.XXXXXX");
	assert_non_null(mkdtemp(root));
	const char *const dirs[] = { "in", "to" };
	for (size_t i = 0; i < COUNT(dirs); i++) {
		AUTO(mem_free) char *path = mem_printf("%s/%s", root, dirs[i]);

		assert_int_equal(mkdir(path, 0700), 0);
	}
	good_input();
	put("to", "README.md", "stays\n");
	put("to", "procedures.tsv", "old\n");
	put("to", "common_names.tsv", "phrase\ttarget\nthử\t1.000001\ncũ\t1.000009\n");
	return 0;
}

static int teardown(void **state)
{
	AUTO(mem_free) char *cmd = mem_printf("rm -rf %s", root);

	(void)state;
	return system(cmd);
}

static int import(char **report, struct err *e)
{
	AUTO(mem_free) char *from = mem_printf("%s/in", root);
	AUTO(mem_free) char *to = mem_printf("%s/to", root);
	size_t n;
	FILE *f = open_memstream(report, &n);
	int rc = catalogue_import(from, to, f, e);

	fclose(f);
	return rc;
}

static bool exists(const char *name)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", root, name);

	return access(path, F_OK) == 0;
}

static void rows_are_judged(void **state)
{
	static const char *const reasons[] = {
		"communes.tsv:3: code twice", "communes.tsv:4: unknown province", "communes.tsv:5: no five-digit code",
		"procedures.tsv:3: unknown level", "procedures.tsv:4: no code", "procedures.tsv:5: wrong number of columns",
		"procedures.tsv:6: not UTF-8", "procedure_methods.tsv:3: unknown procedure",
		"procedure_components.tsv:3: number of originals", "common_names.tsv:3: unknown procedure",
	};
	struct err e = { 0 };
	AUTO(mem_free) char *report = NULL;

	(void)state;
	assert_int_equal(import(&report, &e), 0);
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (!strstr(report, reasons[i]))
			fail_msg("%s is not in:\n%s", reasons[i], report);
	AUTO(mem_free) char *to = mem_printf("%s/to", root);
	AUTO(catalogue_release) struct catalogue *c = catalogue_open(to, &e);
	const struct component *k[4];
	struct hit h[4];
	assert_non_null(c);
	assert_int_equal(catalogue_search(c, "", NULL, h, 4, NULL), 1);
	assert_string_equal(h[0].p->name, "Thả thử");
	assert_int_equal(catalogue_components(c, "1.000001", k, 4), 1);
	assert_string_equal(k[0]->text, "Tờ khai theo Thông tư 25/");
	assert_int_equal(k[0]->originals, 1);
}

static void the_rest_of_the_folder_stays(void **state)
{
	struct err e = { 0 };
	AUTO(mem_free) char *report = NULL;

	(void)state;
	assert_int_equal(import(&report, &e), 0);
	AUTO(mem_free) char *readme = get("to", "README.md");
	AUTO(mem_free) char *common = get("to", "common_names.tsv");
	assert_string_equal(readme, "stays\n");
	assert_string_equal(common, "phrase\ttarget\nthử\t1.000001\n");
	assert_false(exists("to.new"));
}

static void unusable_input_changes_nothing(void **state)
{
	struct err e = { 0 };
	AUTO(mem_free) char *report = NULL;

	(void)state;
	put("in", "communes.tsv", "something\telse\n1\t2\n");
	assert_int_equal(import(&report, &e), -1);
	assert_int_equal(e.kind, ERR_FILE_TYPE);
	AUTO(mem_free) char *old = get("to", "procedures.tsv");
	assert_string_equal(old, "old\n");
	assert_false(exists("to.new"));

	AUTO(mem_free) char *path = mem_printf("%s/in/procedures.tsv", root);
	AUTO(mem_free) char *report2 = NULL;
	good_input();
	unlink(path);
	assert_int_equal(import(&report2, &e), -1);
	assert_int_equal(e.kind, ERR_NO_FILE);
	assert_true(exists("to/README.md"));
}

/* A cut before the exchange left a half-built folder: the next import does not mind. */
static void leftovers_are_swept(void **state)
{
	struct err e = { 0 };
	AUTO(mem_free) char *report = NULL;
	AUTO(mem_free) char *path = mem_printf("%s/to.new", root);

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	put("to.new", "provinces.tsv", "half");
	assert_int_equal(import(&report, &e), 0);
	assert_false(exists("to.new"));
}

static void a_new_folder_is_made(void **state)
{
	struct err e = { 0 };
	AUTO(mem_free) char *from = mem_printf("%s/in", root);
	AUTO(mem_free) char *to = mem_printf("%s/fresh", root);

	(void)state;
	assert_int_equal(catalogue_import(from, to, NULL, &e), 0);
	assert_true(exists("fresh/procedures.tsv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_judged, setup, teardown),
		cmocka_unit_test_setup_teardown(the_rest_of_the_folder_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(unusable_input_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(leftovers_are_swept, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_folder_is_made, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
