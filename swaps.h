/* SPDX-License-Identifier: MIT */
/*
 * Where swap lives: /proc/swaps, and what zram and ZFS say of themselves.  Pure: text in, numbers
 * out.  Swap on zram is paid for out of memory, so its free part is worth less than it says.
 */
#ifndef OOMGUARD_SWAPS_H
#define OOMGUARD_SWAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SWAPS_ZRAM_MAX = 8 };
/* The kernel takes no more areas than this (include/linux/swap.h, MAX_SWAPFILES). */
enum { SWAPS_AREAS_MAX = 32 };

struct swap_area {
        uint64_t size_kib, used_kib;
        bool zram;
};

struct swaps {
        uint32_t n;         /* areas listed below */
        uint64_t total_kib; /* of these */
        struct swap_area area[SWAPS_AREAS_MAX];
        uint64_t zram_total_kib; /* of active swaps on /dev/zram* */
        uint64_t zram_used_kib;
        uint32_t n_zram; /* devices listed below; further ones count in the totals only */
        uint32_t zram[SWAPS_ZRAM_MAX]; /* N of /dev/zramN */
        bool zram_unlisted;            /* there are further ones */
};

/* /proc/swaps: a header line, then `PATH TYPE SIZE USED PRIORITY`; blanks in PATH come as \040.
 * 0, or -EINVAL with *ret untouched: a line of zram's must be one, others are passed over. */
int
swaps_parse(const char *text, size_t len, struct swaps *ret);

/*
 * The area that is being switched off, or NULL.  It stays listed until the end, and of its size
 * SwapTotal, read right before, has only what is in use any more (mm/swapfile.c, si_swapinfo()): so
 * it is the one whose free part is what SwapTotal lacks and what may have been read in between the
 * two reads; of two with the same free part the one with less in use.  Of two that go at once
 * neither is found, nor is any where areas are missing from the list.
 */
const struct swap_area *
swaps_going(const struct swaps *sw, uint64_t swap_total_kib);

struct zram_stat {
        uint64_t stored_bytes; /* orig_data_size: what was put in */
        uint64_t used_bytes;   /* mem_used_total: what it costs */
        uint64_t data_bytes;   /* compr_data_size: what it came to, without the gaps between */
        uint64_t limit_bytes;  /* mem_limit: what it may cost at most; 0: there is no limit */
};

/* /sys/block/zramN/mm_stat (Documentation/admin-guide/blockdev/zram.rst): its first three
 * numbers, and the fourth if it is there.  0, or -EINVAL with *ret untouched. */
int
zram_parse(const char *text, size_t len, struct zram_stat *ret);

/* /proc/spl/kstat/zfs/arcstats: what the cache could shrink by, size - c_min, 0 if that is
 * negative.  0, or -EINVAL with *ret_kib untouched. */
int
arcstats_parse(const char *text, size_t len, uint64_t *ret_kib);

#endif
