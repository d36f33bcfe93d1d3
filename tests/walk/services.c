/* The programs a walk starts, and the other side's hands: phone, intake desk, network, files. */
#include "walk.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- the sandbox -------------------------------------------------------------------------------------------------- */
static char *read_line(int fd, int ms)
{
	struct buf b = { 0 };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	while (poll(&p, 1, ms) > 0 && read(fd, &c, 1) == 1 && c != '\n')
		buf_add(&b, &c, 1);
	return buf_steal(&b);
}

static void sandbox_child(struct walk *w, int out)
{
	AUTO(mem_free) char *program = mem_printf("%s/tramky-sandbox", w->build);
	AUTO(mem_free) char *data = mem_printf("%s/sandbox", w->dir);
	AUTO(mem_free) char *log = mem_printf("%s/sandbox.log", w->dir);
	char *argv[24] = { program, (char *)(uintptr_t)"--data", data };
	int n = 3, err = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (w->province) {
		argv[n++] = (char *)(uintptr_t)"--province";
		argv[n++] = w->province;
	}
	for (char *a = w->sandbox_args ? strtok(w->sandbox_args, " ") : NULL; a && n < 22; a = strtok(NULL, " "))
		argv[n++] = a;
	dup2(out, 1);
	dup2(err, 2);
	execv(program, argv);
	_exit(127);
}

int sandbox_start(struct walk *w)
{
	int ends[2];
	struct err e = { 0 };

	if (w->ready)
		return 0;
	world_seed_use(w);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return walk_fail(w, "pipe: %s", strerror(errno));
	w->sandbox = fork();
	if (w->sandbox == 0)
		sandbox_child(w, ends[1]);
	close(ends[1]);
	w->sandbox_out = ends[0];
	AUTO(mem_free) char *line = read_line(ends[0], (int)(60000 * w->patience));
	w->ready = json_parse(line, strlen(line), 1 << 20, &e);
	if (!w->ready)
		return walk_fail(w, "the sandbox gave no ready line (%s/sandbox.log)", w->dir);
	world_seed_keep(w);
	return 0;
}

const json_t *walk_person(const struct walk *w)
{
	const json_t *people = json_at(w->ready, "people");

	for (size_t i = 0; i < json_array_size(people); i++)
		if (!w->person || strcmp(json_str(json_array_get(people, i), "id", ""), w->person) == 0 ||
		    strcmp(json_str(json_array_get(people, i), "name", ""), w->person) == 0)
			return json_array_get(people, i);
	return NULL;
}

/* ---- the kiosk ---------------------------------------------------------------------------------------------------- */
/* The sandbox's configuration, a folder that plays the USB stick, and the walk's own lines. */
static char *write_config(struct walk *w)
{
	AUTO(fd_close) int fd = open(json_str(w->ready, "config", ""), O_RDONLY | O_CLOEXEC);
	struct buf b = { 0 };
	struct err e = { 0 };

	if (fd < 0 || fd_read_all(fd, &b, 1 << 20, &e) < 0 || world_stick(w, "tests/data/papers") < 0) {
		buf_free(&b);
		return NULL;
	}
	if (w->way)
		world_way(&b, w->way);
	buf_printf(&b, "\nfiles:\n  - { name: USB, path: \"%s/usb\" }\nsign_show_code_ms: 50\nstatus_poll_ms: 300\noutbox_look_ms: 1000\n%s", w->dir, w->extra ? w->extra : "");
	char *path = mem_printf("%s/tramky.yaml", w->dir);
	if (file_replace(path, b.p, b.n, 0600, &e) < 0)
		mem_free(&path);
	buf_free(&b);
	return path;
}

/* "NAME=value" in the place of what stands there; "NAME" alone takes it away. */
static void change_env(char *env[], int *n, char *var)
{
	size_t name = strcspn(var, "=");
	int i = 0;

	while (i < *n && !(strncmp(env[i], var, name) == 0 && env[i][name] == '='))
		i++;
	if (var[name]) {
		env[i] = var;
		*n += i == *n;
	} else if (i < *n) {
		env[i] = env[--*n];
		env[*n] = NULL;
	}
}

