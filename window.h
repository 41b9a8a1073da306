/* SPDX-License-Identifier: MIT */
/*
 * The past: a ring of what samples showed, and what happened within a window of it.  Pure.
 */
#ifndef OOMGUARD_WINDOW_H
#define OOMGUARD_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include "sample.h"

/* Points are kept this far apart, and so many that the longest window fits: 12.8 s. */
#define WINDOW_POINT_US 50000u
enum { WINDOW_POINTS = 256 };

struct window_point {
        uint64_t now_us;
        uint64_t available_kib;
        uint64_t supply_kib;
        uint64_t some_us, full_us;
        uint64_t pgscan, pgsteal, inside, refault;
        bool has_psi, has_pgscan, has_refault;
};

struct window_ring {
        struct window_point point[WINDOW_POINTS]; /* `n` of them, the newest at `head` */
        uint32_t head, n;
};

/*
 * Standing still is thrashing only where pages that were reclaimed have to come back: at least this
 * share of them.  A working set that does not fit showed 30 to 1000 %; a leak into slow swap, and a
 * load that merely shifts, 0 to 4 %, with tasks standing still for up to 80 % of the time in all
 * three.
 */
#define WINDOW_REFAULT_BP 2500u

/*
 * ... and where it is everybody's, not somebody's in his own limit: no less than this part of what
 * came back did so outside of limits.  A container that thrashes in its limit also has to fetch
 * what the kernel takes from it for a file that is copied beside it, which made up to 44 % of what
 * was reclaimed; there the number was good to half a percent.
 */
#define WINDOW_OUTSIDE_PART 8u
/* Less than this part of what was reclaimed says nothing of why anybody stands still. */
#define WINDOW_LITTLE_PART 16u

/* What happened within a window. */
struct window {
        uint32_t full_bp, some_bp; /* share of it that tasks stood still */
        uint32_t refault_bp; /* of what was reclaimed globally, so much had to come back outside of
                              * limits; where the kernel does not tell,
                              * WINDOW_REFAULT_BP */
        bool reclaim;        /* the kernel reclaimed globally */
        bool elsewhere;      /* most of what came back did so inside limits */
        bool whole;          /* it was looked at from its beginning */
};

/* Keeps a point, unless the last one is younger than WINDOW_POINT_US. */
void
window_add(struct window_ring *r, const struct sample *s, uint64_t supply_kib);

/*
 * The newest point at least `age_us` old; the oldest if all are younger; NULL if there is none.
 * Points from before `from_us` do not count.
 */
const struct window_point *
window_before(const struct window_ring *r, uint64_t now_us, uint64_t age_us, uint64_t from_us);

/* From `window_us` before the sample, but not from before `from_us`, to the sample. */
struct window
window_look_back(const struct window_ring *r, const struct sample *s, uint64_t window_us,
                 uint64_t from_us);

/* True when the kernel reclaims and has to give back what it reclaimed. */
bool
window_thrashes(const struct window *w);

#endif
