/* SPDX-License-Identifier: MIT */
/*
 * What forks have copied of the memory that they had in common with their parent.  A fork shows
 * all of its parent's pages as its own, before as after either of them has written to them: their
 * sizes say nothing of it.  AnonPages does: it counts a page once, whoever shows it.
 */
#ifndef OOMGUARD_COPIES_H
#define OOMGUARD_COPIES_H

#include "census.h"
#include "meminfo.h"

/*
 * After a scan that took place between two looks at /proc/meminfo: how much more anonymous memory
 * than when all was well there is that no process shows to be its own, which is what has been
 * copied since.  Rather too little than too much, and nothing where a process could not be seen.
 */
void
copies_count(struct census *c, const struct meminfo *before, const struct meminfo *after);

/* There was no such scan: nothing is known of copies. */
void
copies_forget(struct census *c);

/* The part of that in one process, as of the last scan: forks started since all was well have it,
 * and the others what is left, each in proportion to what it shows in common with its parent. */
uint32_t
copies_kib(struct census *c, const struct row *r);

#endif
