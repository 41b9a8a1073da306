/* SPDX-License-Identifier: MIT */
/*
 * The pulse: a thread that tells the service manager's watchdog that the loop goes round, and does
 * nothing else.  The errand thread could not: where memory has run out a walk through /proc takes
 * longer than any watchdog waits, and the guard would be ended in the very moment it is there for.
 */
#ifndef OOMGUARD_PULSE_H
#define OOMGUARD_PULSE_H

#include <pthread.h>
#include "sdnotify.h"
#include "share.h"

enum { PULSE_STACK = 32 * 1024 };

/* An errand thread that has not come round for so long will not: a new guard is better then. */
#define PULSE_ERRAND_US UINT64_C(120000000)

/* What one look at the counters remembers. */
struct pulse_seen {
        uint64_t ticks, errands;
        uint64_t errand_us; /* when the latter last moved; 0: never looked */
};

struct pulse {
        const struct share *share;
        struct sdnotify *sd;
        int stop_fd;       /* eventfd: it need not be waited for */
        _Atomic bool stop; /* that is so */
        pthread_t thread;
        struct pulse_seen seen;
};

/* Whether both threads live: the loop has ticked since the last look, and the errand thread has
 * come round within PULSE_ERRAND_US. */
bool
pulse_lives(struct pulse_seen *seen, uint64_t ticks, uint64_t errands, uint64_t now_us);

/* Only where there is a watchdog; otherwise it starts nothing.  share and sd stay the caller's.  0
 * or a negative errno. */
int
pulse_start(struct pulse *p, const struct share *share, struct sdnotify *sd);
void
pulse_stop(struct pulse *p);

#endif
