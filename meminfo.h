/* SPDX-License-Identifier: MIT */
/*
 * /proc/meminfo -> the few numbers that decide.  Pure: text in, numbers out.
 */
#ifndef OOMGUARD_MEMINFO_H
#define OOMGUARD_MEMINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All in KiB, as the kernel's `kB` means. */
struct meminfo {
        uint64_t total_kib;
        uint64_t free_kib;
        uint64_t available_kib; /* estimated when the kernel has none (before 3.14): see below */
        uint64_t swap_total_kib;
        uint64_t swap_free_kib;
        uint64_t swap_cached_kib; /* in swap and in memory at once */
        uint64_t zswap_kib;       /* of memory, where swapped pages are kept packed (since 5.19) */
        uint64_t shmem_kib;
        uint64_t anon_kib;    /* AnonPages: in memory, whoever maps it, each page once */
        uint64_t hugetlb_kib; /* reserved for huge pages of every size: nobody's to give back */
        bool estimated;       /* MemAvailable was missing */
};

/*
 * Keys may come in any order, unknown ones are passed over with whatever they hold, a missing
 * Shmem, AnonPages, SwapCached, Zswap or Hugetlb counts as 0 (Hugetlb missing: HugePages_Total x
 * Hugepagesize). Without MemAvailable it is MemFree plus half of Active(file) and Inactive(file).
 *
 * A counter that ran below zero is printed close to 2^64 (18446744073709551612 kB has been seen for
 * SwapFree): it counts as 0, but for MemAvailable, which the kernel keeps at 0 itself: refused.  0,
 * or -EINVAL with *ret untouched when MemTotal, MemFree, SwapTotal or SwapFree is missing, when one
 * of the keys named here is there twice or without a number in its unit, when MemTotal is 0, or
 * MemAvailable is above it, or SwapFree is above SwapTotal.  Huge pages above MemTotal are those of
 * another machine and count as 0.  The last line must be whole: a torn read is refused.
 */
int
meminfo_parse(const char *text, size_t len, struct meminfo *ret);

#endif
