/* SPDX-License-Identifier: MIT */
/*
 * From the first signal on: which it is, and then waits, escalates, settles, gives up.  Pure: a
 * table of state and event; the clock and the sizes are arguments.  It never signals: it says what
 * to do.
 */
#ifndef OOMGUARD_WATCH_H
#define OOMGUARD_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include "candidate.h"
#include "decide.h"
#include "policy.h"

enum watch_state {
        WATCH_IDLE,   /* nobody in flight */
        WATCH_TERM,   /* SIGTERM sent */
        WATCH_KILL,   /* SIGKILL sent */
        WATCH_SETTLE, /* gone; memory is still coming back */
        WATCH_N_STATES
};

enum watch_do {
        DO_NOTHING,
        DO_SIGKILL, /* escalate */
        DO_SETTLE,  /* all are gone: the time that it took is known now */
        DO_REAP,    /* not gone yet: let process_mrelease(2) free what it can */
        DO_GIVE_UP, /* strike them out, take the next one */
        DO_RELEASE, /* still alive, but no longer has to end: nobody's business any more */
        DO_DONE,    /* settled: what was really given back is known now */
};

/* process_mrelease(2) before this gains nothing: ESRCH in 3 of 3 tries. */
#define WATCH_REAP_US 100000u

struct watch {
        enum watch_state state;
        uint64_t sent_us;  /* the first signal */
        uint64_t kill_us;  /* SIGKILL; 0: not sent */
        uint64_t moved_us; /* when anything last moved */
        uint64_t gone_us;
        bool reaped;                                  /* DO_REAP was said */
        uint64_t victim_kib, available_kib, swap_kib; /* least size, most free so far */
        uint64_t start_kib;                           /* available at the first signal */
        uint64_t expect_kib;                          /* memory that should come back */
        uint64_t settle_us, settle_kib;               /* last look, most free, while settling */
        unsigned still;                               /* looks without a rise */
};

/* What one look shows. */
struct watch_look {
        uint64_t now_us;
        bool gone;           /* every member has ended */
        uint64_t victim_kib; /* memory that the members still show */
        uint64_t expect_kib; /* that ending them should give back; for watch_begin() */
        const struct verdict *verdict;
};

/* Whether the first signal to it is SIGKILL, whatever came before. */
bool
watch_kills_first(const struct policy *p, const struct verdict *v, const struct candidate *c);

/* A first signal was sent: SIGKILL at once when `kill`. */
void
watch_begin(struct watch *w, const struct watch_look *look, bool kill);

/* What to do now; the state has changed accordingly. */
enum watch_do
watch_step(struct watch *w, const struct policy *p, const struct watch_look *look);

#endif
