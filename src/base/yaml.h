/* YAML (libfyaml) into JSON values: maps, lists, strings, integers, true/false, null. Messages carry file:line:column.
 * Anchors and aliases are expanded within limits; duplicate keys are refused. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <jansson.h>

struct err;

/* The caller owns the result. ERR_NO_FILE or ERR_CONFIG with "file:line:col: text". */
json_t *yaml_read(const char *path, struct err *e);
json_t *yaml_parse(const char *text, const char *name, struct err *e);

#endif
