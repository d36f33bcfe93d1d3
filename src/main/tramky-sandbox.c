/* tramky-sandbox: plays every service a counter talks to, for training and tests (src/sandbox/README.md). */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "sandbox/sandbox.h"

static int usage(FILE *f, int rc)
{
	fputs("tramky-sandbox --data DIR [--port N] [--listen ADDR] [--outcome O] [--delay S] [--resend S] [--province ID]\n"
	      "TEST / THỬ NGHIỆM: plays identity, signing gateways, time-stamps, revocation, intake and the phone until SIGTERM.\n"
	      "O: approve refuse expire silent http500 cut drip garbage wrong-hash wrong-key other-person revoked quota\n", f);
	return rc;
}

static bool number(const char *s, int max, int *out)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (!*s || *end || n < 0 || n > max)
		return false;
	*out = (int)n;
	return true;
}

static int options(int argc, char **argv, struct sandbox_options *o)
{
	static const struct option longs[] = {
		{ "data", required_argument, NULL, 'd' }, { "port", required_argument, NULL, 'p' }, { "listen", required_argument, NULL, 'l' },
		{ "outcome", required_argument, NULL, 'o' }, { "delay", required_argument, NULL, 's' }, { "resend", required_argument, NULL, 'r' },
		{ "province", required_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		bool good = true;

		switch (c) {
		case 'd': o->data = optarg; break;
		case 'p': good = number(optarg, 65534, &o->port); break;
		case 'l': o->listen = optarg; break;
		case 'o': o->outcome = optarg; break;
		case 's': good = number(optarg, 3600, &o->delay); break;
		case 'r': good = number(optarg, 3600, &o->resend); break;
		case 'v': o->province = optarg; break;
		case 'h': exit(usage(stdout, 0));
		default: good = false;
		}
		if (!good)
			return usage(stderr, 2);
	}
	return o->data && optind == argc ? 0 : usage(stderr, 2);
}

int main(int argc, char **argv)
{
	struct sandbox_options o = { .ready_fd = STDOUT_FILENO };
	struct err e = { 0 };

	if (options(argc, argv, &o))
		return 2;
	if (o.listen && strcmp(o.listen, "127.0.0.1"))
		fputs("tramky-sandbox: CẢNH BÁO: chương trình THỬ NGHIỆM đang mở ra ngoài máy này; không dùng dữ liệu thật. "
		      "(warning: a test program listens beyond this machine)\n", stderr);
	if (sandbox_run(&o, &e)) {
		fprintf(stderr, "tramky-sandbox: %s\n", e.cause);
		return err_exit_code(e.kind);
	}
	return 0;
}
