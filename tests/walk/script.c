/* The commands of a walk, one a line. */
#include "walk.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEE_MS = 5000, FRAME_MS = 1000, STEPS_MAX = 90, INCLUDE_DEPTH = 4, TURN_MS = 500, PAGES_MAX = 12 };

int walk_fail(struct walk *w, const char *fmt, ...)
{
	va_list ap;

	printf("%s:%d: ", w->file, w->line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return -1;
}

/* ---- words of a line ------------------------------------------------------------------------------------------------- */
/* The next word or "quoted text" (\" and \n inside); advances *at. NULL at the end. The caller owns it. */
static char *word(char **at)
{
	char *p = *at;
	struct buf b = { 0 };

	while (*p == ' ' || *p == '\t')
		p++;
	if (!*p || *p == '#')
		return NULL;
	if (*p != '"') {
		size_t n = strcspn(p, " \t");
		buf_add(&b, p, n);
		*at = p + n;
		return buf_steal(&b);
	}
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		buf_add(&b, p, 1);
	}
	*at = *p ? p + 1 : p;
	return buf_steal(&b);
}

/* ---- waiting ------------------------------------------------------------------------------------------------------------ */
static bool on_screen(struct walk *w, const char *text)
{
	AUTO(mem_free) char *flat = term_flat(w->term);
	return strstr(flat, text) != NULL;
}

static int see(struct walk *w, const char *text, int ms)
{
	int64_t until = clock_ms() + (int64_t)(ms * w->patience);

	while (!on_screen(w, text) || (!term_whole(w->term) && clock_ms() < until && !term_gone(w->term, NULL))) {
		if (clock_ms() >= until)
			return walk_fail(w, "not on the screen: \"%s\"", text);
		if (!term_pump(w->term, 20) && term_gone(w->term, NULL) && !on_screen(w, text))
			return walk_fail(w, "the program ended; not on the screen: \"%s\"", text);
	}
	return 0;
}

/* Until the frame that answers the keys sent has come whole. A screen that ended or began anew answers none, hence the bound. */
static void settle(struct walk *w, long frames, long presses)
{
	int64_t until = clock_ms() + (int64_t)(FRAME_MS * w->patience);

	while (clock_ms() < until && (term_frames(w->term) == frames || term_presses(w->term) < presses || !term_whole(w->term)))
		term_pump(w->term, 10);
}

static void send_keys(struct walk *w, const char *bytes, size_t n, long presses)
{
	long frames = term_frames(w->term), before = term_presses(w->term);

	term_send(w->term, bytes, n);
	settle(w, frames, before + presses);
}

/* ---- keys ----------------------------------------------------------------------------------------------------------------- */
static const char *key_bytes(const char *name)
{
	static const struct { const char *name, *bytes; } known[] = {
		{ "Enter", "\r" }, { "Esc", "\033" }, { "Tab", "\t" }, { "BackTab", "\033[Z" }, { "Up", "\033OA" }, { "Down", "\033OB" },
		{ "Right", "\033OC" }, { "Left", "\033OD" }, { "Home", "\033OH" }, { "End", "\033OF" }, { "PgUp", "\033[5~" }, { "PgDn", "\033[6~" },
		{ "Delete", "\033[3~" }, { "BackSpace", "\177" }, { "Space", " " }, { "F1", "\033OP" }, { "F2", "\033OQ" }, { "F3", "\033OR" },
		{ "F4", "\033OS" }, { "F5", "\033[15~" }, { "F6", "\033[17~" }, { "F7", "\033[18~" }, { "F8", "\033[19~" }, { "F9", "\033[20~" },
		{ "F10", "\033[21~" }, { "Ctrl-C", "\003" }, { "Ctrl-L", "\014" }, { "Ctrl-Z", "\032" },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].bytes;
	return NULL;
}

