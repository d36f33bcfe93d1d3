/* Small pages without frameworks: escaping, head, live part. They work without scripts by forms and reloading. */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H

#include <stdbool.h>
#include <time.h>

#include "base/mem.h"

struct box;
struct call;
struct page_call;
struct reply;

void page_text(struct buf *b, const char *s);                    /* escaped for text and quoted attributes */
/* `live` is the address the script asks for a newer version of the part in `inner`. */
void page_whole(struct buf *b, const char *title, const char *live, unsigned long version, const struct buf *inner);
/* "answer=approve" of a form body: copies the value of `name` (at most max - 1 bytes); false when absent or too long. */
bool page_form(const void *p, size_t n, const char *name, char *out, size_t max);
bool page_is_json(const struct call *c);
void page_left(struct buf *b, time_t until, time_t now);         /* "còn 4 phút 50 giây", counted down by the script */
/* Sends fragment or page: 204 when the asker's version is still the newest. */
void page_send(struct box *b, const struct page_call *c, bool fragment, const char *title, const char *live,
               void (*draw)(struct box *, const struct page_call *, struct buf *), struct reply *r);

/* phone.c, desk.c */
void phone_call(struct box *b, struct page_call *c, struct reply *r);
void desk_call(struct box *b, struct page_call *c, struct reply *r);
void phone_draw(struct box *b, const struct page_call *c, struct buf *out);
void desk_draw(struct box *b, const struct page_call *c, struct buf *out);

#endif
