/* The reception desk's page: what came in, "Tiếp nhận" and "Yêu cầu bổ sung". */
#include <string.h>

#include "sandbox/box.h"
#include "sandbox/bytes.h"
#include "sandbox/page.h"
#include "sandbox/web.h"

enum { SHOWN = 50 };

static void draw_when(struct buf *out, time_t t)
{
	struct tm tm = bytes_vn(t);

	buf_printf(out, "%02d:%02d ngày %02d/%02d/%04d", tm.tm_hour, tm.tm_min, tm.tm_mday, tm.tm_mon + 1, tm.tm_year + 1900);
}

static void draw_files(const struct record *rec, struct buf *out)
{
	json_t *file;
	size_t i;

	json_array_foreach(json_object_get(rec->dossier, "files"), i, file) {
		buf_str(out, "<dd>");
		page_text(out, call_str(file, "name"));
		buf_str(out, "</dd>");
	}
}

static void draw_record(const struct record *rec, struct buf *out)
{
	const char *name = call_str(rec->dossier, "procedure_name");

	buf_printf(out, "<section class=\"card%s\"><h2>", rec->state == INTAKE_NEW ? " ask" : "");
	page_text(out, *name ? name : call_str(rec->dossier, "procedure"));
	buf_str(out, "</h2><dl><dt>Mã hồ sơ</dt><dd><strong>");
	page_text(out, rec->code);
	buf_str(out, "</strong></dd><dt>Trạng thái</dt><dd>");
	buf_str(out, intake_state_text(rec->state));
	buf_str(out, "</dd><dt>Nhận lúc</dt><dd>");
	draw_when(out, rec->received);
	buf_str(out, "</dd><dt>Tệp</dt>");
	draw_files(rec, out);
	buf_str(out, "</dl>");
	if (rec->state == INTAKE_ACCEPTED) {
		buf_str(out, "<p>Đã tiếp nhận lúc ");
		draw_when(out, rec->accepted);
		buf_str(out, ".</p></section>");
		return;
	}
	buf_str(out, "<form method=\"post\" action=\"/desk/");
	page_text(out, rec->code);
	buf_str(out, "\"><button class=\"yes\" name=\"do\" value=\"accept\">Tiếp nhận</button></form><form method=\"post\" action=\"/desk/");
	page_text(out, rec->code);
	buf_str(out, "\"><label>Giấy tờ cần bổ sung<input name=\"missing\" maxlength=\"200\"></label>"
	             "<button class=\"no\" name=\"do\" value=\"supplement\">Yêu cầu bổ sung</button></form></section>");
}

void desk_draw(struct box *b, const struct page_call *c, struct buf *out)
{
	size_t shown = 0;

	if (c->done)
		buf_printf(out, "<p class=\"card\" role=\"status\"><strong>%s</strong></p>", !strcmp(c->done, "accept") ? "✔ Đã tiếp nhận hồ sơ."
			: !strcmp(c->done, "supplement") ? "✔ Đã yêu cầu bổ sung." : "Không thay đổi: hồ sơ đã được tiếp nhận.");
	for (size_t i = b->intake.n; i-- > 0 && shown < SHOWN; shown++)
		draw_record(b->intake.list[i], out);
	if (!shown)
		buf_str(out, "<p class=\"card\">Chưa có hồ sơ nào. Trang này tự cập nhật.</p>");
}

static json_t *order(const struct call *c)
{
	char what[32] = "", missing[512] = "";

	if (page_is_json(c))
		return call_json(c);
	page_form(c->body, c->n, "do", what, sizeof what);
	page_form(c->body, c->n, "missing", missing, sizeof missing);
	return *missing ? json_pack("{s:s, s:[s]}", "do", what, "missing", missing) : json_pack("{s:s, s:[]}", "do", what, "missing");
}

static void press(struct box *b, const struct page_call *c, const char *code, struct reply *r)
{
	struct record *rec = intake_find(&b->intake, code);
	json_t *j = order(&c->call);
	const char *what = call_str(j, "do");
	bool accept = !strcmp(what, "accept"), done;

	if (!rec || (!accept && strcmp(what, "supplement"))) {
		reply_error(r, rec ? 400 : 404, rec ? "do" : "not_found");
		json_decref(j);
		return;
	}
	done = accept ? intake_accept(&b->intake, rec, c->call.now) : intake_supplement(&b->intake, rec, json_object_get(j, "missing"));
	if (!page_is_json(&c->call))
		reply_see(r, mem_printf("/desk?done=%s", done ? what : "no"));
	else if (done)
		reply_json(r, 200, json_pack("{s:s, s:i, s:s}", "code", rec->code, "state", (int)rec->state, "state_text", intake_state_text(rec->state)));
	else
		reply_error(r, 409, "already_accepted");
	json_decref(j);
}

void desk_call(struct box *b, struct page_call *c, struct reply *r)
{
	const char *code = call_under(&c->call, "POST", "/desk/");

	if (code)
		press(b, c, code, r);
	else if (call_is(&c->call, "GET", "/desk") || call_is(&c->call, "GET", "/desk/live"))
		page_send(b, c, !strcmp(c->call.path, "/desk/live"), "Bộ phận Một cửa", "/desk/live", desk_draw, r);
	else
		reply_error(r, 404, "no_such_page");
}
