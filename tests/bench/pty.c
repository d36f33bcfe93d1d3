/* A program on a terminal of 80x24, watched from outside. Commands on standard input, one a line; an answer line each:
 *   key LABEL BYTES    types BYTES (\e \r \t \\ \xHH); waits until the screen is quiet: {"key","first_ms","settle_ms","bytes"}
 *   idle MS            {"idle_ms","bytes","wakes"}: wakes, voluntary context switches of the program meanwhile
 *   mem                {"pss_kb","procs"}: of the program and its helpers
 *   wait MS            reads and forgets
 * First line of the answers: {"first_byte_ms","first_frame_ms","bytes"} from fork to the last byte of the first burst.
 * A burst ends after QUIET ms without a byte; that silence is not counted. */
#include "bench/bench.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUIET = 60, PATIENCE = 5000, SILENT = 600, PROCS = 256 };

struct burst { double first, last; long bytes; };
static int master = -1;
static pid_t child;
static FILE *raw;

/* Terminals answer these; a program that asks must not sit in its own time-out. */
static void answer_queries(const char *p, size_t n)
{
	static const struct { const char *ask, *reply; } rows[] = {
		{ "\033[c", "\033[?62;22c" }, { "\033[>c", "\033[>41;379;0c" }, { "\033[6n", "\033[1;1R" }, { "\033[5n", "\033[0n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (memmem(p, n, rows[i].ask, strlen(rows[i].ask)))
			(void)!write(master, rows[i].reply, strlen(rows[i].reply));
}

/* Reads until it was quiet after the first byte; `silent`: ms to wait for that first byte. False when the program is gone. */
static bool listen_burst(double began, double silent, struct burst *b)
{
	static char part[65536];

	*b = (struct burst){ .first = -1, .last = -1 };
	for (;;) {
		double now = bench_ms(), until = b->bytes ? began + b->last + QUIET : began + silent;
		if (until > began + PATIENCE)
			until = began + PATIENCE;
		if (now >= until)
			return true;
		struct pollfd p = { .fd = master, .events = POLLIN };
		if (poll(&p, 1, (int)(until - now) + 1) <= 0)
			continue;
		ssize_t n = read(master, part, sizeof part);
		if (n <= 0)
			return false;
		b->last = bench_ms() - began;
		if (!b->bytes)
			b->first = b->last;
		b->bytes += n;
		answer_queries(part, (size_t)n);
		if (raw)
			fwrite(part, 1, (size_t)n, raw);
	}
}

static size_t plain_bytes(const char *s, char *out, size_t room)
{
	size_t n = 0;

	for (; *s && n < room; s++) {
		unsigned hex;
		if (*s != '\\') {
			out[n++] = *s;
			continue;
		}
		s++;
		if (*s == 'x' && sscanf(s + 1, "%2x", &hex) == 1) {
			out[n++] = (char)hex;
			s += 2;
		} else {
			out[n++] = *s == 'e' ? '\033' : *s == 'r' ? '\r' : *s == 't' ? '\t' : *s == 's' ? ' ' : *s;
		}
	}
	return n;
}

static void do_key(const char *label, const char *text)
{
	char bytes[512];
	size_t n = plain_bytes(text, bytes, sizeof bytes);
	struct burst b;
	double began = bench_ms();

	if (write(master, bytes, n) != (ssize_t)n)
		return;
	listen_burst(began, SILENT, &b);
	printf("{\"key\":\"%s\",\"first_ms\":%.3f,\"settle_ms\":%.3f,\"bytes\":%ld}\n", label, b.first, b.last, b.bytes);
}

static long number_in(pid_t pid, const char *file, const char *name)
{
	char path[64], line[256];
	long v = -1;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	FILE *f = fopen(path, "r");
	while (f && v < 0 && fgets(line, sizeof line, f))
		if (strncmp(line, name, strlen(name)) == 0)
			v = atol(line + strlen(name));
	if (f)
		fclose(f);
	return v;
}

/* The program and all that came from it. */
static size_t family(pid_t *out)
{
	size_t n = 1;
	out[0] = child;
	for (bool more = true; more;) {
		DIR *d = opendir("/proc");
		struct dirent *en;
		more = false;
		while (d && (en = readdir(d))) {
			pid_t pid = isdigit((unsigned char)en->d_name[0]) ? (pid_t)atoi(en->d_name) : 0;
			pid_t parent = pid ? (pid_t)number_in(pid, "status", "PPid:") : 0;
			bool known = false, ours = false;
			for (size_t i = 0; i < n; i++) {
				known |= out[i] == pid;
				ours |= out[i] == parent;
			}
			if (pid && ours && !known && n < PROCS) {
				out[n++] = pid;
				more = true;
			}
		}
		if (d)
			closedir(d);
	}
	return n;
}

static void do_mem(void)
{
	pid_t all[PROCS];
	size_t n = family(all);
	long sum = 0;

	printf("{\"procs\":[");
	for (size_t i = 0; i < n; i++) {
		char path[64], name[64] = "";
		long pss = number_in(all[i], "smaps_rollup", "Pss:");
		snprintf(path, sizeof path, "/proc/%d/comm", (int)all[i]);
		FILE *f = fopen(path, "r");
		if (f && fgets(name, sizeof name, f))
			name[strcspn(name, "\n")] = '\0';
		if (f)
			fclose(f);
		sum += pss > 0 ? pss : 0;
		printf("%s{\"name\":\"%s\",\"pss_kb\":%ld}", i ? "," : "", name, pss);
	}
	printf("],\"pss_kb\":%ld}\n", sum);
}

static void do_idle(double ms)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	static char part[65536];
	long bytes = 0, wakes = number_in(child, "status", "voluntary_ctxt_switches:");
	double until = bench_ms() + ms;

	for (double now; (now = bench_ms()) < until;) {
		if (poll(&p, 1, (int)(until - now) + 1) <= 0)
			continue;
		ssize_t n = read(master, part, sizeof part);
		if (n <= 0)
			break;
		bytes += n;
	}
	printf("{\"idle_ms\":%.0f,\"bytes\":%ld,\"wakes\":%ld}\n", ms, bytes, number_in(child, "status", "voluntary_ctxt_switches:") - wakes);
}

static void obey(char *line)
{
	char *what = strtok(line, " \n"), *first = strtok(NULL, " \n"), *rest = strtok(NULL, "\n");
	struct burst b;

	if (!what)
		return;
	if (strcmp(what, "key") == 0 && first && rest)
		do_key(first, rest);
	else if (strcmp(what, "mem") == 0)
		do_mem();
	else if (strcmp(what, "idle") == 0 && first)
		do_idle(atof(first));
	else if (strcmp(what, "wait") == 0 && first) {
		listen_burst(bench_ms(), atof(first), &b);
		printf("{\"waited\":%ld}\n", b.bytes);
	} else {
		printf("{\"error\":\"what?\"}\n");
	}
	fflush(stdout);
}

static void end_child(void)
{
	for (int i = 0; i < 100; i++) {
		if (waitpid(child, NULL, WNOHANG) == child)
			return;
		kill(i < 50 ? -child : child, i < 50 ? SIGHUP : SIGKILL);
		usleep(10000);
	}
}

int bench_pty(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct burst b;
	char line[1024];

	if (argc < 2)
		return 2;
	if (getenv("BENCH_RAW"))
		raw = fopen(getenv("BENCH_RAW"), "w");
	signal(SIGPIPE, SIG_IGN);
	double began = bench_ms();
	child = forkpty(&master, NULL, NULL, &size);
	if (child == 0) {
		setenv("TERM", "xterm-256color", 1);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (child < 0)
		return 70;
	listen_burst(began, PATIENCE, &b);
	printf("{\"first_byte_ms\":%.3f,\"first_frame_ms\":%.3f,\"bytes\":%ld}\n", b.first, b.last, b.bytes);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin))
		obey(line);
	end_child();
	if (raw)
		fclose(raw);
	return 0;
}