static int press(struct walk *w, const char *name)
{
	const char *bytes = key_bytes(name);

	if (!bytes && strlen(name) == 1)
		bytes = name;
	if (!bytes)
		return walk_fail(w, "unknown key %s", name);
	send_keys(w, bytes, strlen(bytes), 1);
	return 0;
}

static int type(struct walk *w, const char *text)
{
	AUTO(mem_free) char *got = NULL;

	if (strcmp(text, "$otp") == 0 || strcmp(text, "$otp-spaced") == 0) {
		got = phone_otp(w);
		if (strlen(got) < 4)
			return walk_fail(w, "no code came to the phone");
		if (text[4]) {
			char *spaced = mem_printf("%.3s %s", got, got + 3);
			mem_free(&got);
			got = spaced;
		}
		text = got;
	} else if (strcmp(text, "$remembered") == 0) {
		text = w->remembered ? w->remembered : "";
	} else if (strcmp(text, "$code") == 0) {
		got = world_code(w);
		if (!got)
			return walk_fail(w, "no dossier has arrived");
		text = got;
	} else if (strcmp(text, "$id") == 0) {
		text = json_str(walk_person(w), "id", "");
	} else if (strcmp(text, "$password") == 0) {
		text = json_str(walk_person(w), "password", "");
	} else if (strcmp(text, "$name") == 0) {
		text = json_str(walk_person(w), "name", "");
	}
	long letters = 0;
	for (const char *p = text; text_next(&p);)
		letters++;
	send_keys(w, text, strlen(text), letters);
	return 0;
}

/* ---- choose: as a person would --------------------------------------------------------------------------------------------- */
struct spot { int row, col; };

static bool find(struct walk *w, const char *label, struct spot *s)
{
	for (int row = 0; row < term_rows(w->term); row++) {
		AUTO(mem_free) char *line = term_row(w->term, row);
		char *at = strstr(line, label);
		if (!at)
			continue;
		AUTO(mem_free) char *before = mem_strn(line, (size_t)(at - line));
		*s = (struct spot){ row, text_width(before) };
		return true;
	}
	return false;
}

/* "F6 Tiếp tục" on a line of keys: the key's name stands right before the label. */
static char *key_before(struct walk *w, const struct spot *s)
{
	AUTO(mem_free) char *line = term_row(w->term, s->row);
	const char *p = line;
	int cells = 0;
	size_t n;

	for (uint32_t cp; cells < s->col && (cp = text_next(&p)) != 0;)
		cells += text_cp_width(cp);
	AUTO(mem_free) char *head = mem_strn(line, (size_t)(p - line));
	for (n = strlen(head); n && head[n - 1] == ' '; n--)
		head[n - 1] = '\0';
	char *space = strrchr(head, ' ');
	char *name = mem_str(space ? space + 1 : head);
	bool digit = name[0] >= '1' && name[0] <= '9' && !name[1];
	if (!key_bytes(name) && !(digit && s->row >= term_rows(w->term) - 4))
		mem_free(&name);
	return name;
}

/* The cursor mark ">" of a list stands before the label of the item in focus. */
static bool under_cursor(struct walk *w, const struct spot *s)
{
	AUTO(mem_free) char *line = term_row(w->term, s->row);
	const char *p = line, *last = NULL;
	int cells = 0;

	for (uint32_t cp; cells < s->col; cells += text_cp_width(cp)) {
		const char *here = p;
		if ((cp = text_next(&p)) == 0)
			break;
		if (cp == '>' || cp == 0x25b6 || cp == 0x203a)
			last = here;
	}
	/* Nothing but the number and the tick may stand between the mark and the label. */
	if (!last)
		return false;
	for (last += 1; last < p; last++)
		if ((*last >= 'A' && *last <= 'Z') || (*last >= 'a' && *last <= 'w') || (unsigned char)*last >= 0xc3)
			return false;
	return true;
}

