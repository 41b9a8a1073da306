/* SPDX-License-Identifier: MIT */
/*
 * The census: walks /proc, remembers sizes over time, and builds rosters.  It belongs to the errand
 * thread, because opening files may wait for memory; the loop has a small one of its own for the
 * case that the errand thread is stuck.  It allocates no heap once opened, and it never chooses.
 */
#ifndef OOMGUARD_CENSUS_H
#define OOMGUARD_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "candidate.h"
#include "policy.h"

enum {
        CENSUS_ROWS = 4096,
        /* Those on the roster, on the one before it, and on that of a group in flight. */
        CENSUS_FOLLOWS = 3 * ROSTER_MAX,
        CENSUS_HORIZON_S = 10, /* growth counts for so long when it is decided who is followed */
        CENSUS_FAMILIES = 1024,
        CENSUS_OWN = ROSTER_MAX / 4, /* places for those who have most of their own */
        CENSUS_KERNEL = 4096,        /* kernel threads remembered by pid, to be left alone */
        CENSUS_STACKS = 2048,
        /* While there is swap, who has not moved by a page since is read whole once in so many
         * scans. */
        CENSUS_STEADY = 4,
};

/* One process with memory.  At most 136 bytes: there are thousands. */
struct row {
        uint64_t start_ticks : 48; /* 89,000 years of a hundred a second */
        uint64_t hidden_mib : 16;  /* of shmem_kib, what does not show; UINT16_MAX: or more */
        uint32_t stack;            /* row_stack(): a child with its parent's has not exec'd */
        int32_t pid;
        int32_t ppid;
        int32_t pgrp;
        uint32_t anon_kib, shmem_kib, swap_kib, pagetables_kib; /* UINT32_MAX and above: 4 TiB */
        uint32_t first_kib;                                     /* anon + swap when first seen */
        uint32_t unowned_kib; /* unowned.most_kib before it was there; UINT32_MAX: not known */
        uint32_t growth_kibps;
        uint32_t mark_kib[MARK_MAX];
        uint16_t mark_shmem_mib[MARK_MAX]; /* of that; UINT16_MAX and above: 64 GiB */
        uint16_t mark_above_mib[MARK_MAX]; /* as candidate.mark_above_kib; UINT16_MAX: or more */
        uint32_t peak_kib[2]; /* the most without shared memory of this half minute, of the last */
        uint32_t ref_kib[2];
        uint32_t ref_ms[2];
        uint32_t statm;      /* what statm said when status was read last; 0: it was not */
        uint16_t mapped_mib; /* as in struct shared_seen */
        uint16_t pass : 12;  /* of the scan that saw it last */
        bool fresh_mark : 1; /* its marks are still to be filled in */
        bool leaderless : 1; /* the leader is a zombie, other threads live on */
        bool struck : 1;
        bool unopened : 1; /* as in struct candidate */
};

/* start_stack, folded: an address of 16 bytes' steps, laid out at random within more than 4 GiB. */
static inline uint32_t
row_stack(uint64_t start_stack)
{
        return (uint32_t)(start_stack ^ start_stack >> 32);
}

/* What is held open and known of a process that is, or was just now, on the roster. */
struct follow {
        int32_t pid; /* 0: free */
        uint64_t start_ticks;
        uint64_t stack;
        int size_fd[2]; /* statm, status */
        int pidfd;
        bool size_is_status; /* which of them is to be read */
        uint32_t uid;
        uint32_t exe_id;
        struct standing standing;
        bool ns_init;
        char name[PROC_NAME_MAX];
        char unit[PROC_UNIT_MAX];
        uint64_t first, used; /* numbers of the first and of the last roster that it stood on */
        bool wanted;          /* on the roster being built */
};

/* Siblings, cousins or a brood, for the small members of a large swarm. */
struct family {
        int32_t of; /* parent; less than 0: grandparent; above all pids: process group; 0: free */
        uint32_t n;
        uint64_t took_kib;
};

struct pick {
        uint64_t weight;
        uint32_t row;
};

/* The most that one of those with this stack has in swap. */
struct stack_swap {
        uint32_t stack; /* as in struct row; 0: free */
        uint32_t kib;
};

/* Scratch of one scan or one build: too large for a small thread's stack. */
union census_work {
        char dents[16384]; /* about 650 names of /proc a call */
        struct stack_swap stack[CENSUS_STACKS];
        struct {
                struct family family[CENSUS_FAMILIES];
                struct pick pick[ROSTER_MAX];
                struct pick own[CENSUS_OWN];
        } rank;
};

