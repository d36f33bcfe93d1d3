#include "sandbox/page.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox/box.h"
#include "sandbox/web.h"

void page_text(struct buf *b, const char *s)
{
	for (; s && *s; s++) {
		switch (*s) {
		case '&': buf_str(b, "&amp;"); break;
		case '<': buf_str(b, "&lt;"); break;
		case '>': buf_str(b, "&gt;"); break;
		case '"': buf_str(b, "&quot;"); break;
		case '\'': buf_str(b, "&#39;"); break;
		default: buf_add(b, s, 1);
		}
	}
}

static const char style[] =
	"*{box-sizing:border-box}body{margin:0;font:20px/1.5 system-ui,sans-serif;color:#14202b;background:#eef2f5}"
	".test{margin:0;padding:.4em 1em;background:#7a1f00;color:#fff;font-weight:700;text-align:center;position:sticky;top:0}"
	"main{max-width:34em;margin:0 auto;padding:0 1em 2em}h1{font-size:1.4em;line-height:1.25;margin:.7em 0}h2{font-size:1.1em;margin:.2em 0}"
	".card{background:#fff;border:2px solid #8496a5;border-radius:12px;padding:1em;margin:0 0 1em}"
	".ask{border-color:#0b4f9e;border-width:4px}.code{font-size:1.6em;font-weight:700;letter-spacing:.06em;overflow-wrap:anywhere}"
	"dl{margin:.5em 0}dt{color:#43525e;font-size:.9em}dd{margin:0 0 .5em;overflow-wrap:anywhere}"
	"form{display:flex;gap:.8em;flex-wrap:wrap}form+form{margin-top:1.2em}label{flex:1 1 100%}button{flex:1 1 8em;min-height:56px;font:inherit;font-weight:700;border-radius:10px;border:3px solid #0b4f9e;padding:.3em 1em;cursor:pointer}"
	".yes{background:#0b4f9e;color:#fff}.no{background:#fff;color:#0b4f9e}"
	"input{font:inherit;width:100%;min-height:52px;padding:.3em .6em;border:2px solid #43525e;border-radius:8px}"
	"a{color:#0b4f9e}a.card{display:block;text-decoration:none}:focus-visible{outline:4px solid #b35900;outline-offset:3px}"
	"ul{list-style:none;margin:0;padding:0}.small{font-size:.9em;color:#43525e}.off{color:#a01919;font-weight:700}";

/* Replaces the live part only when it is newer and keeps the focus where it was. */
static const char script[] =
	"(function(){var l=document.getElementById('live'),v=l.dataset.v,o=document.getElementById('off');"
	"function left(){l.querySelectorAll('[data-until]').forEach(function(e){var s=Math.max(0,e.dataset.until-Math.floor(Date.now()/1000));"
	"e.textContent='còn '+Math.floor(s/60)+' phút '+s%60+' giây'})}"
	"function ask(){fetch(l.dataset.src+(l.dataset.src.indexOf('?')<0?'?':'&')+'v='+v,{cache:'no-store'}).then(function(r){o.hidden=true;"
	"if(r.status!=200)return;v=r.headers.get('X-Version');return r.text().then(function(t){var f=document.activeElement&&document.activeElement.id;"
	"if(document.activeElement&&document.activeElement.tagName=='INPUT')return;"
	"l.innerHTML=t;left();if(f&&document.getElementById(f))document.getElementById(f).focus()})})"
	".catch(function(){o.hidden=false}).then(function(){setTimeout(ask,2000)})}setInterval(left,1000);setTimeout(ask,2000)})()";

void page_whole(struct buf *b, const char *title, const char *live, unsigned long version, const struct buf *inner)
{
	buf_str(b, "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
	page_text(b, title);
	buf_str(b, " - TEST</title><link rel=\"icon\" href=\"data:,\"><noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript><style>");
	buf_str(b, style);
	buf_str(b, "</style></head><body><p class=\"test\" role=\"note\">TEST - THỬ NGHIỆM. Không có giá trị pháp lý.</p><main><h1>");
	page_text(b, title);
	buf_str(b, "</h1><p id=\"off\" class=\"off\" role=\"alert\" hidden>Mất kết nối với máy thử nghiệm.</p><div id=\"live\" aria-live=\"polite\" data-src=\"");
	page_text(b, live);
	buf_printf(b, "\" data-v=\"%lu\">", version);
	buf_add(b, inner->p, inner->n);
	buf_str(b, "</div></main><script>");
	buf_str(b, script);
	buf_str(b, "</script></body></html>\n");
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unescape(const char *p, size_t n, char *out, size_t max)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		int hi = -1, lo = -1;

		if (at + 1 >= max)
			return false;
		if (p[i] == '%' && n - i > 2) {
			hi = hex_value(p[i + 1]);
			lo = hex_value(p[i + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			out[at++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			out[at++] = p[i] == '+' ? ' ' : p[i];
		}
		if (!out[at - 1])
			return false;
	}
	out[at] = 0;
	return true;
}

bool page_form(const void *p, size_t n, const char *name, char *out, size_t max)
{
	const char *at = p, *end = at + n;
	size_t len = strlen(name);

	while (at < end) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		const char *stop = amp ? amp : end;

		if ((size_t)(stop - at) > len && !memcmp(at, name, len) && at[len] == '=')
			return unescape(at + len + 1, (size_t)(stop - at) - len - 1, out, max);
		at = stop + 1;
	}
	return false;
}

bool page_is_json(const struct call *c)
{
	return c->n && *(const char *)c->body == '{';
}

void page_left(struct buf *b, time_t until, time_t now)
{
	long left = until > now ? (long)(until - now) : 0;

	buf_printf(b, "<span aria-live=\"off\" data-until=\"%lld\">còn %ld phút %ld giây</span>", (long long)until, left / 60, left % 60);
}

void page_send(struct box *b, const struct page_call *c, bool fragment, const char *title, const char *live,
               void (*draw)(struct box *, const struct page_call *, struct buf *), struct reply *r)
{
	AUTO(buf_free) struct buf inner = { 0 }, whole = { 0 };
	unsigned long version = box_version(b);

	if (fragment && c->version && strtoul(c->version, NULL, 10) == version) {
		reply_bytes(r, 204, "text/html; charset=utf-8", "", 0);
		return;
	}
	draw(b, c, &inner);
	if (!fragment)
		page_whole(&whole, title, live, version, &inner);
	if (fragment)
		reply_bytes(r, 200, "text/html; charset=utf-8", inner.p, inner.n);
	else
		reply_bytes(r, 200, "text/html; charset=utf-8", whole.p, whole.n);
	r->version = (long)version;
}
