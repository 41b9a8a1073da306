/* SPDX-License-Identifier: MIT */
/*
 * The ranking: everybody on a roster in the order in which they would be ended, with every part of
 * the score, for people to read.  Pure, like victim.c, which it asks and never contradicts.
 */
#ifndef OOMGUARD_RANK_H
#define OOMGUARD_RANK_H

#include "victim.h"

struct ranked {
        const struct candidate *c; /* on the roster that was ranked */
        struct score score;
        struct give_back gives;
        bool chosen;   /* one of the group that would be ended now */
        bool eligible; /* may be ended at all, and is not too small */
};

/*
 * The verdict that candidates are ranked under: itself when it asks for a kill, otherwise as if
 * memory were low at TERM.
 */
struct verdict
rank_verdict(const struct verdict *v);

/*
 * Ranks: first the chosen, then who may be ended by falling score, then who may not by falling
 * size; ties as in victim_choose().  The first `max` (at most ROSTER_MAX) into ret; returns how
 * many.  The order of the roster plays no part.  *ret_choice is what victim_choose() says under
 * that verdict.
 */
uint32_t
rank_candidates(const struct policy *p, const struct verdict *v, const struct sample *s,
                const struct roster *r, struct choice *ret_choice, struct ranked *ret,
                uint32_t max);

#endif
