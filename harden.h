/* SPDX-License-Identifier: MIT */
/*
 * What makes the guard hard to stop: memory locked, real time, out of the kernel's reach.  All of
 * it is tried, none of it is needed; what could not be had is told as a sentence.
 */
#ifndef OOMGUARD_HARDEN_H
#define OOMGUARD_HARDEN_H

#include <stddef.h>

/* Told once for each thing that could not be had. */
typedef void (*harden_tell_fn)(void *arg, const char *text);

/* For the whole process: descriptors, oom_score_adj.  Returns how many descriptors may be open. */
int
harden_process(harden_tell_fn tell, void *arg);

/*
 * Gives back the program text that start-up alone has touched: the kernel maps 64 KiB around every
 * page of a file that is used, and what is mapped when memory is locked stays.  What runs
 * afterwards is read in again from the page cache.
 */
void
harden_trim_text(void);

/*
 * Makes a table resident by writing to each page of it what is there already.  Not for what other
 * threads write to.
 */
void
harden_touch(void *table, size_t size);

/* The same for the stack of the calling thread, deeper than the loop ever goes. */
void
harden_touch_stack(void);

/* Locks memory: what is resident now stays, what is touched later stays too. */
void
harden_lock_memory(harden_tell_fn tell, void *arg);

/* For the calling thread, the loop: real time, and never waiting for its own writeback. */
void
harden_loop(harden_tell_fn tell, void *arg);

/* Says what this process cannot do for want of which privilege. */
void
harden_tell_privileges(harden_tell_fn tell, void *arg);

#endif