/* Anonymous memory that no process shows to be its own, and who may have it: copies.h. */
struct unowned {
        uint64_t least_kib;          /* at the last scan, rather too little */
        uint64_t most_kib;           /* rather too much; UINT64_MAX: not known */
        uint64_t mark_kib[MARK_MAX]; /* most_kib at that moment; UINT64_MAX: not known */
        uint64_t leaving_kib; /* of processes that have ended, and may not have given it back yet */
        uint64_t left_us;     /* when that was told; CLOCK_MONOTONIC */
        /* In basis points of what may be copies; of those since a mark, in forks started since
         * and in others. */
        uint32_t bp, young_bp[MARK_MAX], old_bp[MARK_MAX];
};

struct census {
        int proc_fd;
        const struct policy *policy;
        char host_mnt[64];
        int32_t own_pid;
        struct row *row;
        uint32_t n, max;
        uint16_t *slot; /* hash by pid: index + 1 into row, 0: empty */
        uint32_t slot_mask;
        uint16_t pass : 12;
        bool swap;           /* there is swap: sizes are read from status */
        bool low;            /* memory is short: whoever scans says so */
        bool swapoff;        /* swap is being switched off: whoever scans says so */
        int32_t swapoff_pid; /* who switches it off, found at the last build; 0: nobody is */
        bool may_wait; /* its thread may wait for another process: false for one that must act */
        bool sees_all; /* host_shows_everybody(): whoever opened it says so */
        int32_t kernel[CENSUS_KERNEL];
        struct mark mark[MARK_MAX];
        struct follow follow[CENSUS_FOLLOWS];
        uint64_t built;      /* number of the last roster built */
        uint64_t flight;     /* the roster of a group in flight, in use until that has ended; 0 */
        uint64_t reidentify; /* follows used before this are looked up again: the policy changed */
        int fd_budget;       /* descriptors that may be held */
        int fd_held;
        uint32_t n_seen;                  /* processes with memory, at the last scan */
        uint32_t least_kib;               /* when full: smaller ones are not kept */
        uint64_t unkept_kib;              /* memory of those that were not, at the last scan */
        uint64_t room_kib[CENSUS_STEADY]; /* of the last scans: hidden.c */
        uint64_t peaks_us;                /* when the half minute of row.peak_kib began */
        struct unowned unowned;
        union census_work work;
        uint32_t n_unreadable; /* processes whose memory may not be read, at the last scan */
};

/* `row` and `slot` are the caller's: `max` rows, and a power of two of at least twice as many
 * slots. 0 or a negative errno. */
int
census_open(struct census *c, const char *proc, struct row *row, uint32_t max, uint16_t *slot,
            uint32_t n_slots, int fd_budget);
void
census_close(struct census *c);

/* As newly opened: nobody is known and nothing is held. */
void
census_forget(struct census *c);

/* The whole machine once; while there is swap, from the larger file of everybody new, of whoever
 * has moved, and of every fourth of the others. 0 or a negative errno (of /proc itself; processes
 * that vanish are no error). */
int
census_scan(struct census *c, uint64_t now_us, bool swap);

/*
 * True while a process keeps the shared memory that it was seen with, but for what it unmaps
 * (shared_left()).  Where memory is short the kernel takes such pages out of its page tables and
 * puts them into swap, and status counts them nowhere any more (VmSwap is anonymous memory only):
 * of a hog's 900 MiB it showed 147, and somebody steady with 105 MiB was ended first.
 */
bool
census_shmem_stays(const struct census *c);

/* Remembers the sizes of the last scan as those of `now`, to be compared with: as those of when all
 * was well, or as the newest of late, in the place of that where both stand. */
void
census_mark(struct census *c, const struct mark *now, bool calm);

/* The same as those of half a minute ago, and what was that as those of half a minute before. */
void
census_mark_time(struct census *c, const struct mark *now);

/* The row of a pid, or NULL. */
struct row *
census_find(struct census *c, int32_t pid);

/* Anonymous memory, swap, shared memory and page tables. */
uint32_t
census_row_kib(const struct row *r);

/* The parent of a fork that has not exec'd, or NULL. */
const struct row *
census_forked_from(struct census *c, const struct row *r);

/* Anonymous memory and swap that are its own beyond doubt: of a fork that has not exec'd what it
 * has beyond its parent, or has grown by. */
uint64_t
census_private_kib(struct census *c, const struct row *r);

/* Any thread of a process whose leader is a zombie that still has memory; 0: none. */
int32_t
census_living_thread(struct census *c, int32_t pid);

/* Given up, or may not be signalled: no candidate any more, for as long as it lives; `unopened` as
 * in struct candidate. */
void
census_strike(struct census *c, int32_t pid, uint64_t start_ticks, bool unopened);

/* A new policy: rules are asked again for everybody. */
void
census_set_policy(struct census *c, const struct policy *p);

#endif
