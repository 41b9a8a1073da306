/* SPDX-License-Identifier: MIT */
/*
 * What `replay` has counted of one trace, and how that is told.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "ctl.h"
#include "json.h"
#include "trace.h"

enum { REPLAY_SHOWN_MAX = 1000 };

/* What is counted of a series of verdicts. */
enum replay_count { COUNT_WATCH, COUNT_WARN, COUNT_TERM, COUNT_KILL, N_COUNTS };

struct replay_tally {
        bool on[N_COUNTS];
        uint64_t times[N_COUNTS];
        uint64_t first_us[N_COUNTS]; /* since the first look */
        uint64_t total_us[N_COUNTS];
};

/* A stretch of looks one after the other that differ in the same way. */
struct replay_difference {
        uint64_t line, at_us;       /* of the first */
        uint64_t last_line, end_us; /* of the last */
        uint64_t last_look;         /* number of the last */
        uint64_t n;
        struct trace_verdict was, is;
};

/* One trace, as far as it was read. */
struct replay_run {
        const char *path;
        uint64_t line, n_looks, n_differ, n_damaged;
        uint64_t begin_us, last_us;
        struct replay_tally was, is;
        struct replay_difference first[REPLAY_SHOWN_MAX];
        unsigned n_first;
        uint64_t n_stretches;
        struct replay_difference now; /* the stretch being read; n is 0 when there is none */
};

/* The trace in lines for a person. */
void
replay_print(struct ctl *ctl, const struct replay_run *run);

/* The trace as one object of an array. */
void
replay_json(struct json *j, const struct replay_run *run);

#endif
