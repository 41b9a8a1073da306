/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks share: clocks, medians, a process tree of their own, a crowd of idle
 * processes, and the form of a result.  It never measures anything itself.
 */
#ifndef OOMGUARD_BENCH_H
#define OOMGUARD_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a program returns when it cannot run here; it has said why on stderr. */
enum { BENCH_NOT_RUN = 77 };

/* CLOCK_MONOTONIC, and the CPU time of the calling thread, in nanoseconds. */
uint64_t
bench_mono_ns(void);
uint64_t
bench_cpu_ns(void);

/* CPU time of all threads of a process so far, in nanoseconds; 0 when it has gone. */
uint64_t
bench_cpu_of_ns(pid_t pid);

/* Sorts; n > 0. */
double
bench_median(double *value, size_t n);
double
bench_worst(const double *value, size_t n);

/* A positive number from the environment, or `otherwise`. */
unsigned
bench_setting(const char *name, unsigned otherwise);

/* A line of /proc/meminfo in KiB; 0 when it is not there. */
uint64_t
bench_meminfo_kib(const char *key);

/*
 * Goes into a PID namespace of its own, with its own /proc, as its pid 1: when it ends, all that it
 * started ends too.  Returns in there only; ends the program when that may not be done.
 */
void
bench_enter_space(void);

/* Starts idle processes, children of the caller, and waits until all of them are there.  Ends the
 * program when there is no room for them. */
void
bench_crowd_start(unsigned n);
void
bench_crowd_end(void);

/* Signals it, waits for it, forgets it. */
void
bench_end(pid_t pid);

/*
 * One line of results, fields separated by tabs: key, what was measured, the guard's number, beside
 * whom, that one's number, ratio, what is to be reached, and whether it is.
 */
#define BENCH_NOTHING (-1e9) /* not measured */

struct bench_row {
        const char *key, *what, *unit;
        double guard;
        const char *beside;
        double other;
        bool early;         /* there is no number, because the guard acted before the limit */
        bool itself;        /* beside is the guard itself, in other circumstances: no peer */
        double ratio;       /* guard to other; 0: worked out from the two */
        double ratio_limit; /* 0: none */
        double limit;       /* of the guard's own number, 0: none */
};

void
bench_print(const struct bench_row *row);

#endif
