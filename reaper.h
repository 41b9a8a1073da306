/* SPDX-License-Identifier: MIT */
/*
 * The reaper: a third thread that does nothing but process_mrelease(2) and giving the ballast back.
 * A victim that is waiting for memory in the kernel does not notice its SIGKILL until it gets some;
 * with zram at its end that took 8 s.  Freeing its memory from outside takes as long as there is
 * memory to free, so it is not for the loop, and the errand thread may be waiting for memory just
 * then itself.
 */
#ifndef OOMGUARD_REAPER_H
#define OOMGUARD_REAPER_H

#include <pthread.h>
#include <stdatomic.h>
#include "ballast.h"
#include "candidate.h"

enum { REAPER_STACK = 32 * 1024 };

struct reaper {
        int wake_fd; /* eventfd, blocking for its reader */
        pthread_t thread;
        struct ballast *ballast;
        _Atomic bool stop, drop;
        _Atomic uint32_t n_put, n_taken; /* both count for ever */
        int pidfd[ROSTER_MAX];
};

/* r->ballast is set.  0 or a negative errno. */
int
reaper_start(struct reaper *r);
void
reaper_stop(struct reaper *r);

/* From the loop: these have had SIGKILL.  A pidfd that is closed meanwhile does no harm. */
void
reaper_put(struct reaper *r, int pidfd);

/* From the loop: somebody has had SIGKILL and may need memory to end. */
void
reaper_drop_ballast(struct reaper *r);
void
reaper_wake(struct reaper *r);

#endif
