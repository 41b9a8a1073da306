/* SPDX-License-Identifier: MIT */
/*
 * The victim: who is ended, and why that one.  Pure.  Blame comes first, then whoever switches off
 * swap that does not fit into memory, then badness, which is an amount of memory: what ending a
 * process gives back, and what it would take next.
 */
#ifndef OOMGUARD_VICTIM_H
#define OOMGUARD_VICTIM_H

#include "blame.h"

/* Badness and its parts, in KiB; the parts explain it line by line. */
struct score {
        uint64_t anon_kib;
        uint64_t pagetables_kib;
        uint64_t shared_kib;
        uint64_t swap_kib;   /* what its swap counts for here */
        uint64_t growth_kib; /* its growth rate times the horizon */
        uint32_t rule_bp;    /* 10000: no rule */
        int16_t adj;
        uint64_t adj_kib; /* what a negative oom_score_adj takes away */
        uint64_t total_kib;
};

/* Factors of `prefer` and `avoid`, in basis points. */
#define VICTIM_PREFER_BP 40000u
#define VICTIM_AVOID_BP  2500u

enum why_nobody {
        NOBODY_NONE,     /* somebody was found */
        NOBODY_ELIGIBLE, /* all are protected, too small, struck out, or there are none */
        NOBODY_TMPFS,    /* what went missing is in tmpfs, and no process is to blame */
        NOBODY_YET,      /* swap is being switched off: who does that is still looked for, or is
                          * waited for */
        NOBODY_IN_VAIN,  /* all that may be ended together would not lift memory above TERM */
};

struct choice {
        struct group who; /* n > 1: a swarm, ended as one */
        enum why_nobody why_nobody;
        bool blamed;        /* chosen for what it took; neither: for its badness */
        bool swapoff;       /* chosen because it switches off swap that does not fit into memory */
        struct blame blame; /* valid when blamed */
        struct score score; /* summed over the group */
        struct give_back gives; /* what ending the group should give back */
};

/* Badness of one process under this verdict. */
struct score
victim_score(const struct policy *p, const struct verdict *v, const struct sample *s,
             const struct candidate *c);

/*
 * Chooses.  A tie goes to the younger, which has lost less work.  The answer does not depend on the
 * order of the roster.
 */
void
victim_choose(const struct policy *p, const struct verdict *v, const struct sample *s,
              const struct roster *r, struct choice *ret);

#endif
