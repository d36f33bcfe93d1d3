/* The Vietnamese typing engine: Telex and VNI, recomputed from the raw keys of the current word (design: free marking,
 * double-key undo, old-style tone place, words that cannot be Vietnamese come back as typed). Pure; no terminal. */
#ifndef UI_TYPING_H
#define UI_TYPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum typing_mode { TYPING_OFF, TYPING_TELEX, TYPING_VNI };

enum { TYPING_KEYS_MAX = 32 };
/* The word under the cursor; zero it to begin. */
struct typing {
	enum typing_mode mode;
	bool new_style;                       /* hoà instead of hòa */
	bool raw_backspace;                   /* BackSpace takes a key, not a letter */
	char keys[TYPING_KEYS_MAX];
	size_t nkeys;
	char text[TYPING_KEYS_MAX * 4 + 1];   /* what the keys give now: NFC UTF-8 */
};
void typing_reset(struct typing *t);
/* One ASCII key. True: it belongs to the word and t->text is what now stands in place of what t->text was before.
 * False: it ends the word; the caller inserts it itself and calls typing_reset(). */
bool typing_key(struct typing *t, char key);
/* BackSpace inside the word: true when t->text changed; false: the caller deletes by itself. */
bool typing_backspace(struct typing *t);
/* A whole line of keys ('<' = BackSpace) as one field; the caller owns the result (tramky type, tests). */
char *typing_line(enum typing_mode mode, const char *keys);

#endif
