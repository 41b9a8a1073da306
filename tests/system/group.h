/* SPDX-License-Identifier: MIT */
/*
 * Control groups of one case: a v1 freezer, in which no signal can end a process, and a group whose
 * memory the kernel counts page by page.  They are named after the case's process as seen from
 * outside, so that whoever cleans up after it finds them.
 */
#ifndef GROUP_H
#define GROUP_H

#include <stdbool.h>
#include <stdint.h>

/* Freezes the process `pid`, as seen here.  False: there is no v1 freezer, or it cannot be. */
bool
group_freeze(int owner, int pid);

/* Does nothing when it is not frozen. */
void
group_thaw(int owner);

/* Makes a group whose memory is counted; false: there is no such controller. */
bool
group_count(int owner);

/* The caller, and whoever it starts, belongs to it from now on. */
bool
group_join(int owner);

uint64_t
group_held_kib(int owner);

/* Both of them, if there are any. */
void
group_remove(int owner);

#endif
