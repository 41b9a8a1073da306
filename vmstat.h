/* SPDX-License-Identifier: MIT */
/*
 * /proc/vmstat -> the counters that tell whether the kernel reclaims, and whether it killed.
 * Pure: text in, numbers out.
 */
#ifndef OOMGUARD_VMSTAT_H
#define OOMGUARD_VMSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Since boot; only differences mean anything. */
struct vmstat {
        uint64_t pgscan;  /* moves when the kernel reclaims globally, and not when a cgroup thrashes
                           * inside its own limit (mm/vmscan.c).  Pages: pgscan_kswapd +
                           * pgscan_direct; where the latter is mixed, pgscan_kswapd + stalls.
                           * pgscan_direct_throttle and pgscan_khugepaged are other counters. */
        uint64_t pgsteal; /* pages reclaimed: pgsteal_kswapd + pgsteal_direct, global as well, but
                           * for direct, where it is not 0 */
        uint64_t boxed;   /* pages reclaimed inside limits of cgroups, or at their asking: all of
                           * pgsteal_anon and pgsteal_file (5.8) less those that pgsteal_kswapd,
                           * _direct, _khugepaged and _proactive count; 0 before 5.8, and where
                           * these are mixed */
        uint64_t direct;  /* pgsteal_direct where it is mixed, global and inside limits (some
                           * kernel after 6.18, 7.2 at the latest); else 0 */
        uint64_t stalls;  /* there, how often somebody began to reclaim globally by himself: the
                           * sum of allocstall_*; else 0 */
        uint64_t refault; /* pages that had to come back: workingset_refault_anon and _file, before
                           * 5.9 workingset_refault and pswpin: the former counts pages of files
                           * alone there.  Refaults inside limits count here, too. */
        bool has_refault; /* the kernel has both of these */
        uint64_t oom_kill; /* processes ended by the kernel, inside limits too; 0 before 4.13 */
};

/* 0, or -EINVAL with *ret untouched: pgscan_kswapd or pgscan_direct missing, one of the three
 * there twice or not a number, or the last line torn. */
int
vmstat_parse(const char *text, size_t len, struct vmstat *ret);

#endif
