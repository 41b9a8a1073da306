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
 * After a scan that took place between two looks at /proc/meminfo: how much anonymous memory there
 * is that no process shows to be its own, which is what has been copied.  Rather too little than
 * too much, and nothing where a process could not be seen.
 */
void
copies_count(struct census *c, const struct meminfo *before, const struct meminfo *after);

/* At a scan, before copies_count(): processes with so much anonymous memory have ended.  They show
 * nothing any more from there on, and AnonPages counts it until it is given back. */
void
copies_leave(struct census *c, uint64_t now_us, uint64_t kib);

/* There was no such scan: nothing is known of copies. */
void
copies_forget(struct census *c);

/*
 * What of that is one process's, as of the last scan: no more than was copied since it is there,
 * nor than it shows in common with its parent.  All of them have it in proportion to these bounds.
 */
uint64_t
copies_kib(struct census *c, const struct row *r);

/* What of that was copied since a mark: forks started since have that first. */
uint64_t
copies_since_kib(struct census *c, const struct row *r, unsigned mark);

#endif
