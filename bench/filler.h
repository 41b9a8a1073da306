/* SPDX-License-Identifier: MIT */
/*
 * The process that fills memory, at a rate or flat out, and the thread that looks at what is
 * available every millisecond meanwhile.
 */
#ifndef OOMGUARD_BENCH_FILLER_H
#define OOMGUARD_BENCH_FILLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How far beyond the limit it goes at most. */
#define FILLER_BEYOND_KIB (1280 * 1024u)

/* What it tells: 0 where it did not happen. */
struct filler_says {
        uint64_t began_ns;
        uint64_t signal_ns;  /* SIGTERM came */
        uint64_t signal_kib; /* and so much was touched by then */
};

/* Must come first; false when it cannot be. */
bool
filler_open(void);

/* Waits to be let go, then touches `way_kib` and BEYOND at so many KiB a second (0: flat out), ends
 * on SIGTERM, and otherwise stays. */
pid_t
filler_start(uint64_t way_kib, uint64_t rate_kibps);

/* Lets it go, and begins to look: for the crossing of a limit. */
void
filler_go(uint64_t limit_kib);

struct filler_says
filler_hear(void);

/* Looking ends. */
void
filler_rest(void);

/* When available memory was first seen at or below the limit; 0: never. */
uint64_t
filler_crossed_ns(void);

/* The first look after a moment with more than so much available; 0: there is none. */
uint64_t
filler_back_ns(uint64_t after_ns, uint64_t above_kib);

/* What the last look before a moment saw. */
uint64_t
filler_available_kib(uint64_t at_ns);

/* True when the last look before a moment was long before it: then it is not known what was so. */
bool
filler_missed(uint64_t at_ns);

/* Real time, so that a look or a handler is not late because others work here. */
void
filler_be_prompt(void);

#endif
