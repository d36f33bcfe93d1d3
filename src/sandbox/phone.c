/* The phone of an invented person: messages with codes, and requests to sign. */
#include <string.h>

#include "sandbox/box.h"
#include "sandbox/bytes.h"
#include "sandbox/page.h"
#include "sandbox/web.h"

enum { HISTORY = 5, HISTORY_SECONDS = 3600 };

static bool on_phone(const struct txn *t, const struct person *p)
{
	return t->state == TXN_WAITING && t->outcome != OUTCOME_SILENT && (!p || t->person == p);
}

static const char *title_of(const struct txn *t)
{
	if (*t->text)
		return t->text;
	return *t->items[0].title ? t->items[0].title : t->items[0].doc_id;
}

static char *codes_of(const struct txn *t)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < t->n; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", t->items[i].doc_id);
	return buf_steal(&b);
}

/* ---- for machines -------------------------------------------------------------------------------------------------- */
static json_t *otp_json(const struct sms *s, time_t now)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:n, s:s, s:I}", "id", s->id, "kind", "otp", "person", s->person->id, "title",
		"Mã OTP đăng nhập (TEST)", "document_code", "otp", s->code, "expires_in", (json_int_t)(s->expires > now ? s->expires - now : 0));
}

static json_t *sign_json(const struct txn *t, time_t now)
{
	AUTO(mem_free) char *codes = codes_of(t);
	json_t *docs = json_array();

	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(docs, json_pack("{s:s, s:s}", "document_code", t->items[i].doc_id, "title", t->items[i].title));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:n, s:i, s:s, s:o}", "id", t->phone_id, "kind", "sign", "person", t->person->id,
		"title", title_of(t), "document_code", codes, "otp", "expires_in", txn_left(t, now), "transaction_id", t->transaction_id,
		"documents", docs);
}

static void requests(struct box *b, const struct page_call *c, struct reply *r)
{
	const struct person *p = people_find(&b->people, c->person);
	json_t *list = json_array();

	if (c->person && !p) {
		json_decref(list);
		reply_error(r, 404, "person_unknown");
		return;
	}
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (b->identity.sms[i].id && (!p || b->identity.sms[i].person == p))
			json_array_append_new(list, otp_json(&b->identity.sms[i], c->call.now));
	for (size_t i = 0; i < b->txns.n; i++)
		if (on_phone(b->txns.list[i], p))
			json_array_append_new(list, sign_json(b->txns.list[i], c->call.now));
	reply_json(r, 200, list);
}

/* ---- for people ---------------------------------------------------------------------------------------------------- */
static void draw_people(struct box *b, struct buf *out)
{
	static const struct {
		const char *id, *word;
	} roles[] = { { "citizen", "người dân" }, { "reception", "cán bộ một cửa" }, { "leader", "lãnh đạo" }, { "clerk", "văn thư" } };

	buf_str(out, "<p>Chọn điện thoại của ai:</p><ul>");
	for (size_t i = 0; i < b->people.n; i++) {
		const struct person *p = &b->people.list[i];
		size_t waiting = 0;
		const char *role = p->role;

		for (size_t k = 0; k < COUNT(roles); k++)
			if (!strcmp(p->role, roles[k].id))
				role = roles[k].word;
		for (size_t k = 0; k < b->txns.n; k++)
			waiting += on_phone(b->txns.list[k], p);
		for (size_t k = 0; k < ATTEMPTS_MAX; k++)
			waiting += b->identity.sms[k].person == p;
		buf_printf(out, "<li><a class=\"card\" id=\"p%s\" href=\"/phone?person=%s\"><strong>", p->id, p->id);
		page_text(out, p->name);
		buf_str(out, "</strong><br>");
		page_text(out, role);
		buf_printf(out, " - %s%s", p->id, waiting ? " - <strong>" : "");
		if (waiting)
			buf_printf(out, "%zu việc chờ</strong>", waiting);
		buf_str(out, "</a></li>");
	}
	buf_str(out, "</ul>");
}

static void draw_request(const struct txn *t, time_t now, struct buf *out)
{
	buf_str(out, "<section class=\"card ask\"><h2>Yêu cầu ký số</h2><dl><dt>Tệp</dt><dd>");
	page_text(out, title_of(t));
	buf_str(out, "</dd>");
	for (size_t i = 0; i < t->n; i++) {
		AUTO(mem_free) char *hash = bytes_hex(t->items[i].hash, 4);

		buf_str(out, "<dt>Mã đối chiếu (phải giống mã trên màn hình quầy)</dt><dd><span class=\"code\">");
		page_text(out, t->items[i].doc_id);
		buf_str(out, "</span><br>");
		page_text(out, t->items[i].title);
		buf_printf(out, " <span class=\"small\">dữ liệu ký %s…</span></dd>", hash);
	}
	buf_str(out, "<dt>Bên yêu cầu</dt><dd>Quầy dịch vụ công (");
	page_text(out, t->asked_by);
	buf_str(out, ")</dd><dt>Thời gian</dt><dd>");
	page_left(out, t->expires, now);
	buf_printf(out, "</dd></dl><form method=\"post\" action=\"/phone/requests/%s\"><button class=\"yes\" id=\"y%s\" name=\"answer\" value=\"approve\">Ký số</button>"
		"<button class=\"no\" id=\"n%s\" name=\"answer\" value=\"refuse\">Từ chối</button></form></section>", t->phone_id, t->phone_id, t->phone_id);
}

