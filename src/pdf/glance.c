/* Where a page shows text, at a glance: its content streams are run for their places alone. No font is read, so a line's
 * length is guessed, and guessed short. Enough to see that something lies over words; pdftotext knows better and costs a
 * child process. */
#include <math.h>
#include <string.h>

#include "pdf/inner.h"

enum { CONTENT_MAX = 16 << 20, DEEP = 6, STACK = 32, OPERANDS = 8, TOKENS_MAX = 2000000 };
static const double EM_SHORT = 0.4;      /* of a letter: Times has 0.45 on average */

struct matrix { double a, b, c, d, e, f; };

struct glance {
	struct pdf *p;
	struct pdf_box *out;
	int n, max, depth;
	long tokens;
};

struct state { struct matrix ctm; double size, leading, scale, rise; bool wide; };

struct run {
	struct state now, stack[STACK];
	int pushed;
	struct matrix tm, line;
	double num[OPERANDS];
	int nnum;
	size_t letters;                  /* of the strings since the last operator */
	bool dotted;                     /* all of them one and the same letter: a line to write on */
	int letter;
	char name[64];
	struct pdf_val resources;
};

static struct matrix times(struct matrix m, struct matrix n)
{
	return (struct matrix){ m.a * n.a + m.b * n.c, m.a * n.b + m.b * n.d, m.c * n.a + m.d * n.c, m.c * n.b + m.d * n.d,
		                m.e * n.a + m.f * n.c + n.e, m.e * n.b + m.f * n.d + n.f };
}

static void add_box(struct glance *g, struct matrix m, double w, double h)
{
	double x[4] = { m.e, m.e + w * m.a, m.e + h * m.c, m.e + w * m.a + h * m.c };
	double y[4] = { m.f, m.f + w * m.b, m.f + h * m.d, m.f + w * m.b + h * m.d };
	struct pdf_box b = { x[0], y[0], x[0], y[0] };

	for (int i = 1; i < 4; i++)
		b = (struct pdf_box){ fmin(b.x0, x[i]), fmin(b.y0, y[i]), fmax(b.x1, x[i]), fmax(b.y1, y[i]) };
	if (g->n < g->max && isfinite(b.x0 + b.y0 + b.x1 + b.y1))
		g->out[g->n++] = b;
}

/* Letters of a string token: bytes, or pairs of bytes in a composite font. */
static void add_string(struct lex *l, struct run *r, const struct token *t)
{
	size_t bytes = 0;
	bool hex = t->kind == TOK_HEX;
	int last = -1;

	for (uint64_t i = t->from + 1; i + 1 < t->to; i++) {
		int c = lex_byte(l, i);
		if (!hex && c == '\\') {
			i++;
			last = -1;
		}
		if (c == ' ' || c == '\n' || c == '\r')
			continue;
		bytes++;
		r->dotted &= !hex && !r->now.wide && (last < 0 || c == last) && (r->letter < 0 || c == r->letter) && strchr("._-", c) != NULL;
		last = r->letter = c;
	}
	r->letters += bytes / (hex ? 2 : 1) / (r->now.wide ? 2 : 1);
}

static void show(struct glance *g, struct run *r)
{
	double w = (double)r->letters * EM_SHORT * r->now.size * r->now.scale;
	struct matrix m = times(r->tm, r->now.ctm);

	if (r->letters && !r->dotted)
		add_box(g, times((struct matrix){ 1, 0, 0, 1, 0, r->now.rise }, m), w, r->now.size * 0.7);
	r->tm = times((struct matrix){ 1, 0, 0, 1, w, 0 }, r->tm);
}

static void next_line(struct run *r, double x, double y)
{
	r->line = times((struct matrix){ 1, 0, 0, 1, x, y }, r->line);
	r->tm = r->line;
}

static double arg(const struct run *r, int from_end)
{
	return r->nnum >= from_end ? r->num[r->nnum - from_end] : 0;
}

static struct matrix arg_matrix(const struct run *r)
{
	return (struct matrix){ arg(r, 6), arg(r, 5), arg(r, 4), arg(r, 3), arg(r, 2), arg(r, 1) };
}

static void set_font(struct glance *g, struct run *r)
{
	struct pdf_val font = pdf_get(g->p, pdf_get(g->p, r->resources, "/Font"), r->name);

	r->now.size = arg(r, 1);
	r->now.wide = pdf_is_name(g->p, pdf_get(g->p, font, "/Subtype"), "/Type0");
}

static void text_operator(struct glance *g, struct run *r, const char *op)
{
	if (!strcmp(op, "BT"))
		r->tm = r->line = (struct matrix){ 1, 0, 0, 1, 0, 0 };
	else if (!strcmp(op, "Tf"))
		set_font(g, r);
	else if (!strcmp(op, "TL"))
		r->now.leading = arg(r, 1);
	else if (!strcmp(op, "Tz"))
		r->now.scale = arg(r, 1) / 100;
	else if (!strcmp(op, "Ts"))
		r->now.rise = arg(r, 1);
	else if (!strcmp(op, "Td"))
		next_line(r, arg(r, 2), arg(r, 1));
	else if (!strcmp(op, "TD"))
		r->now.leading = -arg(r, 1), next_line(r, arg(r, 2), arg(r, 1));
	else if (!strcmp(op, "Tm"))
		r->tm = r->line = arg_matrix(r);
	else if (!strcmp(op, "T*"))
		next_line(r, 0, -r->now.leading);
	else if (!strcmp(op, "Tj") || !strcmp(op, "TJ"))
		show(g, r);
	else if (!strcmp(op, "'") || !strcmp(op, "\""))
		next_line(r, 0, -r->now.leading), show(g, r);
}

