#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double bench_part(double *v, size_t n, double part)
{
	size_t i = (size_t)((double)n * part);

	return n ? v[i < n ? i : n - 1] : 0;
}

double bench_median(double *v, size_t n)
{
	if (n)
		qsort(v, n, sizeof *v, by_size);
	return bench_part(v, n, 0.5);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; int (*run)(int argc, char **argv); } parts[] = {
		{ "time", bench_time }, { "pty", bench_pty }, { "doc", bench_doc }, { "search", bench_search },
	};

	for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof *parts; i++)
		if (strcmp(argv[1], parts[i].name) == 0)
			return parts[i].run(argc - 1, argv + 1);
	fputs("tramky-bench time|pty|doc|search ...: see tests/bench/README.md\n", stderr);
	return 2;
}
