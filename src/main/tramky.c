/* tramky: the counter's screen and the command line. Options common to all commands, then the table of commands. */
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "kiosk/kiosk.h"
#include "main/commands.h"
#include "screen/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"tramky [kiosk] [--config FILE] [--province ID] [--lang vi|en] [--theme normal|inverted|mono] [--large]\n"
	"tramky sign IN.pdf -o OUT.pdf --method neac|keyfile [...]      tramky verify FILE...\n"
	"tramky catalogue search TEXT | show CODE | import DIR | stats  tramky type --method telex|vni\n"
	"tramky doctor    tramky sync [--once]    tramky screens check    tramky trust list|add|remove|update|show|forget\n"
	"Every command: --json, --config FILE, --province ID, --lang vi|en, --help. See tramky(1).\n";

struct globals {
	const char *config, *province, *lang, *theme;
	bool json, large, help;
};

/* Takes the common options out of argv; what is left is the command's own. */
static int take_globals(int argc, char **argv, struct globals *g)
{
	int left = 1;

	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "--config") == 0     ? &g->config
		                     : strcmp(argv[i], "--province") == 0 ? &g->province
		                     : strcmp(argv[i], "--lang") == 0     ? &g->lang
		                     : strcmp(argv[i], "--theme") == 0    ? &g->theme
		                                                          : NULL;
		if (value && i + 1 < argc)
			*value = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			g->json = true;
		else if (strcmp(argv[i], "--large") == 0)
			g->large = true;
		else if (strcmp(argv[i], "--help") == 0)
			g->help = true;
		else
			argv[left++] = argv[i];
	}
	argv[left] = NULL;
	return left;
}

int command_usage(const char *text)
{
	fputs(text, stderr);
	return 2;
}

int command_failed(const struct command_env *env, const struct err *e)
{
	AUTO(mem_free) char *id = mem_printf("err.%s", err_id(e->kind));
	AUTO(mem_free) char *fine = mem_printf("err.%s.%s", err_id(e->kind), e->reason);
	const char *words = msg(*e->reason && msg_has(fine) ? fine : id);

	fprintf(stderr, "tramky: %s\n        (%s%s%s: %s)\n", words, err_id(e->kind), *e->reason ? " " : "", e->reason, e->cause);
	if (env && env->json) {
		AUTO(json_release) json_t *j = json_pack("{s:{s:s,s:s,s:s}}", "error", "kind", err_id(e->kind), "reason", e->reason, "message", words);
		AUTO(mem_free) char *text = json_text(j);
		puts(text);
	}
	return err_exit_code(e->kind);
}

/* ---- the counter ------------------------------------------------------------------------------------------------- */
static int kiosk_command(const struct command_env *env, const struct globals *g, char **again)
{
	struct err e = { 0 };
	const struct kiosk_options o = { .theme = g->theme ? g->theme : config_str(env->config, "theme", "normal"),
	                                 .large = g->large || config_is(env->config, "large") };
	const char *data = config_data_dir(env->config, &e), *session = data ? config_session_dir(env->config, &e) : NULL;

	if (!session)
		return command_failed(env, &e);
	AUTO(mem_free) char *dir = mem_printf("%s/log", data);
	AUTO(mem_free) char *path = mem_printf("%s/tramky.log", dir);
	if (file_mkdirs(dir, 0700, &e) == 0)
		log_open("tramky", path);
	switch (kiosk_run(env->config, &o, &e)) {
	case 0:
		/* The next person gets a fresh process (rule P2). */
		execv("/proc/self/exe", again);
		return 70;
	case 1:
		return 0;
	default:
		return command_failed(env, &e);
	}
}

/* ---- the table ----------------------------------------------------------------------------------------------------- */
static int type_command(int argc, char **argv, const struct command_env *env)
{
	(void)env;
	return cmd_type(argc, argv);
}

static int catalogue_command(int argc, char **argv, const struct command_env *env)
{
	/* The catalogue's own parser wants --json in its place. */
	if (env->json)
		argv[argc++] = (char *)(uintptr_t)"--json";
	argv[argc] = NULL;
	return cmd_catalogue(argc, argv, env->config);
}

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv, const struct command_env *env);
	bool needs_config;
} commands[] = {
	{ "sign", cmd_sign, true },
	{ "verify", cmd_verify, false },
	{ "trust", cmd_trust, true },
	{ "catalogue", catalogue_command, false },
	{ "type", type_command, false },
	{ "doctor", cmd_doctor, false },
	{ "screens", cmd_screens, false },
	{ "sync", cmd_sync, true },
};

static void utf8_locale(void)
{
	/* A bare environment has no UTF-8 locale; the language never comes from the locale. */
	if (!setlocale(LC_ALL, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_ALL, "C.UTF-8");
}

static int run_command(const struct command *cmd, int argc, char **argv, const struct globals *g, char **again)
{
	struct err e = { 0 };
	AUTO(config_release) struct config *c = config_load(g->config, g->province, &e);
	AUTO(mem_free) char *fallback = !c && !g->config && cmd && !cmd->needs_config ? path_share("screens/default.yaml") : NULL;
	if (fallback)
		c = config_load(fallback, g->province, &e);
	struct command_env env = { .config = c, .json = g->json };
	const char *lang = g->lang ? g->lang : getenv("LANGUAGE") && strncmp(getenv("LANGUAGE"), "en", 2) == 0 ? "en" : config_str(c, "lang", "vi");
	struct err lang_err = { 0 };

	if (msg_setup(lang, config_province(c), &lang_err) < 0) {
		struct err plain = { 0 };
		msg_setup("vi", NULL, &plain);
		return command_failed(&env, &lang_err);
	}
	/* A named configuration that cannot be read is always an error; none at all only where one is needed. */
	if (!c && (g->config || !cmd || cmd->needs_config))
		return command_failed(&env, &e);
	if (c)
		clock_setup(c);
	return cmd ? cmd->run(argc, argv, &env) : kiosk_command(&env, g, again);
}

/* Each command tells its own options when it is asked for with none; none of them reads a configuration before. */
static int command_help(int argc, char **argv, const struct globals *g)
{
	const struct command_env env = { .json = false };
	struct err e = { 0 };

	(void)argc;
	msg_setup(g->lang ? g->lang : "vi", NULL, &e);
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && commands[i].run != cmd_doctor && commands[i].run != cmd_sync) {
			commands[i].run(1, argv + 1, &env);
			return 0;
		}
	fputs(usage, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct globals g = { 0 };
	AUTO(mem_free) char **all = mem_array((size_t)argc + 3, sizeof *all);
	AUTO(mem_free) char **again = mem_array((size_t)argc + 1, sizeof *again);

	memcpy(all, argv, (size_t)argc * sizeof *all);
	memcpy(again, argv, (size_t)argc * sizeof *again);
	utf8_locale();
	argc = take_globals(argc, all, &g);
	if (g.help && argc > 1)
		return command_help(argc, all, &g);
	if (g.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc == 1 || strcmp(all[1], "kiosk") == 0)
		return argc > 2 ? command_usage(usage) : run_command(NULL, 0, NULL, &g, again);
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(all[1], commands[i].name) == 0)
			return run_command(&commands[i], argc - 1, all + 1, &g, again);
	return command_usage(usage);
}
