/* The parts of tramky-bench: each measures one kind of thing and prints JSON; tests/bench/run puts them together. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>

int bench_time(int argc, char **argv);      /* one program from exec to end: time and peak memory */
int bench_pty(int argc, char **argv);       /* a program on a terminal, told on standard input what to type */
int bench_doc(int argc, char **argv);       /* signing and verifying in a warm process */
int bench_search(int argc, char **argv);    /* the catalogue's search, a keystroke a time */

double bench_ms(void);                      /* monotonic milliseconds */
double bench_median(double *v, size_t n);   /* sorts v; 0 when there is none */
double bench_part(double *v, size_t n, double part);    /* 0.99: 99 of 100 are not above; v sorted */

#endif
