/* SPDX-License-Identifier: MIT */
/*
 * The sampler: keeps the kernel's files open, preads them, and is the only clock.  Runs on the
 * loop: after sampler_open() it allocates nothing and waits for nothing, but for the kernel, which
 * needs a larger buffer when the zoneinfo of a node outgrows a power of two (fs/seq_file.c).  It
 * never decides and never logs; what goes wrong is counted in the struct for the caller to report.
 */
#ifndef OOMGUARD_SAMPLER_H
#define OOMGUARD_SAMPLER_H

#include "sample.h"
#include "zram.h"

enum sampler_file {
        SAMPLER_MEMINFO,
        SAMPLER_PRESSURE,
        SAMPLER_VMSTAT,
        SAMPLER_SWAPS,
        SAMPLER_ARC,
        SAMPLER_ZONES,
        SAMPLER_N_FILES
};

/* The zoneinfo of some fifty CPUs on one node; of more one has less than 1/400 of memory listed. */
enum { SAMPLER_ZONES_MAX = 32768 };

struct sampler {
        int fd[SAMPLER_N_FILES]; /* -1: not there */
        int zram_fd[SWAPS_ZRAM_MAX];
        uint32_t zram_id[SWAPS_ZRAM_MAX];
        uint32_t n_zram;
        bool zram_unlisted;               /* there are more, of which nothing is read */
        bool swap_fell;                   /* SwapTotal has, when it changed last */
        struct sample last;               /* the last good one */
        const char *proc, *sys;           /* as given to sampler_open(), not copied */
        uint64_t reopen_us;               /* when a bad meminfo is opened anew; 0: it is not bad */
        uint64_t faults[SAMPLER_N_FILES]; /* reads that gave nothing usable, ever; mm_stat's count
                                           * as those of SAMPLER_SWAPS */
        int last_error[SAMPLER_N_FILES];  /* negative errno of the last of them, 0: none yet */
        uint64_t oom_kill;                /* of the last vmstat read, as the next three */
        uint64_t boxed, direct, stalls;
        struct zram_window zram;
        uint64_t page_kib;
        uint64_t zones_us;   /* when zoneinfo was last read */
        uint64_t listed_kib; /* what it said; last.pcp_kib follows */
        char zones[SAMPLER_ZONES_MAX];
};

#define SAMPLER_INIT                                                                             \
        {                                                                                        \
                .fd = { -1, -1, -1, -1, -1, -1 }, .zram_fd = { -1, -1, -1, -1, -1, -1, -1, -1 }, \
        }

/*
 * Opens what there is below `proc` ("/proc" outside tests) and `sys` ("/sys").  A negative errno
 * only when meminfo cannot be opened or read: without it nothing can be guarded.  No usable
 * pressure file (no PSI in this kernel, or psi=0) leaves fd[SAMPLER_PRESSURE] -1; last_error says
 * why, and is 0 when it simply is not there.  So for the other files; zoneinfo is
 * closed again without a word where it is too long, or of another machine than meminfo (lxcfs).
 * Call it on SAMPLER_INIT or a closed one.
 */
int
sampler_open(struct sampler *s, const char *proc, const char *sys);

/* Closes everything; may be called again and on SAMPLER_INIT. */
void
sampler_close(struct sampler *s);

/*
 * Opens the mm_stat files of zram swaps that /proc/swaps names now and closes those of others.  May
 * allocate: called at set-up, and by sampler_take() only when SwapTotal or that list has changed.
 */
void
sampler_find_zram(struct sampler *s, const char *sys);

/*
 * One look.  `deep` adds vmstat, zram and ARC to meminfo, zoneinfo and pressure (from WATCH on, and
 * now and then while CALM); with plenty of memory zoneinfo, too, is read by deep looks alone, and
 * ret->pcp_kib goes down to what it says by a 128th of memory a look.  A bad or torn read leaves
 * the last good numbers in place (zoneinfo's for a second), counts in faults[], and sets ret->stale
 * when meminfo itself was bad; a meminfo that stays bad for a second is opened anew, and again each
 * second.  has_psi says that there is a pressure file, has_pgscan that this look or the ones before
 * it without a gap were deep and read the number: one torn read must not interrupt a stall.
 * ret->owned_kibps, ret->rivals and ret->inside are left 0, and ret->pgsteal whole where vmstat
 * mixes it: the caller knows them.
 */
void
sampler_take(struct sampler *s, bool deep, struct sample *ret);

/* CLOCK_MONOTONIC in microseconds. */
uint64_t
sampler_now_us(void);

#endif