/* Waits for the label; of a list of several pages the pages are turned once nothing more comes by itself. */
static bool look_for(struct walk *w, const char *label, struct spot *s)
{
	int64_t now = clock_ms(), until = now + (int64_t)(SEE_MS * w->patience), turn = now + (int64_t)(TURN_MS * w->patience);
	int pages = 0;

	while (!find(w, label, s)) {
		if (clock_ms() > until || term_gone(w->term, NULL))
			return false;
		if (clock_ms() > turn && pages < PAGES_MAX && on_screen(w, "PgDn")) {
			press(w, "PgDn");
			pages++;
		} else {
			term_pump(w->term, 20);
		}
	}
	return true;
}

static int choose(struct walk *w, const char *label)
{
	struct spot s;
	const char *way = "Down";

	if (!look_for(w, label, &s))
		return walk_fail(w, "no item \"%s\"", label);
	AUTO(mem_free) char *key = key_before(w, &s);
	if (key)
		return press(w, key);
	for (int i = 0; i < STEPS_MAX; i++) {
		if (find(w, label, &s) && under_cursor(w, &s))
			return press(w, "Enter");
		if (i == STEPS_MAX / 2)
			way = "Up";
		press(w, way);
	}
	return walk_fail(w, "the cursor does not reach \"%s\"", label);
}

/* ---- the rest ------------------------------------------------------------------------------------------------------------------ */
static void show_screen(struct walk *w, const char *title)
{
	AUTO(mem_free) char *text = term_text(w->term);
	printf("---- %s %.*s\n%s", title, (int)(74 - strlen(title) % 74), "--------------------------------------------------------------------------", text);
	fflush(stdout);
}

static int shot(struct walk *w, const char *name)
{
	if (w->show)
		show_screen(w, name);
	if (!w->shots)
		return 0;
	AUTO(mem_free) char *png = mem_printf("%s/%s-%dx%d.png", w->shots, name, w->cols, w->rows);
	AUTO(mem_free) char *txt = mem_printf("%s/%s-%dx%d.txt", w->shots, name, w->cols, w->rows);
	AUTO(mem_free) char *text = term_text(w->term);
	struct err e = { 0 };
	if (file_mkdirs(w->shots, 0755, &e) < 0 || file_replace(txt, text, strlen(text), 0644, &e) < 0)
		return walk_fail(w, "%s", e.cause);
	return shot_png(w->term, png) == 0 ? 0 : walk_fail(w, "no picture: is fonts-liberation2 there?");
}

static int kill_what(struct walk *w, const char *what)
{
	if (strcmp(what, "ui") == 0) {
		kill(term_pid(w->term), SIGKILL);
		while (!term_gone(w->term, NULL))
			term_pump(w->term, 20);
		return 0;
	}
	if (strcmp(what, "store") == 0)
		return signal_helper(w, "tramky-store", SIGKILL);
	if (strcmp(what, "net") == 0)
		return signal_helper(w, "tramky-net", SIGKILL);
	return walk_fail(w, "kill what?");
}

static int pause_for(struct walk *w, const char *seconds)
{
	int64_t until = clock_ms() + (int64_t)(strtod(seconds, NULL) * 1000);

	while (clock_ms() < until)
		term_pump(w->term, 20);
	return 0;
}

static int ends(struct walk *w, const char *how)
{
	int status = 0;
	int64_t until = clock_ms() + (int64_t)(SEE_MS * w->patience);

	while (!term_gone(w->term, &status) && clock_ms() < until)
		term_pump(w->term, 20);
	if (!term_gone(w->term, &status))
		return walk_fail(w, "the program still runs");
	if (how && (!WIFEXITED(status) || WEXITSTATUS(status) != (int)strtol(how, NULL, 10)))
		return walk_fail(w, "ended with status %d", status);
	return 0;
}

static void add_config(struct walk *w, const char *line)
{
	char *all = mem_printf("%s%s\n", w->extra ? w->extra : "", line);
	mem_free(&w->extra);
	w->extra = all;
}

