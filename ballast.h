/* SPDX-License-Identifier: MIT */
/*
 * A little memory that is held while memory is going, and given back when somebody has had SIGKILL
 * in a machine that has none left.  A victim that waits for memory in the kernel does not notice
 * its SIGKILL until it gets some, and with zram every page that is reclaimed goes into storing
 * another: one with 510 MiB of shared memory stood the machine still for 8.1 s, and for 0.3 s with
 * 2 MiB given back.
 */
#ifndef OOMGUARD_BALLAST_H
#define OOMGUARD_BALLAST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24 /* Linux 5.18 */
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* Twice what did in a machine of one processor: pages given back stay with the processor that gave
 * them, up to 1 MiB of them while the kernel reclaims (nr_pcp_high() in mm/page_alloc.c). */
enum { BALLAST_BYTES = 4 << 20 };

struct ballast {
        void *at; /* NULL: there is none */
        _Atomic bool held;
        _Atomic unsigned drops; /* how often it was asked back */
};

/*
 * Makes room for it and touches nothing.  0 or a negative errno; -EINVAL: the kernel cannot take
 * locked memory back without a lock that may wait (before Linux 5.18).
 */
int
ballast_open(struct ballast *b);
void
ballast_close(struct ballast *b);

/*
 * All of it or nothing: 0 or a negative errno.  May wait for memory: for the errand thread. Touched
 * by hand, a page that the limit of the guard's own cgroup refuses is tried again for ever, by a
 * thread that nobody may end, and takes what the reads of the loop need there.
 */
int
ballast_hold(struct ballast *b);

/* Also while somebody is about to hold it.  Allocates nothing, but may wait for whoever changes
 * this process's memory: not for the loop. */
static inline void
ballast_drop(struct ballast *b)
{
        atomic_fetch_add(&b->drops, 1);
        if (atomic_exchange(&b->held, false))
                (void)madvise(b->at, BALLAST_BYTES, MADV_DONTNEED_LOCKED);
}

#endif
