/* SPDX-License-Identifier: MIT */
/*
 * The memory of a made-up machine: files of our own over those of /proc, kept true by a thread.
 * What is available is a number less what the subjects hold by the kernel's own account, so what a
 * subject takes is missing and what it gives back is there again, whatever else the real machine
 * does meanwhile.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* A machine of 1 GiB without swap, all of it available. */
enum { MEMORY_TOTAL_MIB = 1024 };

/* Puts the files over /proc/meminfo, pressure/memory, vmstat, swaps and zoneinfo. */
void
memory_make_up(void);

/* From now on what the subjects hold is what the kernel counts for their control group, page by
 * page; they have to be started afterwards.  False: it cannot count. */
bool
memory_by_group(void);

/* So much is available as long as no subject holds any. */
void
memory_set(unsigned mib);

/* The same relative to now: so much with what the subjects hold now; returns when it is so. */
void
memory_leave(unsigned mib);

/* So much is available, whoever holds what. */
void
memory_fix(unsigned mib);

/* Counts what /proc/`path`/statm says; with `shared`, its part of what several hold. */
void
memory_count(const char *path, bool shared);

void
memory_swap(unsigned total_mib, unsigned free_mib);

/* What the kernel does about a shortage, as vmstat counts it. */
enum memory_reclaim {
        MEMORY_KEEPS,  /* nothing: the shortage is somebody's own limit */
        MEMORY_DRAINS, /* it takes pages away that nobody wants back: a leak, a load that shifts */
        MEMORY_THRASHES, /* it takes pages away that come back at once */
};

/* From now on tasks stand still this much of the time while no more than `below_mib` is available.
 */
void
memory_stall(unsigned percent, unsigned below_mib, enum memory_reclaim reclaim);

enum memory_fault {
        MEMORY_GOOD,
        MEMORY_EMPTY,    /* no byte */
        MEMORY_TORN,     /* ends within a number */
        MEMORY_ABSURD,   /* more available than there is */
        MEMORY_WORDS,    /* no number where one should be */
        MEMORY_FLAPPING, /* torn every other time */
};

void
memory_break(enum memory_fault fault);

/* SwapFree as the kernel prints it when its counters have just run below zero. */
void
memory_swap_underflow(void);

/* What the made-up meminfo says, or the real one and the lists of the processors. */
uint64_t
memory_available_kib(void);

/* Prints it, for a case that has failed. */
void
memory_show(void);

#endif