static int lack(struct walk *w, const char *text, int ms)
{
	int64_t until = clock_ms() + (int64_t)(ms * w->patience);

	while (on_screen(w, text) && clock_ms() < until)
		term_pump(w->term, 20);
	return on_screen(w, text) ? walk_fail(w, "on the screen: \"%s\"", text) : 0;
}

static int on_phone(struct walk *w, const char *what, char *rest)
{
	if (strcmp(what, "count") != 0)
		return phone_answer(w, what);
	AUTO(mem_free) char *kind = word(&rest);
	AUTO(mem_free) char *number = word(&rest);
	return kind && number ? world_phone_count(w, kind, number) : walk_fail(w, "phone count sign|signed N");
}

static int around(struct walk *w, const char *command, const char *text, char *rest)
{
	if (strcmp(command, "stick") == 0) {
		AUTO(mem_free) char *kilobytes = word(&rest);
		return kilobytes ? world_stick_large(w, text, kilobytes) : world_stick(w, text);
	}
	if (strcmp(command, "remember") == 0) {
		/* The code that is about to become void. */
		mem_free(&w->remembered);
		w->remembered = phone_otp(w);
		return 0;
	}
	if (strcmp(command, "clear") == 0) {
		/* Empties the field under the cursor of that many letters. */
		int rc = press(w, "End");
		for (long n = strtol(text, NULL, 10); rc == 0 && n > 0; n--)
			rc = press(w, "BackSpace");
		return rc;
	}
	if (strcmp(command, "runs") == 0)
		return signal_helper(w, strcmp(text, "net") == 0 ? "tramky-net" : strcmp(text, "store") == 0 ? "tramky-store" : "tramky-doc", 0);
	if (strcmp(command, "nowhere") == 0)
		return world_nowhere(w, text);
	if (strcmp(command, "logged") == 0)
		return world_logged(w, text);
	if (strcmp(command, "session") == 0)
		return world_session_empty(w);
	if (strcmp(command, "portal") == 0) {
		AUTO(mem_free) char *number = word(&rest);
		return number ? world_portal_count(w, number) : walk_fail(w, "portal count N");
	}
	return walk_fail(w, "unknown command %s", command);
}

static int with_text(struct walk *w, const char *command, const char *text, char *rest)
{
	if (strcmp(command, "see") == 0)
		return see(w, text, SEE_MS);
	if (strcmp(command, "lacks") == 0)
		return on_screen(w, text) ? walk_fail(w, "on the screen: \"%s\"", text) : 0;
	if (strcmp(command, "type") == 0)
		return type(w, text);
	if (strcmp(command, "key") == 0) {
		if (press(w, text) < 0)
			return -1;
		for (char *more; (more = word(&rest)) != NULL; mem_free(&more))
			if (press(w, more) < 0)
				return -1;
		return 0;
	}
	if (strcmp(command, "choose") == 0)
		return choose(w, text);
	if (strcmp(command, "phone") == 0)
		return on_phone(w, text, rest);
	if (strcmp(command, "desk") == 0)
		return desk_order(w, text);
	if (strcmp(command, "pause") == 0)
		return pause_for(w, text);
	if (strcmp(command, "shot") == 0)
		return shot(w, text);
	if (strcmp(command, "kill") == 0)
		return kill_what(w, text);
	return around(w, command, text, rest);
}

static void add_words(char **to, const char *words)
{
	char *all = mem_printf("%s %s", *to ? *to : "", words);
	mem_free(to);
	*to = all;
}

static int before_start(struct walk *w, const char *command, const char *text)
{
	if (strcmp(command, "province") == 0) {
		mem_free(&w->province);
		w->province = mem_str(text);
	} else if (strcmp(command, "person") == 0) {
		mem_free(&w->person);
		w->person = mem_str(text);
	} else if (strcmp(command, "config") == 0) {
		add_config(w, text);
	} else if (strcmp(command, "sandbox-option") == 0) {
		add_words(&w->sandbox_args, text);
	} else if (strcmp(command, "option") == 0) {
		add_words(&w->kiosk_args, text);
	} else if (strcmp(command, "env") == 0) {
		add_words(&w->environment, text);
	} else if (strcmp(command, "way") == 0) {
		mem_free(&w->way);
		w->way = mem_str(text);
	} else {
		return 1;
	}
	return 0;
}

