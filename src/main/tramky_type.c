/* tramky type --method telex|vni: lines of keys in, the text each gives out. */
#include "main/commands.h"

#include "base/mem.h"
#include "ui/typing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: tramky type --method telex|vni   (lines of keys on standard input, '<' = BackSpace)\n";

static bool method_named(const char *name, enum typing_mode *mode)
{
	if (strcmp(name, "telex") == 0)
		*mode = TYPING_TELEX;
	else if (strcmp(name, "vni") == 0)
		*mode = TYPING_VNI;
	else
		return false;
	return true;
}

/* 0: go on; else the exit code + 1. */
static int read_arguments(int argc, char **argv, enum typing_mode *mode)
{
	*mode = TYPING_OFF;
	for (int i = 1; i < argc; i++) {
		const char *value = NULL;

		if (strcmp(argv[i], "--help") == 0)
			return fputs(usage, stdout) < 0 ? 71 : 1;
		if (strncmp(argv[i], "--method=", 9) == 0)
			value = argv[i] + 9;
		else if (strcmp(argv[i], "--method") == 0 && i + 1 < argc)
			value = argv[++i];
		if (!value || !method_named(value, mode)) {
			fputs(usage, stderr);
			return 3;
		}
	}
	if (*mode != TYPING_OFF)
		return 0;
	fputs(usage, stderr);
	return 3;
}

int cmd_type(int argc, char **argv)
{
	enum typing_mode mode;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int stop = read_arguments(argc, argv, &mode);

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (stop)
		return stop - 1;
	while ((n = getline(&line, &room, stdin)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = '\0';
		AUTO(mem_free) char *text = typing_line(mode, line);

		if (puts(text) < 0)
			break;
	}
	free(line);
	return fflush(stdout) || ferror(stdout) || ferror(stdin) ? 70 : 0;
}
