/* tramky catalogue search|show|import|stats: see src/man/tramky.1. */
#include "main/commands.h"

#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "catalogue/catalogue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 500, METHODS_MAX = 64, COMPONENTS_MAX = 256 };

static const char usage[] =
	"usage: tramky catalogue search TEXT [--level X] [--field F] [--agency A] [--limit N] [--json]\n"
	"       tramky catalogue show CODE [--json]\n"
	"       tramky catalogue import DIR\n"
	"       tramky catalogue stats [--json]\n";

struct request {
	const char *verb;
	char *text;              /* what is left, joined by spaces */
	struct search_filter filter;
	size_t limit;
	bool json;
};

static bool option(struct request *r, const char *name, const char *value)
{
	char *end;

	if (strcmp(name, "--level") == 0)
		r->filter.level = value;
	else if (strcmp(name, "--field") == 0)
		r->filter.field = value;
	else if (strcmp(name, "--agency") == 0)
		r->filter.agency = value;
	else if (strcmp(name, "--limit") == 0) {
		unsigned long n = strtoul(value, &end, 10);

		r->limit = n;
		return end != value && !*end && n >= 1 && n <= LIMIT_MAX;
	} else {
		return false;
	}
	return true;
}

/* False: wrong usage. */
static bool read_request(int argc, char **argv, struct request *r)
{
	struct buf text = { 0 };
	bool plain = false, good = argc > 1;

	buf_str(&text, "");
	r->verb = argc > 1 ? argv[1] : "";
	r->limit = LIMIT_DEFAULT;
	for (int i = 2; i < argc && good; i++) {
		if (!plain && strcmp(argv[i], "--") == 0) {
			plain = true;
		} else if (!plain && strcmp(argv[i], "--json") == 0) {
			r->json = true;
		} else if (!plain && strncmp(argv[i], "--", 2) == 0) {
			good = i + 1 < argc && option(r, argv[i], argv[i + 1]);
			i++;
		} else {
			buf_printf(&text, "%s%s", text.n ? " " : "", argv[i]);
		}
	}
	r->text = buf_steal(&text);
	return good;
}

static int put_json(json_t *j)
{
	AUTO(json_release) json_t *owned = j;
	AUTO(mem_free) char *text = json_text(owned);

	return puts(text) < 0 ? 70 : 0;
}

