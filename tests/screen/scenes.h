/* Every screen with sample data: invented people, long names, long lists, each notice and error at least once. */
#ifndef TESTS_SCENES_H
#define TESTS_SCENES_H

#include <stddef.h>

struct play;

enum scene_over { OVER_NONE, OVER_HELP, OVER_OFFICER, OVER_IDLE, OVER_CURTAIN };
struct scene {
	const char *name;
	void (*play)(struct play *p);    /* from the welcome page to the screen shown */
	enum scene_over over;            /* drawn above it */
};
extern const struct scene scenes[];
extern const size_t nscenes;
const struct scene *scene_find(const char *name);
/* `lang`: vi or en. The play is ready for wizard_view(). */
void scene_begin(struct play *p, const struct scene *s, const char *lang);

/* Every text of the scene that a person must be able to read; the first is the screen's id. The caller frees. */
struct scene_text { const char *what; char *words; };
struct scene_text *scene_texts(const struct scene *s, const char *lang, size_t *n);
/* Fields that can have the focus. */
size_t scene_stops(const struct scene *s, const char *lang);
/* Draws a scene on this terminal until it is closed. Exit code. */
int scene_show(const struct scene *s, const char *lang, const char *theme, int large);

#endif
