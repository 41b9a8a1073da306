/* SPDX-License-Identifier: MIT */
/*
 * Shared memory that its owners are said to have and that shows nowhere (census_shmem_stays()): it
 * is in swap, or in memory where its owner does not map it.  What fits into neither was given back
 * while its addresses stayed (MADV_REMOVE, a hole punched into a memfd, ftruncate), and nobody is
 * to be ended for that.
 */
#ifndef OOMGUARD_HIDDEN_H
#define OOMGUARD_HIDDEN_H

#include "census.h"
#include "meminfo.h"

/*
 * After a scan that took place between two looks at /proc/meminfo: takes from each row what there
 * was no room for, at this scan and at the CENSUS_STEADY - 1 before it.  Fewer may be wrong: what
 * they know of somebody who has not moved is as old as that.  Pages that KSM has merged count as in
 * swap for each who has them, which makes the room look smaller than it is.
 */
void
hidden_bound(struct census *c, const struct meminfo *before, const struct meminfo *after);

/* There was no such scan: what the ones before it told is nothing to go on. */
void
hidden_forget(struct census *c);

#endif
