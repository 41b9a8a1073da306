/* SPDX-License-Identifier: MIT */
/*
 * The signal.  Processes are signalled by pidfd only, so a number that was given to somebody else
 * in the meantime is never hit.  Nothing optional is done here: no log, no look-up.
 */
#ifndef OOMGUARD_KILL_H
#define OOMGUARD_KILL_H

#include <stdbool.h>
#include <stdint.h>

enum kill_result {
        KILL_SENT,
        KILL_GONE,    /* no such process any more: as good as ended */
        KILL_REFUSED, /* not permitted: strike it out, take the next one */
};

/* KILL_..., or a negative errno that is none of these.  sig 0 only tries. */
int
kill_send(int pidfd, int sig);

/* True once every thread of it has ended; a zombie has. */
bool
kill_is_gone(int pidfd);

#endif
