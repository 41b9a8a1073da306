/* SPDX-License-Identifier: MIT */
/*
 * Files of our own over /proc/meminfo, pressure/memory, vmstat, swaps and zoneinfo, in this mount
 * namespace only.  What they say is memory.c's to know.
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stdint.h>
#include "memory.h"

/* No pressure file where the kernel has none. */
void
files_mount(uint64_t available_kib);

void
files_put_available(uint64_t kib);
void
files_put_swap(uint64_t total_kib, uint64_t free_kib);

/* SwapFree as it is printed when the kernel's counters have just run below zero. */
void
files_put_swap_below_zero(void);

/* Time that all tasks stood still, and pages taken away and, of these, come back, since boot. */
void
files_put_stall(uint64_t us);
void
files_put_reclaim(uint64_t pages, bool come_back);

/* meminfo gone bad, or good again. */
void
files_break(enum memory_fault fault);

#endif
