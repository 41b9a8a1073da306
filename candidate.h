/* SPDX-License-Identifier: MIT */
/*
 * The candidates: what is known of the processes that could be ended, as plain values.  census.c
 * makes a roster of them, roster.c keeps their sizes fresh, blame.c and victim.c read it.
 */
#ifndef OOMGUARD_CANDIDATE_H
#define OOMGUARD_CANDIDATE_H

#include <stdbool.h>
#include <stdint.h>
#include "number.h"
#include "policy.h"
#include "procstat.h"

enum {
        ROSTER_MAX = 128, /* candidates; a swarm of dozens must fit beside everybody else */
        MARK_CALM = 3,    /* when all was well last; before it the three latest, newest first */
        MARK_HALF = 4,    /* up to half a minute ago, whatever went on then */
        MARK_MINUTE = 5,  /* half a minute before that */
        MARK_MAX = 6,     /* moments that sizes are compared with */
        SWARM_MIN = 8,    /* siblings, cousins or a brood with one executable make a swarm */
};

/* The name of whoever switches swap off: swapoff(8), or busybox's. */
#define CANDIDATE_SWAPOFF "swapoff"

/* Shared memory of a process, and its addresses when it was seen to have so much. */
struct shared_seen {
        uint64_t shmem_kib;
        uint16_t mapped_mib; /* less whole times 64 GiB: it is for differences */
};

/* A moment of the past: sizes of that time are in candidate.mark_kib. */
struct mark {
        uint64_t boot_us;    /* CLOCK_BOOTTIME; 0: this one was never set */
        uint64_t wall_s;     /* for people */
        uint64_t supply_kib; /* verdict.supply_kib at that time */
        uint64_t shmem_kib;  /* meminfo's Shmem at that time */
        bool plateau;        /* verdict.plateau at that time */
};

/* True when the supply has moved by a step since, either way; or there is no such mark. */
static inline bool
mark_moved(const struct mark *m, uint64_t supply_kib, uint64_t step_kib)
{
        return m->boot_us == 0 || sub_floor(supply_kib, m->supply_kib) >= step_kib ||
               sub_floor(m->supply_kib, supply_kib) >= step_kib;
}

/*
 * A rise is remembered no sooner than this after the last mark.  Beside a program that threw 17 MiB
 * away and took them again all the time, three marks lay within 200 ms of such swings, and what a
 * leak took was little of either.  A fall is at once: within a second somebody may have started,
 * and somebody else begun to leak.
 */
#define MARK_AGE_US UINT64_C(1000000)

/* True when `now` may be the next mark, if it has moved; how the machine stood is no movement. */
static inline bool
mark_is_due(const struct mark *m, const struct mark *now)
{
        return m->boot_us == 0 || m->plateau || now->supply_kib < m->supply_kib ||
               sub_floor(now->boot_us, m->boot_us) >= MARK_AGE_US;
}

/* What rules say of a process, and which of them. */
struct standing {
        enum rule_effect effect;
        int16_t rule;    /* index into policy.rules, or -1 */
        int16_t builtin; /* index for rules_builtin(), or -1 */
};

struct candidate {
        int32_t pid;
        int32_t ppid;
        int32_t gppid; /* its parent's parent; 0: not known */
        int32_t pgrp;  /* process group */
        uint64_t start_ticks;
        uint32_t uid;
        int16_t adj; /* oom_score_adj */

        uint64_t anon_kib;
        uint64_t pagetables_kib;
        uint64_t shmem_kib;
        uint64_t swap_kib;
        uint64_t growth_kibps;
        uint32_t mark_kib[MARK_MAX];       /* candidate_size_kib() then; 0: started since */
        uint32_t mark_shmem_kib[MARK_MAX]; /* shared memory of that, in whole MiB */
        uint32_t mark_above_kib[MARK_MAX]; /* how much more than that, but for shared memory, was
                                            * seen of it within half a minute to a minute before; in
                                            * whole MiB, up to 64 GiB */

        uint32_t kin;     /* relatives by descent or job, itself included, on the roster or not */
        uint32_t sharers; /* relatives that show the same shared memory, itself included: >= 1 */
        uint16_t mapped_mib; /* as in struct shared_seen */
        bool cow;            /* forked and not yet exec'd: its pages are its parent's too */
        uint64_t parent_kib; /* cow only: anon + swap of the parent */
        uint64_t first_kib;  /* cow only: its own anon + swap when first seen */
        uint64_t copied_kib; /* cow only: of its parent's, what has been copied: copies.h */
        uint32_t copied_since_kib[MARK_MAX]; /* ... since each mark */

        uint64_t exe_id; /* same executable, same number; 0: not known */
        struct standing standing;
        bool struck;   /* may not be signalled, or was given up */
        bool unopened; /* the loop could not open a pidfd; struck, if it is, for that alone */
        bool stopped;  /* SIGSTOP, or traced */
        bool frozen;   /* in a frozen cgroup */
        bool ns_init;  /* pid 1 of its namespace: SIGTERM does not reach it unless it wants it */

        char name[PROC_NAME_MAX];
        char unit[PROC_UNIT_MAX];

        int size_fd; /* statm, or status while there is swap; -1: not held */
        bool size_is_status;
        int pidfd;       /* -1: not held */
        bool pidfd_ours; /* opened by the loop at the last moment, and closed by it */

        /* Where growth is measured from: two sizes of the past, the older one used. */
        uint64_t ref_us[2];
        uint64_t ref_kib[2];
};

struct roster {
        uint64_t made_us; /* CLOCK_MONOTONIC, when its scan began */
        uint64_t took_us; /* what the scan took of a processor */
        uint32_t n_seen;  /* processes with memory */
        uint32_t turn;    /* whose sizes are read next, where not all are: roster.c */
        bool shmem_stays; /* shared memory that is seen no more counts on: census_shmem_stays() */
        uint32_t n;
        uint64_t rest_kib;      /* memory of those that could be ended and did not fit in here */
        uint64_t protected_kib; /* of those on it that are protected */
        struct mark mark[MARK_MAX];
        struct candidate c[ROSTER_MAX];
};

/* All that it has in memory and swap, its own or not: what growth and marks are of. */
static inline uint64_t
candidate_size_kib(const struct candidate *c)
{
        return c->anon_kib + c->swap_kib + c->shmem_kib + c->pagetables_kib;
}

/*
 * What counts where shared memory stays its owner's (census_shmem_stays()): what is seen no more
 * may be in swap, but not what went with as many addresses: that was let go, or is another
 * program's now.  Whoever keeps mapping and unmapping something else loses it once, at the most.
 */
static inline struct shared_seen
shared_left(struct shared_seen before, struct shared_seen now)
{
        uint64_t hidden_kib = sub_floor(before.shmem_kib, now.shmem_kib);
        int16_t unmapped_mib = (int16_t)(uint16_t)(before.mapped_mib - now.mapped_mib);
        uint64_t gone_kib =
                smaller(hidden_kib, unmapped_mib > 0 ? (uint64_t)unmapped_mib * 1024 : 0);

        if (hidden_kib == 0)
                return now;
        return (struct shared_seen){ before.shmem_kib - gone_kib,
                                     (uint16_t)(before.mapped_mib - gone_kib / 1024) };
}

/* True for one that may be ended at all. */
static inline bool
candidate_eligible(const struct candidate *c)
{
        return c->standing.effect != RULE_PROTECT && !c->struck && c->adj > -1000;
}

#endif
