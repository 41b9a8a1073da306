/* SPDX-License-Identifier: MIT */
/*
 * Shared memory that its owners are said to have and that shows nowhere (census_shmem_stays()): it
 * can only be in swap, or in memory without anybody who maps it.  What fits into neither was given
 * back while its addresses stayed (MADV_REMOVE, a hole punched into a memfd, ftruncate), and nobody
 * is to be ended for that.
 */
#ifndef OOMGUARD_HIDDEN_H
#define OOMGUARD_HIDDEN_H

#include "census.h"
#include "meminfo.h"

/*
 * After a scan that took place between two looks at /proc/meminfo: takes from each row what there
 * was no room for, neither at this scan nor at the one before it.  One alone may be wrong: while it
 * goes on, somebody may end and others go to swap.
 */
void
hidden_bound(struct census *c, const struct meminfo *before, const struct meminfo *after);

/* There was no such scan: the next one has nothing before it. */
void
hidden_forget(struct census *c);

#endif