int kiosk_start(struct walk *w)
{
	AUTO(mem_free) char *program = mem_printf("%s/tramky", w->build);
	AUTO(mem_free) char *config = NULL;
	AUTO(mem_free) char *run = mem_printf("XDG_RUNTIME_DIR=%s", w->dir);
	char *argv[16] = { program, (char *)(uintptr_t)"--config" };
	char *env[24] = { (char *)(uintptr_t)"TERM=xterm-256color", (char *)(uintptr_t)"LANG=C.UTF-8", (char *)(uintptr_t)"TRAMKY_TEST_SYNC=1",
	                  (char *)(uintptr_t)"PATH=/usr/bin:/bin", (char *)(uintptr_t)"HOME=/nonexistent", run };
	int n = 6;

	if (sandbox_start(w) < 0)
		return -1;
	config = write_config(w);
	if (!config)
		return walk_fail(w, "the configuration cannot be written");
	argv[2] = config;
	AUTO(mem_free) char *more = mem_str(w->kiosk_args ? w->kiosk_args : "");
	int args = 3;
	for (char *a = strtok(more, " "); a && args < 14; a = strtok(NULL, " "))
		argv[args++] = a;
	AUTO(mem_free) char *vars = mem_str(w->environment ? w->environment : "");
	for (char *v = strtok(vars, " "); v; v = strtok(NULL, " "))
		change_env(env, &n, v);
	for (char **e = environ; *e && n < 22; e++)
		if (strncmp(*e, "ASAN_", 5) == 0 || strncmp(*e, "UBSAN_", 6) == 0 || strncmp(*e, "LSAN_", 5) == 0 || strncmp(*e, "TRAMKY_TEST_NOW", 15) == 0)
			env[n++] = *e;
	term_free(w->term);
	w->term = term_start(argv, env, w->rows, w->cols);
	return 0;
}

/* ---- the phone ------------------------------------------------------------------------------------------------------ */
static json_t *phone_list(struct walk *w)
{
	AUTO(mem_free) char *url = mem_printf("%s/requests?person=%s", json_str(w->ready, "phone", ""), json_str(walk_person(w), "id", ""));
	json_t *list = NULL;

	return http_json("GET", url, NULL, &list) == 200 ? list : NULL;
}

/* A person compares codes: of several requests the one whose code is on the screen (also of a screen that died). */
static bool code_matches(struct walk *w, const json_t *request)
{
	AUTO(mem_free) char *screen = w->term ? term_flat(w->term) : mem_str("");
	const char *code = json_str(request, "document_code", "");

	return !strstr(screen, "Mã đối chiếu: ") || !*code || strstr(screen, code);
}

/* The newest request of a kind; waits up to 10 s for it to come. */
static json_t *phone_request(struct walk *w, const char *kind)
{
	for (int i = 0; i < (int)(200 * w->patience); i++) {
		AUTO(json_release) json_t *list = phone_list(w);
		for (size_t k = json_array_size(list); k > 0; k--) {
			json_t *one = json_array_get(list, k - 1);
			if (strcmp(json_str(one, "kind", ""), kind) == 0 && code_matches(w, one))
				return json_incref(one);
		}
		if (w->term)
			term_pump(w->term, 50);
		else
			poll(NULL, 0, 50);
	}
	return NULL;
}

int phone_answer(struct walk *w, const char *answer)
{
	AUTO(json_release) json_t *one = phone_request(w, "sign");
	AUTO(json_release) json_t *body = json_pack("{s:s}", "answer", answer);
	AUTO(mem_free) char *url = mem_printf("%s/requests/%s", json_str(w->ready, "phone", ""), json_str(one, "id", ""));

	if (!one)
		return walk_fail(w, "no signing request came to the phone");
	if (strcmp(answer, "rings") == 0)
		return 0;
	int status = http_json("POST", url, body, NULL);
	return status >= 200 && status < 400 ? 0 : walk_fail(w, "the phone answered %d", status);
}

char *phone_otp(struct walk *w)
{
	AUTO(json_release) json_t *one = phone_request(w, "otp");
	return mem_str(json_str(one, "otp", ""));
}

/* ---- control and the intake's desk ------------------------------------------------------------------------------------ */
static char *base_url(const struct walk *w)
{
	const char *phone = json_str(w->ready, "phone", ""), *tail = strstr(phone, "/phone");
	return mem_strn(phone, tail ? (size_t)(tail - phone) : strlen(phone));
}