static void draw_history(const struct box *b, const struct person *p, time_t now, struct buf *out)
{
	static const char *const words[] = { [TXN_WAITING] = "", [TXN_SIGNED] = "✔ Đã ký số", [TXN_REFUSED] = "✖ Đã từ chối", [TXN_EXPIRED] = "Hết thời gian" };
	size_t shown = 0;

	for (size_t i = b->txns.n; i-- > 0 && shown < HISTORY;) {
		const struct txn *t = b->txns.list[i];
		struct tm tm = bytes_vn(t->ended);

		if (t->person != p || t->state == TXN_WAITING || now - t->ended > HISTORY_SECONDS)
			continue;
		buf_str(out, shown++ ? "" : "<h2>Vừa qua</h2><ul>");
		buf_printf(out, "<li class=\"card\"><strong>%s</strong> lúc %02d:%02d:%02d<br>", words[t->state], tm.tm_hour, tm.tm_min, tm.tm_sec);
		page_text(out, title_of(t));
		buf_str(out, " - ");
		page_text(out, t->items[0].doc_id);
		buf_str(out, "</li>");
	}
	buf_str(out, shown ? "</ul>" : "");
}

static const char *done_word(const char *done)
{
	if (!done)
		return NULL;
	if (!strcmp(done, "signed"))
		return "✔ Bạn đã bấm Ký số. Hãy xem màn hình quầy.";
	if (!strcmp(done, "refused"))
		return "✖ Bạn đã từ chối. Không có gì được ký.";
	return "Yêu cầu này không còn chờ trả lời nữa. Không có gì thay đổi.";
}

void phone_draw(struct box *b, const struct page_call *c, struct buf *out)
{
	const struct person *p = people_find(&b->people, c->person);
	const char *done = done_word(c->done);
	size_t n = 0;

	if (!p) {
		draw_people(b, out);
		return;
	}
	if (done)
		buf_printf(out, "<p class=\"card\" role=\"status\"><strong>%s</strong></p>", done);
	for (size_t i = 0; i < b->txns.n; i++)
		if (on_phone(b->txns.list[i], p) && ++n)
			draw_request(b->txns.list[i], c->call.now, out);
	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		const struct sms *s = &b->identity.sms[i];

		if (s->person != p)
			continue;
		n++;
		buf_printf(out, "<section class=\"card\"><h2>Tin nhắn</h2><p>Mã OTP của bạn là <span class=\"code\">%s</span>, ", s->code);
		page_left(out, s->expires, c->call.now);
		buf_str(out, ". Không đưa mã này cho ai khác. (TEST)</p></section>");
	}
	if (!n)
		buf_str(out, "<p class=\"card\">Chưa có tin nhắn hay yêu cầu ký. Trang này tự cập nhật.</p>");
	draw_history(b, p, c->call.now, out);
	buf_str(out, "<p><a href=\"/phone\">Điện thoại của người khác</a></p>");
}

static void press(struct box *b, const struct page_call *c, const char *id, struct reply *r)
{
	struct txn *t = txn_of_phone(&b->txns, id);
	bool machine = page_is_json(&c->call), approve;
	char answer[16] = "";
	const char *state;

	if (machine) {
		json_t *j = call_json(&c->call);

		snprintf(answer, sizeof answer, "%s", call_str(j, "answer"));
		json_decref(j);
	} else {
		page_form(c->call.body, c->call.n, "answer", answer, sizeof answer);
	}
	approve = !strcmp(answer, "approve");
	if (!approve && strcmp(answer, "refuse")) {
		reply_error(r, 400, "answer");
		return;
	}
	if (!t || t->outcome == OUTCOME_SILENT) {
		reply_error(r, 404, "request_unknown");
		return;
	}
	state = !txn_answer(&b->txns, t, approve) ? "gone" : t->state == TXN_SIGNED ? "signed" : "refused";
	if (!machine)
		reply_see(r, mem_printf("/phone?person=%s&done=%s", t->person->id, state));
	else if (!strcmp(state, "gone"))
		reply_error(r, 409, state);
	else
		reply_json(r, 200, json_pack("{s:s}", "state", state));
}

void phone_call(struct box *b, struct page_call *c, struct reply *r)
{
	const char *id = call_under(&c->call, "POST", "/phone/requests/");
	const struct person *p = people_find(&b->people, c->person);
	AUTO(mem_free) char *live = p ? mem_printf("/phone/live?person=%s", p->id) : mem_str("/phone/live");
	AUTO(mem_free) char *title = p ? mem_printf("Điện thoại của %s", p->name) : mem_str("Điện thoại thử nghiệm");

	if (id)
		press(b, c, id, r);
	else if (call_is(&c->call, "GET", "/phone/requests"))
		requests(b, c, r);
	else if (call_is(&c->call, "GET", "/phone") || call_is(&c->call, "GET", "/phone/live"))
		page_send(b, c, !strcmp(c->call.path, "/phone/live"), title, live, phone_draw, r);
	else
		reply_error(r, 404, "no_such_page");
}
