/* SPDX-License-Identifier: MIT */
/*
 * /proc/zoneinfo -> what the kernel keeps free for itself (the watermarks), and the pages on the
 * lists that each CPU keeps of its own (per-cpu pagesets, "pcp").  These are free, but neither
 * MemFree nor MemAvailable counts them.  Pure: text in, numbers out.
 *
 * Since 6.7 (mm/page_alloc.c, nr_pcp_high()) such a list grows by what is given back on its CPU,
 * all of them together up to an eighth of memory, and shrinks slowly: by 4 MiB a second on the one
 * CPU of a machine of 696 MiB and 6.12.  There a process ended that had 73 MiB, and a second later
 * MemAvailable had not moved.  Before 6.7 all of them hold no more than the low watermark.
 */
#ifndef OOMGUARD_ZONEINFO_H
#define OOMGUARD_ZONEINFO_H

#include <stddef.h>
#include <stdint.h>

/* Summed over all zones, in pages. */
struct zoneinfo {
        uint64_t managed; /* what the kernel hands out */
        uint64_t listed;  /* on the lists of all CPUs */
        uint64_t min;     /* below it, whoever asks for memory has to look for some himself first */
        uint64_t high;    /* reclaim in the background goes on up to it */
};

/*
 * 0, or -EINVAL with *ret untouched: no zone, one of the four that is no number, a sum above
 * 2^64 - 1, more listed than managed, `min` above `high`, or the last line torn.
 */
int
zoneinfo_parse(const char *text, size_t len, struct zoneinfo *ret);

#endif