int sandbox_control(struct walk *w, json_t *order)
{
	AUTO(json_release) json_t *body = order;
	AUTO(mem_free) char *base = base_url(w);
	AUTO(mem_free) char *url = mem_printf("%s/control", base);
	int status = http_json("POST", url, body, NULL);

	return status >= 200 && status < 300 ? 0 : walk_fail(w, "the sandbox refused the order (%d)", status);
}

/* The newest folder of DIR/portal is the dossier's code. */
char *walk_newest(const char *dir, const char *ending)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct timespec best = { 0 };
	char *name = NULL;

	while (d && (entry = readdir(d))) {
		struct stat st;
		size_t n = strlen(entry->d_name), m = strlen(ending);
		if (entry->d_name[0] == '.' || n < m || strcmp(entry->d_name + n - m, ending) != 0 || fstatat(dirfd(d), entry->d_name, &st, 0) < 0)
			continue;
		if (!name || st.st_mtim.tv_sec > best.tv_sec || (st.st_mtim.tv_sec == best.tv_sec && st.st_mtim.tv_nsec > best.tv_nsec)) {
			mem_free(&name);
			name = mem_str(entry->d_name);
			best = st.st_mtim;
		}
	}
	if (d)
		closedir(d);
	return name;
}

int desk_order(struct walk *w, const char *what)
{
	AUTO(mem_free) char *dir = mem_printf("%s/sandbox/portal", w->dir);
	AUTO(mem_free) char *code = walk_newest(dir, "");
	AUTO(mem_free) char *base = base_url(w);
	AUTO(mem_free) char *url = mem_printf("%s/desk/%s", base, code ? code : "");
	AUTO(json_release) json_t *body = json_pack("{s:s,s:[s]}", "do", what, "missing", "Giấy chứng sinh");

	if (!code)
		return walk_fail(w, "nothing has been filed");
	int status = http_json("POST", url, body, NULL);
	return status >= 200 && status < 400 ? 0 : walk_fail(w, "the desk answered %d", status);
}

/* ---- files -------------------------------------------------------------------------------------------------------------- */
int last_file_valid(struct walk *w)
{
	AUTO(mem_free) char *dir = mem_printf("%s/sandbox/kiosk/out", w->dir);
	AUTO(mem_free) char *name = walk_newest(dir, ".pdf");
	AUTO(mem_free) char *path = mem_printf("%s/%s", dir, name ? name : "");
	AUTO(mem_free) char *config = mem_printf("%s/tramky.yaml", w->dir);
	AUTO(mem_free) char *program = mem_printf("%s/tramky", w->build);
	int status = 0;

	if (!name)
		return walk_fail(w, "no signed file has been written");
	pid_t pid = fork();
	if (pid == 0) {
		if (!w->show && !w->verbose)
			dup2(open("/dev/null", O_WRONLY), 1);
		execl(program, program, "verify", path, "--config", config, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 8))
		return walk_fail(w, "%s does not verify (exit %d)", path, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	if (w->show)
		printf("Tệp đã ký / signed file: %s\n", path);
	return 0;
}

/* Children of the screen, or orphans of it, that run `program` with this walk's configuration. */
int signal_running(struct walk *w, const char *program, int number)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	int killed = 0;

	while (d && (entry = readdir(d))) {
		char line[4096];
		long pid = strtol(entry->d_name, NULL, 10);
		AUTO(mem_free) char *path = mem_printf("/proc/%ld/cmdline", pid);
		AUTO(fd_close) int fd = pid > 1 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
		for (ssize_t i = 0; i < n; i++)
			if (!line[i])
				line[i] = ' ';
		line[n > 0 ? n : 0] = '\0';
		if (n > 0 && strstr(line, program) && strstr(line, w->dir) && kill((pid_t)pid, number) == 0)
			killed++;
	}
	if (d)
		closedir(d);
	return killed;
}

/* One that is just being started again is waited for. */
int signal_helper(struct walk *w, const char *program, int number)
{
	for (int i = 0; i < (int)(100 * w->patience); i++) {
		if (signal_running(w, program, number))
			return 0;
		term_pump(w->term, 20);
	}
	return walk_fail(w, "no %s is running", program);
}
