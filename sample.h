/* SPDX-License-Identifier: MIT */
/*
 * One look at the machine: plain numbers, all that a decision is made of.  sampler.c fills it from
 * the kernel's files, trace.c from a recorded line; whoever gets one cannot tell which.
 */
#ifndef OOMGUARD_SAMPLE_H
#define OOMGUARD_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include "meminfo.h"
#include "psi.h"

struct sample {
        uint64_t now_us;  /* CLOCK_MONOTONIC */
        uint64_t boot_us; /* CLOCK_BOOTTIME: runs ahead of the former by the time suspended */
        struct meminfo mem;
        struct psi psi;
        uint64_t pgscan; /* pages, since boot; the next two as well: see vmstat.h */
        uint64_t pgsteal;
        uint64_t refault;
        uint64_t zram_total_kib;
        uint64_t zram_free_kib;
        uint64_t zram_cost_kib; /* memory that what is stored takes; 0: not known */
        uint32_t zram_ratio_bp; /* stored to cost, the worse of overall and of late; 20000 is 2:1 */
        uint64_t swap_barred_kib; /* of free swap, what the kernel will not use: zram_barred_kib(),
                                   * host_bars_swap() */
        uint64_t swap_off_kib;    /* in use of an area that is being switched off; 0: not known */
        uint64_t swap_off_in_kib; /* in memory for it: swap cache, zswap, and what its zram costs */
        uint64_t arc_kib;         /* what the ZFS cache could shrink by */
        uint64_t inside;          /* of refault, inside limits of control groups: boxes.h */
        uint64_t owned_kibps;     /* growth of all candidates that may be ended, KiB a second */
        uint64_t pcp_kib;         /* free, on lists of the CPUs: not in mem, see zoneinfo.h; 0: not
                                   * known */
        uint32_t rivals;          /* of those, so many for each processor share the growth */
        bool has_psi;
        bool has_pgscan;  /* read from WATCH on only */
        bool has_refault; /* the kernel counts them, and has_pgscan */
        bool after_kill;  /* a victim has ended, and memory settled, since the look before */
        bool stale;       /* the files could not be read: the numbers are those of the last look */
};

/*
 * What can be had without anybody losing anything.  A little too much once the kernel holds
 * MemAvailable at 0 (it is less its reserves), and not in all circumstances at once: see decide.c.
 */
static inline uint64_t
sample_available_kib(const struct sample *s)
{
        return s->mem.available_kib + s->pcp_kib;
}

#endif
