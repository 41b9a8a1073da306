/* SPDX-License-Identifier: MIT */
/*
 * Blame: who took the memory that has gone missing.  Pure.  It looks back to the moments that the
 * roster remembers, the latest first, and finds the one process, or the one swarm, that took at
 * least half of what was lost since; or else the worst of a few that took half together.  At first
 * what somebody had had a moment before, gave away and took back does not count; where nobody is to
 * blame then, whoever goes on and took half of the rest over half a minute or a whole one is (and
 * so he is before one who took little of what he has: the last straw); and where nobody is, what
 * was taken back counts.  Who is merely big is never blamed.
 */
#ifndef OOMGUARD_BLAME_H
#define OOMGUARD_BLAME_H

#include "candidate.h"
#include "decide.h"

/* What ending somebody gives back. */
struct give_back {
        uint64_t mem_kib;  /* memory */
        uint64_t swap_kib; /* free swap */
};

struct group {
        uint32_t n;                 /* 0: nobody */
        uint8_t member[ROSTER_MAX]; /* indices into the roster, the one that took most first */
};

struct blame {
        struct group who; /* n > 1: a swarm */
        uint64_t took_kib;
        uint64_t missing_kib;
        uint64_t since_wall_s;
};

/*
 * How much of a KiB in swap ending its owner gives back as memory, in basis points: nothing from a
 * disk, 1/ratio from zram, mixed where both are in use.
 */
uint32_t
blame_swap_bp(const struct sample *s);

/* Anonymous memory, swap, page tables and its share of shared memory: what is its own and nobody
 * else's. */
uint64_t
blame_own_kib(const struct candidate *c);

/* `swap_bp` is blame_swap_bp()'s. */
struct give_back
blame_gives(const struct candidate *c, uint32_t swap_bp);

/* True when giving back so much ends the shortage: memory would be well again, or else swap above
 * WARN. */
bool
blame_lifts(const struct verdict *v, const struct sample *s, const struct give_back *g);

/*
 * True when at least half of what has gone missing lies in tmpfs or shared memory: where no process
 * is to blame for it, ending any of them only makes room for more.
 */
bool
blame_tmpfs(const struct roster *r, const struct verdict *v, const struct sample *s);

/* who.n is 0 when nobody is to blame. */
struct blame
blame_find(const struct roster *r, const struct verdict *v, const struct sample *s);

#endif
