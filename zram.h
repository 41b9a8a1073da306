/* SPDX-License-Identifier: MIT */
/*
 * What zram swap is worth: how much of it fits into a page of memory, overall and of late.  Pure:
 * the past is an argument.
 */
#ifndef OOMGUARD_ZRAM_H
#define OOMGUARD_ZRAM_H

#include <stdint.h>
#include "swaps.h"

/* The ratio, in basis points, as long as nothing is known. */
#define ZRAM_UNKNOWN_BP 20000u

enum { ZRAM_MARKS = 3 };

/* What was there before, the oldest first; all zero to start from nothing. */
struct zram_window {
        struct {
                uint64_t stored_bytes, used_bytes;
        } mark[ZRAM_MARKS];
        uint32_t ratio_bp; /* of late, since the oldest; 0: too little was stored to tell */
};

/* What all devices, of total_kib together, hold now -> stored to cost, the worse of overall and of
 * late, 1:1 to 10:1. */
uint32_t
zram_judge(struct zram_window *w, uint64_t total_kib, const struct zram_stat *all);

/* Of free_kib on devices that may cost left_bytes more, what does not fit at this ratio: the kernel
 * is refused beyond a limit (zram_write_page()), and what it wanted to put there stays in memory.
 */
uint64_t
zram_barred_kib(uint64_t free_kib, uint64_t left_bytes, uint32_t ratio_bp);

enum { ZRAM_PATH_MAX = 32 };

/* Where device `id` tells of itself, below /sys. */
void
zram_path(char ret[ZRAM_PATH_MAX], uint32_t id);

#endif