static int search(struct catalogue *c, const struct request *r)
{
	struct timespec from, to;
	AUTO(mem_free) struct hit *hits = mem_array(r->limit, sizeof *hits);
	json_t *results = json_array();

	clock_gettime(CLOCK_MONOTONIC, &from);
	size_t n = catalogue_search(c, r->text, &r->filter, hits, r->limit, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	long long took = (to.tv_sec - from.tv_sec) * 1000000LL + (to.tv_nsec - from.tv_nsec) / 1000;

	for (size_t i = 0; i < n; i++) {
		const struct procedure *p = hits[i].p;

		json_array_append_new(results, json_pack("{s:s,s:s,s:s,s:s,s:f}", "code", p->code, "name", p->name,
		                                         "field", p->field, "level", p->levels, "score",
		                                         round(hits[i].score * 4) / 4));
		if (!r->json)
			printf("%s  %s  [%s, %s]\n", p->code, p->name, p->field, p->levels);
	}
	json_t *all = json_pack("{s:s,s:I,s:o}", "query", r->text, "took_us", (json_int_t)took, "results", results);
	if (!all)
		return 2; /* the text was no UTF-8 */
	if (r->json)
		return put_json(all) ? 70 : n == 0;
	json_decref(all);
	return n == 0;
}

static json_t *methods_json(struct catalogue *c, const char *code, bool print)
{
	const struct method *m[METHODS_MAX];
	json_t *a = json_array();

	for (size_t i = 0, n = catalogue_methods(c, code, m, METHODS_MAX); i < n; i++) {
		json_array_append_new(a, json_pack("{s:s,s:s,s:s,s:s}", "channel", m[i]->channel, "time_n", m[i]->time_n,
		                                   "time_unit", m[i]->time_unit, "fee", m[i]->fee));
		if (print)
			printf("  %s: %s %s  %s\n", m[i]->channel, m[i]->time_n, m[i]->time_unit, m[i]->fee);
	}
	return a;
}

static json_t *components_json(struct catalogue *c, const char *code, bool print)
{
	const struct component *k[COMPONENTS_MAX];
	json_t *a = json_array();

	for (size_t i = 0, n = catalogue_components(c, code, k, COMPONENTS_MAX); i < n; i++) {
		json_array_append_new(a, json_pack("{s:s,s:s,s:i,s:i,s:b,s:b}", "group", k[i]->group, "text", k[i]->text,
		                                   "originals", k[i]->originals, "copies", k[i]->copies, "note",
		                                   k[i]->note, "form_file", k[i]->form_file));
		if (print)
			printf("  - %s  (%d/%d)\n", k[i]->text, k[i]->originals, k[i]->copies);
	}
	return a;
}

static int show(struct catalogue *c, const struct request *r, struct err *e)
{
	const struct procedure *p = catalogue_procedure(c, r->text);

	if (!p)
		return err_set(e, ERR_NOT_FOUND, "no procedure of that code");
	if (!r->json)
		printf("%s  %s\n  %s, %s, %s\n  %s, %s\n", p->code, p->name, p->field, p->levels, p->agency, p->decision,
		       p->channels);
	json_t *methods = methods_json(c, p->code, !r->json), *components = components_json(c, p->code, !r->json);
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "code", p->code, "name", p->name, "field",
	                      p->field, "level", p->levels, "issuer", p->issuer, "agency", p->agency, "channels",
	                      p->channels, "decision", p->decision, "applicants", p->applicants, "methods", methods,
	                      "components", components);
	if (r->json)
		return put_json(j);
	json_decref(j);
	return 0;
}

static int stats(struct catalogue *c, const struct request *r)
{
	const char *fields[512];
	size_t provinces, communes, procedures, n = catalogue_fields(c, fields, COUNT(fields));

	catalogue_counts(c, &provinces, &communes, &procedures);
	if (r->json)
		return put_json(json_pack("{s:I,s:I,s:I,s:I}", "provinces", (json_int_t)provinces, "communes",
		                          (json_int_t)communes, "procedures", (json_int_t)procedures, "fields",
		                          (json_int_t)n));
	printf("provinces %zu\ncommunes %zu\nprocedures %zu\nfields %zu\n", provinces, communes, procedures, n);
	return 0;
}

/* The exit code, or -1 with the error set. */
static int run(const struct request *r, struct err *e)
{
	AUTO(mem_free) char *dir = path_share("screens/catalogue");

	if (!dir)
		return err_set(e, ERR_NO_FILE, "screens/catalogue is not installed");
	if (strcmp(r->verb, "import") == 0)
		return catalogue_import(r->text, dir, stderr, e);
	AUTO(catalogue_release) struct catalogue *c = catalogue_open(dir, e);
	if (!c)
		return -1;
	if (strcmp(r->verb, "search") == 0)
		return search(c, r);
	return strcmp(r->verb, "show") == 0 ? show(c, r, e) : stats(c, r);
}

static bool sound(const struct request *r)
{
	if (strcmp(r->verb, "stats") == 0)
		return !*r->text;
	if (strcmp(r->verb, "search") == 0)
		return *r->text || r->filter.level || r->filter.field || r->filter.agency;
	return *r->text && (strcmp(r->verb, "show") == 0 || strcmp(r->verb, "import") == 0);
}

int cmd_catalogue(int argc, char **argv, const struct config *c)
{
	struct request r = { 0 };
	struct err e = { 0 };

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0 ? 70 : 0;
	int code = read_request(argc, argv, &r) && sound(&r) ? run(&r, &e) : command_usage(usage);
	const struct command_env env = { .config = c, .json = r.json };

	free(r.text);
	return code < 0 ? command_failed(&env, &e) : code;
}
