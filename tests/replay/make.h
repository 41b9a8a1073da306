/* SPDX-License-Identifier: MIT */
/*
 * Small machines made of numbers, each with a story whose right ending is known: what a story may
 * let happen, and the list of them.
 */
#ifndef OOMGUARD_MAKE_H
#define OOMGUARD_MAKE_H

#include <stdio.h>

#include "decide.h"

#define MS     1000ull
#define SECOND 1000000ull
#define MIB    1024ull
#define GIB    (1024 * MIB)

/* A machine, its trace, and what has been decided so far. */
struct world {
        struct policy policy;
        struct decide_state state;
        struct sample s;
        struct verdict v;
        uint64_t seed;
        char *text;
        size_t text_size;
        FILE *out;
        enum level worst;       /* worst that was asked for */
        enum reason why;        /* of it */
        uint64_t first_act_kib; /* available when it first asked for TERM or KILL */
        enum level loudest;     /* worst that people were told */
};

/* A number below n, the same ones in every run. */
uint64_t
dice(struct world *w, uint64_t n);

/* A comment in the trace. */
__attribute__((format(printf, 2, 3))) void
tell(struct world *w, const char *format, ...);

/* The next look. */
void
look(struct world *w, uint64_t after_us);

/* So many looks in which nothing happens. */
void
idle(struct world *w, unsigned n, uint64_t every_us);

/* Memory goes at a rate, looked at as often as is asked for; stops when somebody is to be ended. */
void
fall(struct world *w, uint64_t kibps, uint64_t to_kib);

/* The kernel takes back half of the pages that it scans, and so many percent of them come again. */
void
stall(struct world *w, uint64_t us, uint64_t some_percent, uint64_t full_percent, uint64_t scan,
      uint64_t refault_percent);

/* A story and its right ending. */
struct story {
        const char *name;
        void (*live)(struct world *w);
        enum level worst;
        enum reason why;
        uint64_t act_min_kib, act_max_kib; /* available when it first acts */
        enum level loudest;
};

/* Ends with one that has no name. */
extern const struct story stories[];

#endif
