/* SPDX-License-Identifier: MIT */
/*
 * What came back inside limits of control groups, as the loop counts it: the errand thread tells
 * which part of it did (boxes.h), and may be late.  Pure: the clock and the numbers are arguments.
 */
#ifndef OOMGUARD_INSIDE_H
#define OOMGUARD_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

/* What one look shows. */
struct inside_look {
        uint64_t now_us;
        uint64_t refault; /* pages, since boot: in the whole machine */
        uint64_t boxed;   /* the same, reclaimed inside limits */
        uint64_t direct;  /* ... or perhaps not: vmstat.h, as the next */
        uint64_t stalls;
        bool tight;             /* the verdict before: memory was tight, or TERM at hand */
        uint32_t told_bp;       /* the part that the errand thread told last */
        uint32_t told_steal_bp; /* the same, of direct */
        uint64_t told_us;       /* and when */
};

struct inside {
        uint64_t pages;  /* of refault, as far as it was told */
        uint64_t steals; /* of direct: all while nobody stalled, else as far as it was told */
        bool wanted;     /* the errand thread is to tell */
        bool known;      /* there was a look before */
        uint64_t refault, boxed; /* as last seen */
        uint64_t direct, stalls;
        uint64_t open;     /* of refault: moved since it was wanted, and nothing told yet */
        uint64_t asked_us; /* when it began to be wanted */
        uint64_t shown;    /* pages, and for a moment what is open: for the sample */
        uint64_t stall_us; /* when stalls moved last; 0: never */
        uint64_t boxed_us; /* when boxed or direct did; 0: never */
        uint64_t tight_us; /* when memory was tight last */
};

void
inside_count(struct inside *in, const struct inside_look *l);

#endif
