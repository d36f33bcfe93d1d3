#include "bench/bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* time -- COMMAND...: {"ms","peak_kb","exit"}. A small program of its own, because the peak that wait4() tells starts with
 * that of the process that forked: Python's own 15 MB would hide what is measured. The peak is the largest single process
 * among the command and the helpers it waited for. */
int bench_time(int argc, char **argv)
{
	struct rusage used;
	int status = 0, from = argc > 1 && argv[1][0] == '-' ? 2 : 1;

	if (argc <= from)
		return 2;
	double began = bench_ms();
	pid_t child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[from], argv + from);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &used) != child)
		return 70;
	double ms = bench_ms() - began;
	printf("{\"ms\":%.3f,\"peak_kb\":%ld,\"exit\":%d}\n", ms, used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
