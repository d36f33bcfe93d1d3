/* The loop: a single thread around poll() that carries a view from the wizard to the screen, the answers back, and runs the
 * jobs the wizard asks for. Nothing here takes longer than a frame. */
#ifndef KIOSK_KIOSK_H
#define KIOSK_KIOSK_H

#include <stdbool.h>

struct config;
struct err;

struct kiosk_options {
	const char *theme;
	bool large;
};
/* Runs one session. Returns 0 when the person is done and the next one may come (the caller executes the program anew, so
 * that no memory of the last person is left: rule P2), 1 when the terminal is gone or a signal asked to end, -1 on error. */
int kiosk_run(const struct config *c, const struct kiosk_options *o, struct err *e);

#endif
