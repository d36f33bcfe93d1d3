/* tramky verify --sheet: what was found, on paper. */
#ifndef MAIN_VERIFY_SHEET_H
#define MAIN_VERIFY_SHEET_H

#include <jansson.h>
#include <stdbool.h>

#include "main/commands.h"

struct err;

struct verify_sheet {
	const char *path;            /* borrowed; NULL: no sheet is asked for */
	json_t *lines;               /* blocks of doc.compose so far */
	size_t files;
};

/* Adds one judged file: `report` is the object of doc.verify, `fd` the file it is about. 0 or -1. */
int verify_sheet_add(struct verify_sheet *s, const char *file, int fd, const json_t *report, struct err *e);
/* Composes and writes the file, whole or not at all; only now, so that an input that cannot be read leaves no sheet. 0 or -1. */
int verify_sheet_write(const struct verify_sheet *s, const struct command_env *env, struct err *e);
void verify_sheet_clear(struct verify_sheet *s);        /* fits AUTO */
/* The words of a verdict id: Hợp lệ, Không hợp lệ, Chưa kết luận được. */
const char *verify_word(const char *verdict);

#endif