static void run_content(struct glance *g, const struct buf *b, struct matrix ctm, struct pdf_val resources);

static void draw_form(struct glance *g, struct run *r)
{
	struct pdf_val form = pdf_get(g->p, pdf_get(g->p, r->resources, "/XObject"), r->name), m = pdf_get(g->p, form, "/Matrix");
	struct pdf_val own = pdf_get(g->p, form, "/Resources");
	AUTO(buf_free) struct buf b = { 0 };
	double n[6] = { 1, 0, 0, 1, 0, 0 };

	if (g->depth >= DEEP || !pdf_is_name(g->p, pdf_get(g->p, form, "/Subtype"), "/Form") ||
	    pdf_stream(g->p, form, false, CONTENT_MAX, &b, NULL) < 0)
		return;
	for (int i = 0; pdf_count(g->p, m) == 6 && i < 6; i++)
		n[i] = pdf_number(g->p, pdf_item(g->p, m, i), n[i]);
	g->depth++;
	run_content(g, &b, times((struct matrix){ n[0], n[1], n[2], n[3], n[4], n[5] }, r->now.ctm), pdf_nothing(own) ? r->resources : own);
	g->depth--;
}

/* Inline pictures hold bytes that are no tokens. */
static void skip_picture(struct lex *l, uint64_t *at)
{
	for (; *at + 3 < l->n; ++*at)
		if (strchr(" \n\r\t", l->mem[*at]) && l->mem[*at + 1] == 'E' && l->mem[*at + 2] == 'I' && strchr(" \n\r\tQ", l->mem[*at + 3])) {
			*at += 3;
			return;
		}
	*at = l->n;
}

static void operator(struct glance *g, struct run *r, const char *op)
{
	if (!strcmp(op, "q")) {
		if (r->pushed < STACK)
			r->stack[r->pushed] = r->now;
		r->pushed++;
	} else if (!strcmp(op, "Q")) {
		if (r->pushed > 0 && --r->pushed < STACK)
			r->now = r->stack[r->pushed];
	} else if (!strcmp(op, "cm")) {
		r->now.ctm = times(arg_matrix(r), r->now.ctm);
	} else if (!strcmp(op, "Do")) {
		draw_form(g, r);
	} else {
		text_operator(g, r, op);
	}
	r->nnum = 0;
	r->letters = 0;
	r->dotted = true;
	r->letter = -1;
}

static void add_number(struct run *r, double v)
{
	if (r->nnum == OPERANDS) {
		memmove(r->num, r->num + 1, sizeof r->num - sizeof *r->num);
		r->nnum--;
	}
	r->num[r->nnum++] = v;
}

static void run_content(struct glance *g, const struct buf *b, struct matrix ctm, struct pdf_val resources)
{
	struct lex l = { .mem = b->p, .n = b->n };
	struct run r = { .now = { .ctm = ctm, .scale = 1 }, .resources = resources, .dotted = true, .letter = -1 };
	uint64_t at = 0;

	while (at < l.n && g->tokens++ < TOKENS_MAX) {
		struct token t = lex_next(&l, &at);
		if (t.kind == TOK_END)
			return;
		if (t.kind == TOK_BAD)
			at = t.from + 1;
		else if (t.kind == TOK_INT || t.kind == TOK_REAL)
			add_number(&r, pdf_decimal(t.text, NULL));
		else if (t.kind == TOK_STRING || t.kind == TOK_HEX)
			add_string(&l, &r, &t);
		else if (t.kind == TOK_NAME)
			memcpy(r.name, t.text, sizeof r.name);
		else if (t.kind == TOK_WORD && !strcmp(t.text, "ID"))
			skip_picture(&l, &at);
		else if (t.kind == TOK_WORD)
			operator(g, &r, t.text);
	}
}

static struct pdf_val inherited(struct pdf *p, struct pdf_val page, const char *key)
{
	for (int i = 0; i < PDF_MAX_DEPTH && !pdf_nothing(page); i++) {
		struct pdf_val v = pdf_get(p, page, key);
		if (!pdf_nothing(v))
			return v;
		page = pdf_get(p, page, "/Parent");
	}
	return (struct pdf_val){ 0 };
}

int pdf_glance(struct pdf *p, int number, struct pdf_box *out, int max)
{
	struct glance g = { .p = p, .out = out, .max = max };
	size_t mark = pdf_mark(p);
	struct pdf_val page = pdf_page_val(p, number), contents = pdf_get(p, page, "/Contents");
	AUTO(buf_free) struct buf b = { 0 };
	int rc = 0;

	if (pdf_kind(p, contents) == PDF_STREAM)
		rc = pdf_stream(p, contents, false, CONTENT_MAX, &b, NULL);
	for (int i = 0; rc == 0 && i < pdf_count(p, contents) && b.n < CONTENT_MAX; i++) {
		rc = pdf_stream(p, pdf_item(p, contents, i), false, CONTENT_MAX, &b, NULL);
		buf_str(&b, "\n");
	}
	if (rc == 0)
		run_content(&g, &b, (struct matrix){ 1, 0, 0, 1, 0, 0 }, inherited(p, page, "/Resources"));
	pdf_rewind(p, mark);
	pdf_listen(p);
	return rc < 0 ? -1 : g.n;
}