static int include(struct walk *w, const char *name)
{
	const char *slash = strrchr(w->file, '/');
	AUTO(mem_free) char *file = mem_printf("%.*s%s", slash ? (int)(slash + 1 - w->file) : 0, w->file, name);

	if (w->depth == INCLUDE_DEPTH)
		return walk_fail(w, "too many files within files");
	w->depth++;
	int rc = walk_play(w, file);
	w->depth--;
	return rc < 0 ? walk_fail(w, "included from here") : 0;
}

static int sandbox_order(struct walk *w, const char *what)
{
	/* Frozen, it takes connections and says nothing: what is under way stays under way. */
	if (strcmp(what, "freeze") == 0 || strcmp(what, "thaw") == 0)
		return kill(w->sandbox, strcmp(what, "thaw") == 0 ? SIGCONT : SIGSTOP) == 0 ? 0 : walk_fail(w, "no sandbox");
	if (strcmp(what, "expire") == 0)
		return sandbox_control(w, json_pack("{s:b}", "expire", 1));
	return sandbox_control(w, json_pack("{s:s}", "outcome", what));
}

static int size_to(struct walk *w, const char *size)
{
	int cols = 0, rows = 0;

	if (sscanf(size, "%dx%d", &cols, &rows) != 2 || cols < 10 || rows < 5 || cols > 400 || rows > 200)
		return walk_fail(w, "size COLSxROWS");
	w->rows = rows;
	w->cols = cols;
	if (!w->term)
		return 0;
	long before = term_frames(w->term);
	term_resize(w->term, rows, cols);
	settle(w, before, 0);
	return 0;
}

int walk_line(struct walk *w, char *line)
{
	char *rest = line;
	AUTO(mem_free) char *command = word(&rest);
	AUTO(mem_free) char *text = command ? word(&rest) : NULL;

	if (!command)
		return 0;
	if (w->verbose)
		fprintf(stderr, "%s:%d: %s\n", w->file, w->line, line);
	if (strcmp(command, "include") == 0)
		return text ? include(w, text) : walk_fail(w, "include what?");
	if (strcmp(command, "hangup") == 0 && w->term) {
		term_hang_up(w->term);
		return ends(w, NULL);
	}
	if (strcmp(command, "restart") == 0)
		return kiosk_start(w);
	if (!text && strcmp(command, "ends") != 0)
		return walk_fail(w, "%s what?", command);
	int rc = before_start(w, command, text);
	if (rc <= 0)
		return rc;
	if (strcmp(command, "start") == 0)
		return strcmp(text, "kiosk") == 0 ? kiosk_start(w) : strcmp(text, "sandbox") == 0 ? sandbox_start(w) : walk_fail(w, "start what?");
	if (strcmp(command, "size") == 0)
		return size_to(w, text);
	if (!w->term)
		return walk_fail(w, "nothing is started yet");
	if (strcmp(command, "ends") == 0)
		return ends(w, text);
	if (strcmp(command, "sandbox") == 0)
		return sandbox_order(w, text);
	if (strcmp(command, "network") == 0)
		return sandbox_control(w, json_pack("{s:s}", "network", text));
	if (strcmp(command, "file") == 0)
		return last_file_valid(w);
	if (strcmp(command, "within") == 0) {
		AUTO(mem_free) char *verb = word(&rest);
		AUTO(mem_free) char *what = verb ? word(&rest) : NULL;
		int ms = (int)(strtod(text, NULL) * 1000);
		if (what && strcmp(verb, "see") == 0)
			return see(w, what, ms);
		return what && strcmp(verb, "lacks") == 0 ? lack(w, what, ms) : walk_fail(w, "within N see|lacks \"text\"");
	}
	return with_text(w, command, text, rest);
}
