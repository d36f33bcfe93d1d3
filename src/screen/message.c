#include "screen/screen_int.h"

#include "base/config.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOMAIN "tramky"

/* glibc's and libintl's own way to say that LANGUAGE changed (GNU gettext manual, "gettext grok"). */
extern int _nl_msg_cat_cntr;

static char language[8] = "vi";
static char province_id[40];
static char province_domain[48];
static char *screens_dir, *locale_dir;

void screens_set_folders(const char *screens, const char *locale)
{
	mem_free(&screens_dir);
	mem_free(&locale_dir);
	screens_dir = mem_str(screens);
	locale_dir = mem_str(locale);
	screen_drop_all();
}

const char *screens_folder(void)
{
	if (!screens_dir)
		screens_dir = path_share("screens");
	return screens_dir;
}

const char *locale_folder(void)
{
	if (!locale_dir)
		locale_dir = path_share("locale");
	return locale_dir;
}

const char *msg_province(void)
{
	return province_id;
}

const char *msg_lang(void)
{
	return language;
}

/* LANGUAGE is ignored in the "C" locale: a bare environment needs one that knows UTF-8. */
static void utf8_locale(void)
{
	setlocale(LC_ALL, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		setlocale(LC_ALL, "C.UTF-8");
	setlocale(LC_NUMERIC, "C");
}

/* An id becomes part of a path and of a domain name. */
static bool plain_id(const char *s, size_t max)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return !s[n] && n < max;
}

static void bind(const char *domain, const char *dir)
{
	bindtextdomain(domain, dir);
	bind_textdomain_codeset(domain, "UTF-8");
}

int msg_setup(const char *lang, const char *province, struct err *e)
{
	const char *dir = locale_folder();

	if (!lang)
		lang = "vi";
	if (strcmp(lang, "vi") && strcmp(lang, "en"))
		return err_set(e, ERR_USAGE, "unknown language \"%.20s\": vi or en", lang);
	if (!province)
		province = "";
	if (!plain_id(province, sizeof province_id))
		return err_set(e, ERR_USAGE, "bad province id");
	utf8_locale();
	snprintf(language, sizeof language, "%s", lang);
	setenv("LANGUAGE", lang, 1);
	if (strcmp(province, province_id))
		screen_drop_all();
	snprintf(province_id, sizeof province_id, "%s", province);
	snprintf(province_domain, sizeof province_domain, "%s%s%s", DOMAIN, *province ? "-" : "", province);
	if (!dir)
		return err_set(e, ERR_CONFIG, "no locale folder beside the program");
	bind(DOMAIN, dir);
	if (*province)
		bind(province_domain, dir);
	++_nl_msg_cat_cntr;
	return 0;
}

/* NULL when neither catalogue has the id: gettext then gives its argument back. */
static const char *find(const char *id)
{
	const char *words;

	if (!id || !*id)
		return NULL;
	if (*province_id) {
		words = dgettext(province_domain, id);
		if (words != id)
			return words;
	}
	words = dgettext(DOMAIN, id);
	return words != id ? words : NULL;
}

const char *msg(const char *id)
{
	const char *words = find(id);

	return words ? words : id ? id : "";
}

bool msg_has(const char *id)
{
	return find(id) != NULL;
}

struct fill {
	const json_t *vars;
	char number[24];
};

static const char *fill_one(void *self, const char *name)
{
	struct fill *f = self;
	const json_t *v = json_object_get(f->vars, name);

	if (json_is_integer(v)) {
		snprintf(f->number, sizeof f->number, "%lld", (long long)json_integer_value(v));
		return f->number;
	}
	return json_string_value(v);
}

char *msg_fill(const char *id, const json_t *vars)
{
	struct fill f = { .vars = vars };

	return text_fill(msg(id), fill_one, &f);
}
