/* SPDX-License-Identifier: MIT */
/*
 * The guard as a case sees it: a configuration, a process, lines on its stderr, and the trace that
 * it records, which tells how often it has looked.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>
#include <sys/types.h>

enum guard_stderr { STDERR_READ, STDERR_FULL, STDERR_CLOSED };

/* What is special about one start of it. */
struct guard_start {
        uid_t uid;
        unsigned n_files; /* 0: as many as there are */
        enum guard_stderr where;
        bool quiet; /* no trace */
        const char *arg[8];
};

void
guard_configure(const char *text);

/* Starts it with that configuration and waits until it guards. */
void
guard_begin(const struct guard_start *how);

/* The same in the usual way. */
void
guard_begin_with(const char *configuration);

bool
guard_runs(void);
pid_t
guard_pid(void);

/* How many it has open. */
unsigned
guard_descriptors(void);

/* Takes in what it has said. */
void
guard_listen(void);

/* How many lines hold this text. */
__attribute__((format(printf, 1, 2))) unsigned
guard_said(const char *format, ...);

/* Waits for the first line that holds this text. */
__attribute__((format(printf, 1, 2))) const char *
guard_says(const char *format, ...);

/* Number of the first line that holds this text; -1: none does. */
__attribute__((format(printf, 1, 2))) int
guard_line_of(const char *format, ...);

/* Waits until it has looked at memory so many times more. */
void
guard_looks(unsigned n);

/* Waits until a look ends in this level: `watch`, `term`, ... */
void
guard_level(const char *word);

/* Sends the signal and waits for its end; its exit status, or -1. */
int
guard_end(int sig);

/* Runs it to its end: exit status; what it wrote is in the two files of the case's folder. */
int
guard_run(const char *const arg[], const char *out, const char *err);

/* All that it has said so far, for a case that has failed. */
void
guard_show(void);

#endif
