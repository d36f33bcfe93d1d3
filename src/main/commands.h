/* The commands of the command line; each returns an exit code (tramky(1): 0 done/valid ... 70 our own fault). */
#ifndef MAIN_COMMANDS_H
#define MAIN_COMMANDS_H

#include <jansson.h>
#include <stdbool.h>

struct config;
struct err;

struct command_env {
	const struct config *config;     /* NULL for commands that need none */
	bool json;
};

int cmd_type(int argc, char **argv);
int cmd_catalogue(int argc, char **argv, const struct config *c);
int cmd_sign(int argc, char **argv, const struct command_env *env);
int cmd_verify(int argc, char **argv, const struct command_env *env);
int cmd_doctor(int argc, char **argv, const struct command_env *env);
int cmd_screens(int argc, char **argv, const struct command_env *env);
int cmd_trust(int argc, char **argv, const struct command_env *env);
/* Tries again what signed files still lack; part of sync. */
int complete_waiting(const struct command_env *env);
int cmd_sync(int argc, char **argv, const struct command_env *env);

/* What happened and what to do, on stderr; with --json also {"error":{...}} on stdout. Returns the exit code of e. */
int command_failed(const struct command_env *env, const struct err *e);
int command_usage(const char *text);

#endif
