/* SPDX-License-Identifier: MIT */
/*
 * All that the loop and the errand thread have in common.  Each field has one writer; pointers are
 * handed over by exchange.  Neither side ever waits for the other.
 */
#ifndef OOMGUARD_SHARE_H
#define OOMGUARD_SHARE_H

#include <stdatomic.h>
#include "ballast.h"
#include "ring.h"

/* A roster and its number; the loop uses one, one waits for it, one is being built. */
struct numbered_roster {
        uint64_t seq;
        uint64_t due_us;   /* when the next one should be there at the latest */
        uint32_t policy_n; /* what is said of anybody on it is said under that policy */
        struct roster roster;
};

enum { STRIKES = ROSTER_MAX };

struct strike {
        int32_t pid;
        uint64_t start_ticks;
};

struct share {
        struct ring ring;       /* loop -> errand */
        struct ballast ballast; /* the errand thread holds it, the reaper gives it back */

        /* errand -> loop */
        _Atomic(struct numbered_roster *) next_roster;
        _Atomic(const struct policy *) policy;
        _Atomic uint32_t policy_n; /* its number; stored before it */
        _Atomic bool stop;
        _Atomic uint64_t errands;   /* how often the errand thread has come round */
        _Atomic bool recording;     /* every look is to be recorded */
        _Atomic bool swap_barred;   /* host_bars_swap() */
        _Atomic uint32_t inside_bp; /* boxes_look(), as the next */
        _Atomic uint32_t inside_steal_bp;
        _Atomic uint64_t inside_us;       /* when it said so; CLOCK_MONOTONIC */
        _Atomic uint64_t paused_until_us; /* CLOCK_MONOTONIC; before that nobody is ended */
        int loop_fd;                      /* eventfd: there is something for the loop */

        /* loop -> errand */
        _Atomic uint64_t ticks;
        _Atomic uint64_t used_seq;   /* the roster in use: older ones may be written again */
        _Atomic uint64_t flight_seq; /* the one that the group in flight was on; 0: none is */
        _Atomic(const struct policy *) policy_used;
        _Atomic int level;
        _Atomic bool settled;
        _Atomic bool plateau;
        _Atomic bool acting;  /* somebody is in flight */
        _Atomic bool hot;     /* a roster is wanted as soon as can be */
        _Atomic bool swap;    /* there is swap */
        _Atomic bool swapoff; /* and it is being switched off */
        _Atomic bool boxes;   /* somebody reclaims inside a limit: share.inside_bp is wanted */
        _Atomic uint64_t supply_kib; /* of the last verdict */
        _Atomic uint64_t shmem_kib;
        _Atomic uint64_t step_kib;  /* so much less of it is worth a new mark */
        _Atomic uint32_t n_strikes; /* ever; the last STRIKES of them are below */
        struct strike strike[STRIKES];
        int errand_fd; /* eventfd: there is something for the errand thread */
};

#endif
